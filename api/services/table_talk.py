"""What friends say and roll beside the story: never sent to a model, never part of the rules."""

from __future__ import annotations

from api.errors import BadDiceExpression
from api.rules.dice import BadDice, TableDice, roll_expression, to_json
from api.services.characters import page_of
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.moderating import audience_of, moderated
from api.services.table import Json, Table
from api.services.texts import clean_text
from api.store.port import Query

CHAT_LIMIT = 500
LOOKED_AT = 200


def say(deps: Deps, actor: Actor, session_id: str, text: str, key: IdempotencyKey) -> Json:
    """Put a line of table talk into the feed. Raises GameRefusal `unwelcome`."""
    cleaned = clean_text(text, "text", limit=CHAT_LIMIT, lines=True)

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        table, seat = _seated(deps, actor, session_id)
        said = moderated(deps.moderator, cleaned, "chat", audience_of(table.body))
        line = {
            "user_id": actor.user_id, "name": actor.name, "character_name": seat["character_name"],
            "text": said, "source": actor.provider,
        }  # fmt: skip
        table.emit("chat_said", **line)
        table.add(*key.changes(deps, line))
        table.commit()
        return line

    return retrying(attempt)


def list_chat(
    deps: Deps, actor: Actor, session_id: str, cursor: str | None = None, limit: int = LOOKED_AT
) -> Json:
    """Table talk among the latest `limit` rows of the feed, oldest first; the cursor leads to those before.

    A page may hold no talk and still have one before it. Raises NotFound, Invalid.
    """
    table = Table.load(deps, session_id)
    table.require_member(actor)
    latest = Query("feed", {"session_id": session_id}, order_by="seq", descending=True, limit=limit,
                   cursor=cursor)  # fmt: skip
    page = page_of(deps, latest)
    lines = [
        {**event, "at": row.body["at"], "seq": row.body["seq"]}
        for row in reversed(page.items)
        for event in row.body["events"]
        if event["type"] == "chat_said"
    ]
    return {"items": lines, "next_cursor": page.next_cursor}


def roll(deps: Deps, actor: Actor, session_id: str, expression: str, key: IdempotencyKey) -> Json:
    """Roll dice in the open; asked again with the same key, the same roll (`docs/rules.md`, Dice).

    Raises BadDiceExpression for what cannot be read or is too large; nothing is rolled then.
    """

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return earlier
        table, seat = _seated(deps, actor, session_id)
        table.body["rolls"] += 1
        seed = table.body["seed"] or table.body["server_seed"]
        try:
            result = roll_expression(expression, TableDice(seed, table.body["rolls"]))
        except BadDice as error:
            raise BadDiceExpression("expression", error.message, **error.to_json()) from error
        shown = {
            "expression": result.expression, "total": result.total, "detail": result.detail,
            "natural": result.natural, "tree": to_json(result.tree),
        }  # fmt: skip
        table.emit("dice_rolled", name=seat["character_name"], **shown)
        table.add(*key.changes(deps, shown))
        table.commit()
        return shown

    return retrying(attempt)


def _seated(deps: Deps, actor: Actor, session_id: str) -> tuple[Table, Json]:
    table = Table.load(deps, session_id)
    table.require(actor, "session.talk")
    seat = table.seat_of_user(actor.user_id)
    assert seat is not None
    return table, seat
