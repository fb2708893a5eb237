"""What an operator changes: tiers, bans, gold and items. Each is committed with its row of the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from api.clock import seconds_until
from api.content.tiers import TIERS
from api.errors import ApiError, GameRefusal, Invalid, NotFound
from api.identity.accounts import ban_of
from api.rules import commands as cmd
from api.rules.errors import RuleError
from api.services.admin.people import account_named, line
from api.services.audit import audited
from api.services.deps import Actor, Deps, retrying
from api.services.entitlements import Grant, with_grant, without_grants
from api.services.idempotency import IdempotencyKey
from api.services.sessions import leave_session
from api.services.sheets import change_sheet, place_of
from api.services.texts import clean_text
from api.store.pages import every
from api.store.port import Change, Delete, Document, Insert, Update

log = structlog.get_logger()

Json = dict[str, Any]
SOURCE = "operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who changes something and why. A `dry_run` says what would happen, and commits nothing."""

    name: str
    reason: str
    dry_run: bool = False

    @property
    def by(self) -> str:
        return f"operator:{self.name}"

    def checked(self) -> Operator:
        """Raises Invalid without a reason in plain words."""
        reason = clean_text(self.reason, "reason", limit=200).strip()
        if len(reason) < 3:
            raise Invalid("reason", "is needed: say in a few words why")
        return Operator(self.name, reason, self.dry_run)


def grant_tier(deps: Deps, operator: Operator, who: str, tier: str, until: str | None) -> Json:
    """Give an account a tier, for good or until a moment. Raises Invalid, NotFound."""
    if tier not in TIERS:
        raise Invalid("tier", f"must be one of {', '.join(TIERS)}")
    _in_future(deps, until)

    def change(account: Document) -> Json:
        grant = Grant(SOURCE, tier, SOURCE, deps.clock.iso(), until, operator.checked().reason)
        return with_grant(account.body, grant)

    return _change_account(deps, operator, who, "tier_granted", change, ("grants",))


def revoke_tier(deps: Deps, operator: Operator, who: str, source: str = SOURCE) -> Json:
    """Take back what a source granted. Raises NotFound, GameRefusal when there is nothing to take back."""

    def change(account: Document) -> Json:
        after = without_grants(account.body, source)
        if after["grants"] == account.body.get("grants", []):
            raise GameRefusal("nothing_granted", f"Nothing is granted there by '{source}'.")
        return after

    return _change_account(deps, operator, who, "tier_revoked", change, ("grants",))


def ban(deps: Deps, operator: Operator, who: str, until: str | None) -> Json:
    """Shut somebody out: an account, or with `discord:<id>` that id, known or not. Raises Invalid, NotFound."""
    _in_future(deps, until)
    word = {"reason": operator.checked().reason, "until": until}
    if ":" in who and "@" not in who:
        done = _ban_link(deps, operator, who, word)
        user_id = done["user_id"]
    else:
        done = _change_account(deps, operator, who, "banned", lambda a: {**a.body, "ban": word}, ("ban",))
        user_id = done["id"]
    left = _leave_tables(deps, user_id) if user_id and done["done"] else []
    return {**done, "left_tables": left}


def _leave_tables(deps: Deps, user_id: str) -> list[str]:
    """Who is shut out gives the seats at running tables up, so that the friends play on; where that cannot be just
    now (a fight), the clock passes the hero's turns. The sessions that were left come back."""
    left = []
    actor = Actor("web", user_id, "", f"web:{user_id}")
    for seat in every(deps.store, "seats", {"user_id": user_id}):
        if seat.body["left_at"]:
            continue
        try:
            leave_session(deps, actor, seat.body["session_id"], IdempotencyKey(actor, "ban", None, {}))
            left.append(seat.body["session_id"])
        except ApiError as refused:
            log.info("banned_player_keeps_a_seat", session_id=seat.body["session_id"], code=refused.code)
    return left


def unban(deps: Deps, operator: Operator, who: str) -> Json:
    """Let somebody in again. Raises NotFound, GameRefusal for somebody who is not shut out."""
    if ":" in who and "@" not in who:
        return _ban_link(deps, operator, who, None)

    def change(account: Document) -> Json:
        if ban_of(account.body) is None:
            raise GameRefusal("not_banned", "That account is not shut out.")
        return {k: v for k, v in account.body.items() if k != "ban"}

    return _change_account(deps, operator, who, "unbanned", change, ("ban",))


