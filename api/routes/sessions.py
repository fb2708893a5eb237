"""Sessions: their life, their turns, their feed and their table talk."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, redirect

from api.routes.http import body, current_actor, deps, idempotency_key, ok, query, wired
from api.routes.operation import operation
from api.schemas.answers import sessions as shown
from api.schemas.answers.base import Page
from api.schemas.queries import EventsIn, LoreIn, PageIn, SessionsIn, SessionViewIn, StreamIn, TurnsIn
from api.schemas.requests import (
    ActionIn,
    ChatIn,
    CombatActionIn,
    CorrectionIn,
    Empty,
    JoinIn,
    ModeIn,
    RollIn,
    SessionIn,
    SettingsIn,
    SlipIn,
    XCardIn,
)
from api.services import (
    corrections,
    fights,
    history,
    receipts,
    retelling,
    safety,
    sessions,
    surfaces,
    table_talk,
)
from api.services.lore import lore_of
from api.services.turns import take_turn
from api.services.wishes import Wish

bp = Blueprint("sessions", __name__, url_prefix="/sessions")


@bp.post("")
@operation("session.create", shown.SessionOut, body=SessionIn, status=201, codes=("seat_taken",))
def create() -> Response:
    """A lobby with its host in the first seat."""
    actor = current_actor()
    wish = body(SessionIn)
    new = sessions.NewSession(
        wish.campaign, wish.character_id, wish.mode, wish.pace, wish.settings.model_dump()
    )
    surface = (wish.surface.kind, wish.surface.model_dump(exclude={"kind"})) if wish.surface else None
    return ok(surfaces.open_table(deps(), actor, new, surface, idempotency_key(actor)), 201)


@bp.get("")
@operation("session.list", Page[shown.SessionLine], query=SessionsIn, codes=("forbidden",))
def index() -> Response:
    """The asker's sessions, latest seat first; or those shown in a channel, for the service that shows them."""
    actor, asked = current_actor(), query(SessionsIn)
    if asked.channel is not None:
        return ok({"items": surfaces.sessions_in(deps(), actor, asked.channel), "next_cursor": None})
    return ok(sessions.list_sessions(deps(), actor, asked.cursor, asked.limit))


@bp.get("/<session_id>")
@operation("session.read", shown.SessionOut, query=SessionViewIn)
def show(session_id: str) -> Response:
    """The whole table, with what is legal for the asker's own hero."""
    asked = query(SessionViewIn)
    return ok(sessions.get_session(deps(), current_actor(), session_id, asked.character_id))


@bp.post("/<session_id>/join")
@operation(
    "session.join",
    shown.SessionOut,
    body=JoinIn,
    codes=("session_over", "seat_taken", "party_full", "tier_limit"),
)
def join(session_id: str) -> Response:
    """Take a seat with a hero of one's own, in the lobby or later."""
    actor, wish = current_actor(), body(JoinIn)
    key = idempotency_key(actor)
    return ok(
        sessions.join_session(deps(), actor, session_id, wish.character_id, key, as_sponsor=wish.sponsor)
    )


