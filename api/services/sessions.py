"""The life of a session around its turns: create, join, leave, begin, switch mode, end, and read."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from api.clock import seconds_until
from api.errors import GameRefusal, Invalid, NotFound
from api.policy import NOTHING, authorise
from api.rules import engine
from api.rules.equipment import sheet_from_document
from api.rules.progress import raised_to
from api.rules.replay import RULES_VERSION, Step
from api.services import game_log
from api.services.characters import owned_character, page_of
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.resolving import close_turn, new_turn, open_next_turn
from api.services.sessions_end import finish, free_seats
from api.services.sponsors import pass_to, sponsored
from api.services.story_settings import chosen, style_of
from api.services.table import Json, Table
from api.services.tiers import require_seat
from api.services.turns import serve_deadline
from api.services.views import session_line, session_view
from api.store.port import Document, Insert, Query, Update

MODES = ("beats", "ordered", "free")
PACES = ("live", "by_post")


@dataclass(frozen=True, slots=True)
class NewSession:
    campaign: str
    character_id: str
    mode: str = "beats"
    pace: str = "live"
    settings: Mapping[str, str | None] = field(default_factory=dict)


def create_session(deps: Deps, actor: Actor, wish: NewSession, key: IdempotencyKey) -> Json:
    """A lobby with its host in the first seat. Raises Invalid, NotFound, GameRefusal seat_taken."""
    user_id = actor.require_user()
    if wish.campaign not in deps.content.campaigns:
        raise Invalid("campaign", f"must be one of {', '.join(sorted(deps.content.campaigns))}")
    _one_of("mode", wish.mode, MODES)
    _one_of("pace", wish.pace, PACES)
    style = chosen(wish.settings)

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is not None:
            return session_view(Table.load(deps, earlier["id"]))
        character = _free_character(deps, actor, wish.character_id)
        campaign = deps.content.campaigns[wish.campaign]
        session_id, now, server_seed = deps.clock.new_id(), deps.clock.iso(), secrets.token_hex(32)
        body: Json = {
            "campaign": wish.campaign, "mode": wish.mode, "pace": wish.pace, "status": "lobby",
            "story_settings": style.to_json(),
            "provider": actor.provider, "host_user_id": user_id, "host_name": actor.name,
            "sponsor_user_id": user_id,
            "config": {
                "min_players": campaign.min_players, "auto_save_interval": 5,
                "timeout_minutes": deps.settings.session_timeout_minutes,
            },
            "party": [_seat(actor, character)], "party_member_ids": [character.id], "world": None,
            "turn_number": 0, "open_turn_id": None, "current_turn": None, "turn_order": [character.id],
            "seq": 1, "deadline": None, "server_seed": server_seed, "seed": None, "entropy": [],
            "seed_hash": hashlib.sha256(server_seed.encode()).hexdigest(), "last_narration": None,
            "rules_version": RULES_VERSION, "content_hash": deps.content.content_hash, "rolls": 0,
            "created_at": now, "last_activity": now, "over_at": None,
        }  # fmt: skip
        events = [
            {
                "type": "session_created",
                "campaign": wish.campaign,
                "campaign_name": campaign.name,
                "host": user_id,
            },
            _joined(body["party"][0]),
        ]
        deps.store.commit(
            [
                Insert("game_sessions", session_id, body),
                Insert(
                    "feed",
                    f"{session_id}.1",
                    {"session_id": session_id, "seq": 1, "at": now, "events": events},
                ),
                _claim_seat(character, session_id),
                _seat_row(deps, session_id, body["party"][0]),
                *key.changes(deps, {"id": session_id}),
            ]
        )
        deps.publisher.wake(session_id, 1)
        return session_view(Table.load(deps, session_id))

    return retrying(attempt)


def join_session(
    deps: Deps,
    actor: Actor,
    session_id: str,
    character_id: str,
    key: IdempotencyKey,
    *,
    as_sponsor: bool = False,
) -> Json:
    """Take a seat, in the lobby or later; `as_sponsor` takes the sponsorship over with it.

    Raises GameRefusal: session_over, party_full, tier_limit, seat_taken.
    """
    user_id = actor.require_user()

    def change(table: Table) -> None:
        body = table.body
        if body["status"] == "completed":
            raise GameRefusal("session_over", "This story is over.")
        if table.seat_of_user(user_id) is not None:
            raise GameRefusal("seat_taken", "You sit at this table already.")
        limit = deps.content.campaigns[body["campaign"]].max_players
        if len(body["party"]) >= limit:
            raise GameRefusal("party_full", f"All {limit} seats are taken.")
        require_seat(deps, user_id if as_sponsor else body["sponsor_user_id"], len(body["party"]) + 1)
        character = _free_character(deps, actor, character_id)
        turn = table.open_turn()
        sheet: Json = {}
        if turn is not None:
            # Who joins late starts where the campaign started everybody else.
            level = deps.content.campaigns[body["campaign"]].level
            hero = raised_to(sheet_from_document(character.body, deps.content), level, deps.content)
            sheet = hero.to_json()
            game_log.record(table, turn, table.state(), Step("seated", hero=sheet))
        seat = _seat(actor, character)
        body["party"].append(seat)
        body["party_member_ids"].append(character.id)
        body["turn_order"].append(character.id)
        if key.header and body["seed"] is None:  # later clicks are no part of what was sealed
            body["entropy"].append(key.header)
        table.add(_claim_seat(character, session_id, sheet), _seat_row(deps, session_id, seat))
        table.events.append(_joined(seat))
        if as_sponsor:
            sponsored(table, actor)

    return _change(deps, session_id, key, change)


def leave_session(deps: Deps, actor: Actor, session_id: str, key: IdempotencyKey) -> Json:
    """Give a seat up; the host's chair passes on, the last to leave ends the session. Not in mid-fight."""
    user_id = actor.require_user()
    narrate: list[tuple[Table, Json]] = []

    def change(table: Table) -> None:
        body, seat = table.body, table.seat_of_user(user_id)
        table.require(actor, "session.leave")
        assert seat is not None
        if body["status"] == "completed":
            raise GameRefusal("session_over", "This story is over; every seat is free already.")
        if body["world"] and body["world"]["encounter"]:
            raise GameRefusal(
                "illegal_action", "Not in the middle of a fight: flee, win, or let your turns pass."
            )
        turn = table.open_turn()
        if turn is not None and turn["state"] == "accepted":
            raise GameRefusal("stale_turn", "The game master is weighing your turn; leave when it is told.")
        left = seat["character_id"]
        if turn is not None:
            game_log.record(table, turn, table.state(), Step("left", who=left))
        free_seats(table, [left])
        body["party"] = [s for s in body["party"] if s["user_id"] != user_id]
        body["party_member_ids"] = [s["character_id"] for s in body["party"]]
        body["turn_order"] = body["party_member_ids"]
        table.emit("member_left", character_id=left, user_id=user_id, name=seat["character_name"])
        rows = deps.store.query(Query("seats", {"session_id": session_id})).items
        table.add(*(Update("seats", r.id, r.revision, {**r.body, "left_at": deps.clock.iso()})
                    for r in rows if r.body["user_id"] == user_id and not r.body["left_at"]))  # fmt: skip
        if not body["party"]:
            finish(table, reason="empty")
            return
        if body["host_user_id"] == user_id:
            body["host_user_id"] = body["party"][0]["user_id"]
            body["host_name"] = body["party"][0]["player_name"]
        if body["sponsor_user_id"] == user_id:
            pass_to(table, body["host_user_id"], body["host_name"])
        if turn is not None:
            turn["entries"] = [e for e in turn["entries"] if e["character_id"] != left or e["resolved"]]
            if turn["actor"] == left:
                turn["actor"] = body["party"][0]["character_id"]
            if turn["entries"] and not table.waiting_for(turn):
                close_turn(table, turn)
                narrate.append((table, turn))

    view = _change(deps, session_id, key, change)
    for closed, turn in narrate[-1:]:
        closed.ask_to_narrate(turn)
    return view


