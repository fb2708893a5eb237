"""Which of two accounts stays, what comes over, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.errors import GameRefusal
from api.services.deps import Deps
from api.services.tiers import characters_in_use, standing
from api.store.pages import every
from api.store.port import Document

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """`stays` has an e-mail address; `goes` was born from a service such as Discord and becomes a way into it."""

    stays: Document
    goes: Document


def pair_of(deps: Deps, one_id: str, other_id: str) -> Pair:
    """Raises GameRefusal `cannot_link`, in a sentence, for two accounts that can never become one."""
    if one_id == other_id:
        raise _cannot("That code is your own: enter it on the other side.")
    one, other = deps.store.get("accounts", one_id), deps.store.get("accounts", other_id)
    if one is None or other is None or one.body.get("merged_into") or other.body.get("merged_into"):
        raise _cannot("One of the two accounts is gone, or was linked already.")
    with_mail = [a for a in (one, other) if a.body["email"] is not None]
    if len(with_mail) == 2:
        raise _cannot(
            "Both accounts have an e-mail address. Only an account without one can be linked to another."
        )
    if not with_mail:
        raise _cannot(
            "Neither account has an e-mail address. Join on the website first, then link from there."
        )
    pair = Pair(with_mail[0], other if with_mail[0] is one else one)
    if not pair.stays.body.get("verified"):
        raise _cannot("Confirm the e-mail address first.")
    if any(deps.store.get("departures", a.id) for a in (one, other)):
        raise _cannot("One of the two accounts is about to be deleted. Cancel that first.")
    theirs = _providers(deps, pair.goes.id)
    if taken := theirs & _providers(deps, pair.stays.id):
        name = ", ".join(sorted(one.title() for one in taken))
        raise _cannot(
            f"{pair.stays.body['name']} is linked to another {name} account. Unlink that one first."
        )
    return pair


def require_no_clash(deps: Deps, pair: Pair) -> None:
    """Raises GameRefusal `cannot_link` while both sit at one table; `sessions` names them."""
    clashes = common_tables(deps, pair)
    if clashes:
        names = ", ".join(one["name"] for one in clashes)
        raise GameRefusal(
            "cannot_link", f"Both accounts sit at the same table ({names}). Leave it with one of them first.",
            sessions=clashes,
        )  # fmt: skip


def common_tables(deps: Deps, pair: Pair) -> list[Json]:
    """The running sessions in which both are seated."""
    ours = {
        s.body["session_id"]
        for s in every(deps.store, "seats", {"user_id": pair.stays.id})
        if not s.body["left_at"]
    }
    theirs = {
        s.body["session_id"]
        for s in every(deps.store, "seats", {"user_id": pair.goes.id})
        if not s.body["left_at"]
    }
    found = []
    for session_id in sorted(ours & theirs):
        session = deps.store.get("game_sessions", session_id)
        if session is not None and session.body["status"] != "completed":
            name = deps.content.campaigns[session.body["campaign"]].name
            found.append({"session_id": session_id, "name": name})
    return found


def what_comes(deps: Deps, pair: Pair) -> Json:
    """What moves, in figures, and in `notes` what will be different afterwards."""
    heroes = [c for c in every(deps.store, "characters", {"user_id": pair.goes.id}) if c.body["is_active"]]
    sessions = {s.body["session_id"] for s in every(deps.store, "seats", {"user_id": pair.goes.id})}
    notes = []
    most = standing(deps, pair.stays).limits.characters
    if most is not None:
        have = characters_in_use(deps, pair.stays.id, at_most=1000) + len(heroes)
        if have > most:
            notes.append(
                f"You will have {have} characters. All stay playable; new ones are refused above {most}."
            )
    if pair.goes.body.get("grants"):
        notes.append("The subscription comes along; the better one of the two counts.")
    return {
        "characters": [{"name": c.body["name"], "level": c.body["level"]} for c in heroes],
        "gold": sum(c.body["gold"] for c in heroes),
        "sessions": len(sessions),
        "notes": notes,
    }


def _providers(deps: Deps, user_id: str) -> set[str]:
    return {link.body["provider"] for link in every(deps.store, "links", {"user_id": user_id})} - {"email"}


def _cannot(told: str) -> GameRefusal:
    return GameRefusal("cannot_link", told)