def correct_gold(deps: Deps, operator: Operator, character_id: str, amount: int) -> Json:
    """Add gold to a hero's purse or take it. Raises NotFound, GameRefusal with the rules' own code."""
    return _correct(deps, operator, character_id, cmd.CorrectGold(character_id, amount), "gold_corrected")


def correct_item(deps: Deps, operator: Operator, character_id: str, item: str, quantity: int) -> Json:
    """Add things to a hero's bag or take them. Raises NotFound, GameRefusal with the rules' own code."""
    return _correct(
        deps, operator, character_id, cmd.CorrectItem(character_id, item, quantity), "item_corrected"
    )


def _correct(deps: Deps, operator: Operator, character_id: str, command: cmd.Command, what: str) -> Json:
    checked = operator.checked()

    def attempt() -> Json:
        character = deps.store.get("characters", character_id)
        if character is None:
            raise NotFound(f"character '{character_id}'")
        place, state = place_of(deps, character)
        try:
            change = change_sheet(deps, place, state, command)
        except RuleError as error:
            raise GameRefusal(error.code, error.message) from error
        figures = [
            {"gold": s.hero(character_id).gold, "inventory": dict(s.hero(character_id).inventory)}
            for s in (change.before, change.after)
        ]
        user_id = character.body["user_id"]
        row = audited(
            deps.clock, what, user_id=user_id, by=checked.by, reason=checked.reason, before=figures[0],
            after=figures[1], character_id=character_id,
        )  # fmt: skip
        if not checked.dry_run:
            change.commit(row, corrected=checked.reason)
        return {
            "character_id": character_id, "name": character.body["name"], "user_id": user_id,
            "before": figures[0], "after": figures[1], "events": change.events, "done": not checked.dry_run,
        }  # fmt: skip

    return retrying(attempt)


def _change_account(
    deps: Deps,
    operator: Operator,
    who: str,
    what: str,
    change: Callable[[Document], Json],
    fields: Sequence[str],
) -> Json:
    checked = operator.checked()

    def attempt() -> Json:
        account = account_named(deps, who)
        after = change(account)
        row = _row(
            deps,
            checked,
            what,
            account.id,
            *({f: body.get(f) for f in fields} for body in (account.body, after)),
        )
        if not checked.dry_run:
            deps.store.commit([Update("accounts", account.id, account.revision, after), row])
        changed = Document(account.id, account.revision + 1, after)
        return {**line(deps, changed), **{f: after.get(f) for f in fields}, "before": row.body["before"],
                "done": not checked.dry_run}  # fmt: skip

    return retrying(attempt)


def _ban_link(deps: Deps, operator: Operator, who: str, word: Json | None) -> Json:
    """A ban of a provider's id: on the link that exists, and in `bans` for the day on which it first comes."""
    checked = operator.checked()
    provider, _, external_id = who.partition(":")
    if provider != "discord" or not external_id.isdecimal() or len(external_id) > 24:
        raise Invalid("who", "must be discord:<id>, such as discord:123456789012345678")
    link_id = f"{provider}.{external_id}"

    def attempt() -> Json:
        link, known = deps.store.get("links", link_id), deps.store.get("bans", link_id)
        if word is None and known is None:
            raise GameRefusal("not_banned", f"{who} is not shut out.")
        user_id = link.body["user_id"] if link else ""
        before = known.body["ban"] if known else None
        changes: list[Change] = [
            _row(deps, checked, "banned" if word else "unbanned", user_id, before, word, who=who)
        ]
        if word is None and known is not None:
            changes.append(Delete("bans", link_id, known.revision))
        elif known is not None:
            changes.append(Update("bans", link_id, known.revision, {"ban": word, "at": deps.clock.iso()}))
        else:
            changes.append(Insert("bans", link_id, {"ban": word, "at": deps.clock.iso()}))
        if link is not None:
            body = {k: v for k, v in link.body.items() if k != "ban"} | ({"ban": word} if word else {})
            changes.append(Update("links", link_id, link.revision, body))
        if not checked.dry_run:
            deps.store.commit(changes)
        return {"who": who, "user_id": user_id, "ban": word, "before": before, "done": not checked.dry_run}

    return retrying(attempt)


def _row(
    deps: Deps, operator: Operator, what: str, user_id: str, before: Any, after: Any, **more: Any
) -> Insert:
    return audited(
        deps.clock,
        what,
        user_id=user_id,
        by=operator.by,
        reason=operator.reason,
        before=before,
        after=after,
        **more,
    )


def _in_future(deps: Deps, until: str | None) -> None:
    if until is not None and seconds_until(until, deps.clock.now()) <= 0:
        raise Invalid("until", "must lie in the future")