def begin_session(deps: Deps, actor: Actor, session_id: str, key: IdempotencyKey) -> Json:
    """The host opens the story: the seed is sealed with everyone's clicks, turn 0 is the opening, turn 1 opens."""

    opening: list[tuple[Table, Json]] = []

    def change(table: Table) -> None:
        body = table.body
        table.require(actor, "session.begin")
        if body["status"] != "lobby":
            raise GameRefusal("already_begun", "The story has begun already.")
        need = body["config"]["min_players"]
        if len(body["party"]) < need:
            raise GameRefusal("need_players", f"{need} players are needed; {len(body['party'])} sit here.")
        body["entropy"].append(key.header or deps.clock.new_id())
        sealed = ":".join([body["server_seed"], *body["entropy"]])
        body["seed"] = hashlib.sha256(sealed.encode()).hexdigest()
        body["status"] = "active"
        body["last_activity"] = deps.clock.iso()
        # Between two stories there was time to rest: everybody begins whole.
        rested = {k: replace(h, hp=h.hp_max, mp=h.mp_max) for k, h in table.heroes().items()}
        state = engine.begin(deps.content, body["campaign"], rested)
        table.save_state(state)
        turn = new_turn(table, deps.clock.new_id(), 0, "opening", state.scene, None)
        turn["state"] = "resolved"
        turn["resolved_at"] = deps.clock.iso()
        turn["due_at"] = deps.clock.iso(after=deps.settings.narration_lease_seconds)
        table.add_turn(turn["id"], turn)
        table.emit("session_begun", turn_id=turn["id"])
        open_next_turn(table, state)
        opening[:] = [(table, turn)]

    view = _change(deps, session_id, key, change)
    for table, turn in opening:
        table.ask_to_narrate(turn)
    return view


