"""What every session must show in the end: played again from its log, it comes to the state that is stored."""

from __future__ import annotations

from collections.abc import Iterable

from api.content.catalogue import Content
from api.rules.replay import BrokenLog
from api.services.replays import NothingLogged, ReplayReport, replay_session
from api.store.sql import SqlStore
from tests.chaos.chronicle import Chronicle


def prove_replays(url: str, session_ids: Iterable[str], chronicle: Chronicle, content: Content) -> None:
    """Play each session again, by the product's own means. A story in which nothing was done has nothing to show."""
    store = SqlStore(url)
    try:
        for session_id in session_ids:
            try:
                report = replay_session(store, content, session_id)
            except NothingLogged:
                continue
            except BrokenLog as broken:
                chronicle.broken("replay", f"the log is broken: {broken}", session_id=session_id)
                continue
            chronicle.counts["turns_replayed"] += report.replayed.turns
            if not report.ok or report.replayed.foreign:
                chronicle.broken("replay", _why(report), session_id=session_id)
    finally:
        store.close()


def _why(report: ReplayReport) -> str:
    wrong = report.replayed.mismatch
    if wrong is not None:
        return (
            f"turn {wrong.turn} comes out differently, {wrong.reason}: {[str(p) for p in wrong.places[:3]]}"
        )
    if report.present:
        return f"the replay does not end where the store stands: {[str(p) for p in report.present[:3]]}"
    if not report.seed_fits:
        return "the seed is not the one that was promised"
    if report.stranded:
        return f"no snapshot leads to turn {report.stranded}"
    return f"turns {report.replayed.foreign} say that others made them"
