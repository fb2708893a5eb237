"""The right to ask a model about a turn's texts, so that a job that runs twice pays once."""

from __future__ import annotations

from api.llm.port import Ruler
from api.services.deps import Deps, retrying
from api.store.port import Document, Update


def asks_a_model(ruler: Ruler) -> bool:
    """Whether asking this ruler costs a call."""
    return bool(getattr(ruler, "asks_a_model", False))


def claim_rulings(deps: Deps, turn: Document) -> bool:
    """Take the right to ask a model about a turn's texts; False when this attempt's job has it already.

    A job that runs twice pays once. When its holder dies, the sweeper rules without a model, as for any late ruling.
    """

    def take() -> bool:
        now = deps.store.get("turns", turn.id)
        if now is None or now.body["state"] != "accepted" or now.body["attempt"] != turn.body["attempt"]:
            return False
        if now.body.get("rulings_asked") == now.body["attempt"]:
            return False
        body = {**now.body, "rulings_asked": now.body["attempt"]}
        deps.store.commit([Update("turns", now.id, now.revision, body)])
        return True

    return retrying(take)