def end_session(deps: Deps, actor: Actor, session_id: str, key: IdempotencyKey) -> Json:
    """The host closes the story where it stands; heroes keep what they have."""

    def change(table: Table) -> None:
        table.require(actor, "session.end")
        if table.body["status"] == "completed":
            raise GameRefusal("session_over", "This story is over already.")
        if table.body["world"] and table.body["world"]["encounter"]:
            state = table.state()
            assert state.encounter is not None
            for combatant in state.encounter.combatants.values():
                if combatant.id in state.heroes:  # wounds go home with their bearers; nobody goes home dying
                    hero = table.character(combatant.id).body
                    hero["hp"], hero["mp"] = max(1, combatant.hp), combatant.mp
        finish(table, reason="host")

    return _change(deps, session_id, key, change)


def set_mode(deps: Deps, actor: Actor, session_id: str, mode: str, key: IdempotencyKey) -> Json:
    """Switch between beats, ordered and free; it holds from the next turn on."""
    _one_of("mode", mode, MODES)

    def change(table: Table) -> None:
        table.require(actor, "session.mode")
        table.body["mode"] = mode
        table.emit("mode_changed", mode=mode)

    return _change(deps, session_id, key, change)


def take_sponsorship(deps: Deps, actor: Actor, session_id: str, key: IdempotencyKey) -> Json:
    """A member pays from now on: party, models and kept log follow the own tier.

    Raises GameRefusal: session_over, tier_limit when the party is too large for that tier.
    """
    user_id = actor.require_user()

    def change(table: Table) -> None:
        table.require(actor, "session.sponsor")
        if table.body["status"] == "completed":
            raise GameRefusal("session_over", "This story is over.")
        if table.body["sponsor_user_id"] == user_id:
            return
        require_seat(deps, user_id, len(table.body["party"]))
        sponsored(table, actor)

    return _change(deps, session_id, key, change)