@bp.post("/<session_id>/sponsor")
@operation("session.sponsor", shown.SessionOut, body=Empty, codes=("session_over", "tier_limit"))
def sponsor(session_id: str) -> Response:
    """Take the sponsorship over: the table follows one's own tier from now on."""
    actor = current_actor()
    body(Empty)
    return ok(sessions.take_sponsorship(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/leave")
@operation(
    "session.leave", shown.SessionOut, body=Empty, codes=("session_over", "illegal_action", "stale_turn")
)
def leave(session_id: str) -> Response:
    """Give one's seat up; the host's chair passes on."""
    actor = current_actor()
    body(Empty)
    return ok(sessions.leave_session(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/begin")
@operation(
    "session.begin", shown.SessionOut, body=Empty, codes=("already_begun", "need_players", "forbidden")
)
def begin(session_id: str) -> Response:
    """The host opens the story."""
    actor = current_actor()
    body(Empty)
    return ok(sessions.begin_session(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/end")
@operation("session.end", shown.SessionOut, body=Empty, codes=("session_over", "forbidden"))
def end(session_id: str) -> Response:
    """The host closes the story where it stands."""
    actor = current_actor()
    body(Empty)
    return ok(sessions.end_session(deps(), actor, session_id, idempotency_key(actor)))


@bp.post("/<session_id>/mode")
@operation("session.mode", shown.SessionOut, body=ModeIn, codes=("forbidden",))
def mode(session_id: str) -> Response:
    """The host switches how turns come outside fights."""
    actor, wish = current_actor(), body(ModeIn)
    return ok(sessions.set_mode(deps(), actor, session_id, wish.mode, idempotency_key(actor)))


@bp.patch("/<session_id>/settings")
@operation("session.settings", shown.SessionOut, body=SettingsIn, codes=("session_over", "forbidden"))
def settings(session_id: str) -> Response:
    """How the story is told from the next passage on; what is left out stays."""
    actor, wish = current_actor(), body(SettingsIn)
    key = idempotency_key(actor)
    return ok(sessions.change_settings(deps(), actor, session_id, wish.model_dump(), key))


@bp.post("/<session_id>/action")
@operation("session.act", shown.Acted, body=ActionIn, status=202, limit="action", codes=("game",))
def act(session_id: str) -> Response:
    """State what the own hero does."""
    actor, wish = current_actor(), body(ActionIn)
    return ok(take_turn(deps(), actor, session_id, Wish(**wish.model_dump()), idempotency_key(actor)), 202)


@bp.post("/<session_id>/combat/action")
@operation(
    "session.act", shown.Acted, body=CombatActionIn, status=202, limit="combat", codes=("game", "no_fight")
)
def fight(session_id: str) -> Response:
    """The same in a fight, at once or locked for the own turn."""
    actor, wish = current_actor(), body(CombatActionIn)
    stated = Wish(**wish.model_dump(exclude={"lock"}))
    key = idempotency_key(actor)
    return ok(fights.combat_action(deps(), actor, session_id, stated, key, lock=wish.lock), 202)


@bp.get("/<session_id>/turns")
@operation("session.read", Page[shown.TurnOut], query=TurnsIn)
def turns(session_id: str) -> Response:
    """What happened, newest first."""
    asked = query(TurnsIn)
    return ok(history.list_turns(deps(), current_actor(), session_id, asked.cursor, asked.limit))


@bp.post("/<session_id>/turns/<turn_id>/retry")
@operation(
    "session.retell", shown.RetryOut, body=Empty, status=202, limit="retell",
    codes=("nothing_told", "story_moved_on", "no_retries_left"),
)  # fmt: skip
def retry(session_id: str, turn_id: str) -> Response:
    """The last passage in other words; dice and events stay. The turn's id, or `last`."""
    actor = current_actor()
    body(Empty)
    key = idempotency_key(actor)
    return ok(retelling.retry_narration(deps(), actor, session_id, turn_id, key), 202)


@bp.get("/<session_id>/events")
@operation("session.read", shown.Feed, query=EventsIn, limit="follow", codes=("gone",))
def events(session_id: str) -> Response:
    """The feed from a number on; with `wait` it long-polls."""
    asked, actor = query(EventsIn), current_actor()
    return ok(history.list_events(deps(), actor, session_id, asked.after, asked.limit, asked.wait))


@bp.get("/<session_id>/stream")
@operation("session.follow", None, query=StreamIn, status=307, limit="follow")
def stream(session_id: str) -> Response:
    """Leads to the stream process, which sends the feed as server-sent events."""
    after = query(StreamIn).after
    target = f"{deps().settings.stream_base_url}/api/v1/sessions/{quote(session_id, safe='')}/stream"
    if after is not None:
        target += f"?after={after}"
    return redirect(target, 307)  # type: ignore[return-value]


@bp.post("/<session_id>/turns/<turn_id>/correction")
@operation(
    "session.correct",
    shown.CorrectionOut,
    body=CorrectionIn,
    status=201,
    limit="chat",
    codes=("nothing_told", "unwelcome"),
)
def correct(session_id: str, turn_id: str) -> Response:
    """Say what a passage tells wrongly; it changes what is told from now on, never what happened."""
    actor, wish = current_actor(), body(CorrectionIn)
    key = idempotency_key(actor)
    return ok(
        corrections.correct_narration(deps(), actor, session_id, turn_id, wish.text, wish.sentence, key), 201
    )


@bp.get("/<session_id>/turns/<turn_id>/receipts")
@operation("session.read", shown.ReceiptsOut, codes=("nothing_told",))
def show_receipts(session_id: str, turn_id: str) -> Response:
    """Why: each sentence of a passage with the events behind it. The turn's id, or `last`."""
    return ok(receipts.read_receipts(deps(), current_actor(), session_id, turn_id))


@bp.get("/<session_id>/safety")
@operation("session.read", shown.SafetyOut)
def show_safety(session_id: str) -> Response:
    """What the table leaves out, and what could be chosen; never who asked."""
    return ok(safety.read_safety(deps(), current_actor(), session_id))


@bp.put("/<session_id>/safety")
@operation(
    "session.draw_lines", shown.SlipOut, body=SlipIn, repeat="again", anonymous=True, codes=("too_many",)
)
def put_slip(session_id: str) -> Response:
    """Ask, anonymously, for what the table shall leave out; the same slip again replaces what it asked for."""
    actor, wish = current_actor(), body(SlipIn)
    return ok(safety.put_slip(deps(), actor, session_id, wish.slip, safety.Wishes(wish.lines, wish.veils)))


@bp.post("/<session_id>/safety/x")
@operation(
    "session.play_x", shown.WithdrawnOut, body=XCardIn, status=202, repeat="again", anonymous=True,
    codes=("nothing_told", "not_started"),
)  # fmt: skip
def play_x(session_id: str) -> Response:
    """The X-card: take a passage back at once, for anybody and for any reason; nothing notes who."""
    actor, wish = current_actor(), body(XCardIn)
    return ok(safety.play_x(deps(), actor, session_id, wish.turn_id, wish.topic), 202)


@bp.post("/<session_id>/chat")
@operation("session.talk", shown.ChatSaid, body=ChatIn, status=201, limit="chat", codes=("unwelcome",))
def chat(session_id: str) -> Response:
    """Say something out of character."""
    actor, wish = current_actor(), body(ChatIn)
    return ok(table_talk.say(deps(), actor, session_id, wish.text, idempotency_key(actor)), 201)


@bp.get("/<session_id>/chat")
@operation("session.read", Page[shown.ChatLine], query=PageIn)
def read_chat(session_id: str) -> Response:
    """Table talk, oldest first; the first page holds the latest, `next_cursor` leads back."""
    asked = query(PageIn)
    return ok(table_talk.list_chat(deps(), current_actor(), session_id, asked.cursor, asked.limit))


@bp.post("/<session_id>/rolls")
@operation("session.talk", shown.Rolled, body=RollIn, status=201, limit="chat", codes=("bad_dice",))
def roll(session_id: str) -> Response:
    """Roll dice in the open, beside the story."""
    actor, wish = current_actor(), body(RollIn)
    return ok(table_talk.roll(deps(), actor, session_id, wish.expression, idempotency_key(actor)), 201)


@bp.get("/<session_id>/recap")
@operation("session.read", shown.Recap)
def recap(session_id: str) -> Response:
    """Previously on."""
    return ok(history.recap(deps(), current_actor(), session_id))


@bp.get("/<session_id>/lore")
@operation("session.read", shown.Lore, query=LoreIn, limit="lore", codes=("not_started",))
def lore(session_id: str) -> Response:
    """What is told of a thing that the party carries or can buy here: asked of a model once, then kept."""
    return ok(lore_of(deps(), wired().lore, current_actor(), session_id, query(LoreIn).item))


@bp.get("/<session_id>/journal")
@operation("session.read", shown.Journal)
def journal(session_id: str) -> Response:
    """Quests, people, groups and whereabouts."""
    return ok(history.journal(deps(), current_actor(), session_id))
