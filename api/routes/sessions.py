"""Sessions: their life, their turns, their feed and their table talk."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request

from api.errors import Invalid
from api.routes.http import body, current_actor, deps, idempotency_key, ok, query_int, wired
from api.schemas.requests import ActionIn, ChatIn, CombatActionIn, Empty, JoinIn, ModeIn, RollIn, SessionIn
from api.services import fights, history, sessions, surfaces, table_talk
from api.services.lore import lore_of
from api.services.turns import take_turn
from api.services.wishes import Wish

bp = Blueprint("sessions", __name__, url_prefix="/sessions")


@bp.post("")
def create() -> Response:
    actor = current_actor()
    wish = body(SessionIn)
    new = sessions.NewSession(wish.campaign, wish.character_id, wish.mode, wish.pace)
    surface = (wish.surface.kind, wish.surface.model_dump(exclude={"kind"})) if wish.surface else None
    return ok(surfaces.open_table(deps(), actor, new, surface, idempotency_key(actor)), 201)


@bp.get("")
def index() -> Response:
    actor = current_actor()
    place = request.args.get("channel")
    if place is not None:
        return ok({"items": surfaces.sessions_in(deps(), actor, place)})
    return ok({"items": sessions.list_sessions(deps(), actor)})


@bp.get("/<session_id>")
def show(session_id: str) -> Response:
    return ok(sessions.get_session(deps(), current_actor(), session_id, request.args.get("character_id")))


@bp.post("/<session_id>/join")
def join(session_id: str) -> Response:
    actor, wish = current_actor(), body(JoinIn)
    return ok(sessions.join_session(deps(), actor, session_id, wish.character_id, idempotency_key(actor)))


@bp.post("/<session_id>/leave")
def leave(session_id: str) -> Response:
    actor = current_actor()
    body(Empty)
    return ok(sessions.leave_session(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/begin")
def begin(session_id: str) -> Response:
    actor = current_actor()
    body(Empty)
    return ok(sessions.begin_session(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/end")
def end(session_id: str) -> Response:
    actor = current_actor()
    body(Empty)
    return ok(sessions.end_session(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/mode")
def mode(session_id: str) -> Response:
    actor, wish = current_actor(), body(ModeIn)
    return ok(sessions.set_mode(deps(), actor, session_id, wish.mode, idempotency_key(actor)))


@bp.post("/<session_id>/action")
def act(session_id: str) -> Response:
    actor, wish = current_actor(), body(ActionIn)
    return ok(take_turn(deps(), actor, session_id, Wish(**wish.model_dump()), idempotency_key(actor)), 202)


@bp.post("/<session_id>/combat/action")
def fight(session_id: str) -> Response:
    actor, wish = current_actor(), body(CombatActionIn)
    stated = Wish(**wish.model_dump(exclude={"lock"}))
    key = idempotency_key(actor)
    return ok(fights.combat_action(deps(), actor, session_id, stated, key, lock=wish.lock), 202)


@bp.get("/<session_id>/turns")
def turns(session_id: str) -> Response:
    cursor = request.args.get("cursor")
    return ok(history.list_turns(deps(), current_actor(), session_id, cursor, query_int("limit", 20)))


@bp.get("/<session_id>/events")
def events(session_id: str) -> Response:
    wait = request.args.get("wait", "0")
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,3})?", wait, re.ASCII):
        raise Invalid("wait", "must be seconds from 0 to 25")
    return ok(
        history.list_events(
            deps(), current_actor(), session_id, query_int("after", 0), query_int("limit", 100), float(wait)
        )
    )


@bp.get("/<session_id>/stream")
def stream(session_id: str) -> Response:
    target = f"{deps().settings.stream_base_url}/api/v1/sessions/{quote(session_id, safe='')}/stream"
    if "after" in request.args:
        target += f"?after={query_int('after', 0)}"
    return redirect(target, 307)  # type: ignore[return-value]


@bp.post("/<session_id>/chat")
def chat(session_id: str) -> Response:
    actor, wish = current_actor(), body(ChatIn)
    return ok(table_talk.say(deps(), actor, session_id, wish.text, idempotency_key(actor)), 201)


@bp.get("/<session_id>/chat")
def read_chat(session_id: str) -> Response:
    return ok({"items": table_talk.list_chat(deps(), current_actor(), session_id)})


@bp.post("/<session_id>/rolls")
def roll(session_id: str) -> Response:
    actor, wish = current_actor(), body(RollIn)
    return ok(table_talk.roll(deps(), actor, session_id, wish.expression, idempotency_key(actor)), 201)


@bp.get("/<session_id>/recap")
def recap(session_id: str) -> Response:
    return ok(history.recap(deps(), current_actor(), session_id))


@bp.get("/<session_id>/lore")
def lore(session_id: str) -> Response:
    wanted = request.args.get("item", "")
    return ok(lore_of(deps(), wired().lore, current_actor(), session_id, wanted))


@bp.get("/<session_id>/journal")
def journal(session_id: str) -> Response:
    return ok(history.journal(deps(), current_actor(), session_id))