def change_settings(
    deps: Deps, actor: Actor, session_id: str, wish: Mapping[str, str | None], key: IdempotencyKey
) -> Json:
    """The host chooses how the story is told from the next passage on. Raises Invalid, Forbidden, GameRefusal."""
    if all(value is None for value in wish.values()):
        raise Invalid("settings", f"name at least one of {', '.join(wish)}")

    def change(table: Table) -> None:
        table.require(actor, "session.settings")
        if table.body["status"] == "completed":
            raise GameRefusal("session_over", "This story is over; nothing more is told of it.")
        style = chosen(wish, style_of(table.body))
        table.body["story_settings"] = style.to_json()
        table.emit("settings_changed", settings=style.to_json())

    return _change(deps, session_id, key, change)


def get_session(deps: Deps, actor: Actor, session_id: str, character_id: str | None) -> Json:
    """The whole table, with what is legal for the asker's own hero. Serves an overdue turn on the way."""
    table = Table.load(deps, session_id)
    table.require_member(actor)
    due = table.body["deadline"]
    if due is not None and seconds_until(due, deps.clock.now()) < 0 and serve_deadline(deps, session_id):
        table = Table.load(deps, session_id)
    if not actor.is_service:
        seat = table.seat_of_user(actor.user_id)
        own = seat["character_id"] if seat else None
        if character_id and character_id != own:
            raise NotFound("character")  # what another hero may do is for its own player
        character_id = own
    return session_view(table, character_id)


def list_sessions(deps: Deps, actor: Actor, cursor: str | None = None, limit: int = 100) -> Json:
    """A page of the asker's sessions, latest seat first. Raises Invalid for a cursor that no page gave."""
    authorise(actor, "session.mine", NOTHING)
    seats = Query("seats", {"user_id": actor.require_user()}, order_by="joined_at", descending=True,
                  limit=limit, cursor=cursor)  # fmt: skip
    page = page_of(deps, seats)
    ids = list(dict.fromkeys(r.body["session_id"] for r in page.items))
    found = deps.store.get_many("game_sessions", ids)
    lines = [session_line(i, found[i].body, deps.content) for i in ids if i in found]
    return {"items": lines, "next_cursor": page.next_cursor}


def _change(deps: Deps, session_id: str, key: IdempotencyKey, change: Callable[[Table], None]) -> Json:
    def attempt() -> Json:
        if key.earlier(deps) is None:
            table = Table.load(deps, session_id)
            try:
                change(table)
            except GameRefusal:
                if key.earlier(deps) is not None:  # its twin has just done it
                    return attempt()
                raise
            table.body["last_activity"] = deps.clock.iso()
            table.add(*key.changes(deps, {"id": session_id}))
            table.commit()
        return session_view(Table.load(deps, session_id))

    return retrying(attempt)


def _free_character(deps: Deps, actor: Actor, character_id: str) -> Document:
    character = owned_character(deps, actor, character_id)
    if character.body["seated_in"]:
        raise GameRefusal(
            "seat_taken",
            f"{character.body['name']} sits at another table. Leave it, or come with another hero.",
            session_id=character.body["seated_in"],
        )
    return character


def _seat(actor: Actor, character: Document) -> Json:
    return {
        "character_id": character.id, "character_name": character.body["name"], "user_id": actor.user_id,
        "player_name": actor.name, "act_for": actor.act_for,
    }  # fmt: skip


def _claim_seat(character: Document, session_id: str, sheet: Json | None = None) -> Update:
    """The seat in the character's own document, with the `sheet` where joining changed it."""
    claimed = {**character.body, **(sheet or {}), "seated_in": session_id}
    return Update("characters", character.id, character.revision, claimed)


def _seat_row(deps: Deps, session_id: str, seat: Json) -> Insert:
    row = {**seat, "session_id": session_id, "joined_at": deps.clock.iso(), "left_at": None}
    return Insert("seats", deps.clock.new_id(), row)


def _joined(seat: Json) -> Json:
    return {
        "type": "member_joined", "character_id": seat["character_id"], "name": seat["character_name"],
        "player_name": seat["player_name"], "user_id": seat["user_id"],
    }  # fmt: skip


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Invalid(field, f"must be one of {', '.join(known)}")
