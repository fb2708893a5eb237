"""`./coc replay SESSION`: play a session's log again and say whether everything came out the same.

For operators. Exit status:
  0  all the same
  1  something was altered, or a rule has changed unannounced
  2  it cannot be played again; standard error says why
  3  turns of other rules or other content came out differently, nothing else
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from api.content.loader import load_content
from api.content.problems import ContentError
from api.errors import NotFound
from api.operators_store import NoSave, settings_for_operators
from api.rules.audit import Mismatch
from api.rules.differences import Difference
from api.rules.replay import RULES_VERSION, BrokenLog
from api.services.replays import NothingLogged, ReplayReport, forget_steps, replay_session
from api.settings import BadSettings
from api.store.port import StoreError
from api.wiring import configure_logging, open_store

SAME, ALTERED, CANNOT, ESTRANGED = 0, 1, 2, 3
MOST_PLACES = 20


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coc replay", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("session", metavar="SESSION", help="the session's id")
    parser.add_argument(
        "--from-turn", type=int, metavar="N", help="begin at the last snapshot at or before turn N"
    )
    parser.add_argument(
        "--store", metavar="URL", help="sqlite:////… or postgresql://…; default: what the API uses"
    )
    parser.add_argument(
        "--forget-before",
        type=int,
        metavar="N",
        help="when all is the same, forget the steps before the last snapshot at or before turn N",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay one session; returns the exit status."""
    asked = build_parser().parse_args(arguments)
    try:
        settings = settings_for_operators(asked.store)
        content = load_content(settings.data_dir)
        store = open_store(settings)
        report = replay_session(store, content, asked.session, from_turn=asked.from_turn)
        status = status_of(report)
        told = as_json(report, content.content_hash)
        lines = list(as_text(report, content.content_hash))
        if asked.forget_before is not None:
            forgotten = forget_steps(store, asked.session, asked.forget_before) if status == SAME else 0
            told["forgotten"] = forgotten
            lines.append(
                f"forgotten: the steps of {forgotten} turns" if status == SAME else "nothing was forgotten"
            )
    except NotFound:
        return _cannot(f"there is no session {asked.session} in this store")
    except BrokenLog as broken:
        print(f"coc replay: the log is broken: {broken}", file=sys.stderr)
        return ALTERED
    except (NothingLogged, BadSettings, StoreError, NoSave) as reason:
        return _cannot(str(reason))
    except ContentError as faults:
        return _cannot(f"the content cannot be loaded:\n{faults}")
    print(json.dumps(told) if asked.json else "\n".join(lines))
    return status


def _cannot(reason: str) -> int:
    print(f"coc replay: {reason}", file=sys.stderr)
    return CANNOT


def status_of(report: ReplayReport) -> int:
    """The exit status that a report means."""
    if not report.ok:
        return ALTERED
    return ESTRANGED if report.replayed.estranged else SAME


def as_json(report: ReplayReport, content_hash: str) -> dict[str, Any]:
    """Everything in a report; the seed only once the session is over."""
    found = report.replayed
    return {
        "session_id": report.session_id,
        "campaign": report.campaign,
        "status": report.status,
        "from_turn": report.from_turn,
        "turns": found.turns,
        "actions": found.actions,
        "rules_version": RULES_VERSION,
        "content_hash": content_hash[:16],
        "seed_hash": report.seed_hash,
        "seed_fits": report.seed_fits,
        "seed": report.seed,
        "under_way": report.under_way,
        "played": [
            {
                "turn": t.number,
                "actions": t.actions,
                "hash": t.state_hash,
                "sealed": t.sealed,
                "same": t.same,
                "rules": t.rules,
                "content": t.content,
                "foreign": t.foreign,
            }
            for t in found.played
        ],
        "mismatch": _mismatch_json(found.mismatch) if found.mismatch is not None else None,
        "estranged": [_mismatch_json(m) for m in found.estranged],
        "skipped": list(found.skipped),
        "present": [d.to_json() for d in report.present] if report.present is not None else None,
        "without_snapshot": report.stranded or None,
        "ok": report.ok,
    }


def _mismatch_json(found: Mismatch) -> dict[str, Any]:
    return {
        "turn": found.turn,
        "reason": found.reason,
        "logged": found.logged,
        "replayed": found.replayed,
        "places": [d.to_json() for d in found.places],
    }


def as_text(report: ReplayReport, content_hash: str) -> Iterator[str]:
    """The same for people, a line for each turn."""
    found = report.replayed
    yield f"session {report.session_id}: {report.campaign}, {report.status}"
    yield f"now: rules {RULES_VERSION}, content {content_hash[:16]}"
    fits = (
        "the seed is the one that it promised"
        if report.seed_fits
        else "THE SEED IS NOT THE ONE THAT IT PROMISED"
    )
    yield f"dice: seed hash {report.seed_hash}; {fits}"
    if report.seed is not None:
        yield f"seed: {report.seed}"
    yield f"from the snapshot before turn {report.from_turn}:"
    for turn in found.played:
        verdict = ("same" if turn.same else "DIFFERENT") if turn.sealed or not turn.same else "not sealed yet"
        made = f"  (rules {turn.rules}, content {turn.content or 'mixed'})" if turn.foreign else ""
        yield f"  turn {turn.number:>5} {turn.actions:>3} actions  {turn.state_hash}  {verdict}{made}"
    if found.skipped:
        yield f"not comparable: turns {', '.join(map(str, found.skipped))}, until the next snapshot"
    for differing in found.estranged:
        yield from _mismatch_text(differing, "made by other rules or content: ")
    if found.mismatch is not None:
        yield from _mismatch_text(found.mismatch, "")
    if report.stranded:
        yield f"turns up to {report.stranded} were logged, but the snapshot before them is missing"
    if report.present:
        yield "what is stored now is not where the replay ended:"
        yield from _places(report.present)
    elif report.present is None and found.mismatch is None:
        yield "what is stored now was not compared: play went on meanwhile, or the end is not known"
    if report.under_way is not None:
        yield f"under way: turn {report.under_way} is open"
    verdict = {
        SAME: "the same",
        ALTERED: "NOT THE SAME",
        ESTRANGED: "the same, but for turns of other rules or content",
    }
    yield f"{found.turns} turns, {found.actions} actions: {verdict[status_of(report)]}"


def _mismatch_text(found: Mismatch, why: str) -> Iterator[str]:
    yield f"turn {found.turn}: {why}{found.reason}"
    if found.replayed:
        yield f"  logged {found.logged or 'nothing'}, replayed {found.replayed}"
    yield from _places(found.places)


def _places(places: Sequence[Difference]) -> Iterator[str]:
    for place in places[:MOST_PLACES]:
        yield f"  {place}"
    if len(places) > MOST_PLACES:
        yield f"  and {len(places) - MOST_PLACES} more places"


if __name__ == "__main__":
    configure_logging("WARNING", "replay")  # on standard error: standard output is the report alone
    sys.exit(main())
