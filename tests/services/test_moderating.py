"""Moderation where texts come in: refused in private with the turn kept, and nothing of a text in any log."""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from api.errors import GameRefusal, Invalid, Unavailable
from api.identity import accounts
from api.llm.checking import checker_of
from api.llm.checking.telling import Telling, tell_checked
from api.moderation import provider as provider_module
from api.moderation.builtin import standard_moderator
from api.moderation.lists import standard_lists
from api.moderation.port import PLACES, ModerationUnavailable, Verdict
from api.moderation.provider import GOES_ON, HttpModerator, Moderators
from api.services import characters, memories, moderating, table_talk
from api.services.corrections import correct_narration
from api.services.memories import MemoryChange
from api.services.moderating import audience_of, moderated
from api.services.names import PLAIN
from api.services.usage import account_usage
from tests.eval_gm.truth.scenarios import SCENARIOS
from tests.fakes.game import Game
from tests.fakes.noted import noted

SLUR = codecs.decode("avttre", "rot13")
HURT = "I tell them all: kill yourself"


def test_an_unwelcome_text_is_refused_in_private_and_the_turn_is_kept(game: Game) -> None:
    table = game.table(2)
    table.serve_all()
    before = len(table.feed())
    with pytest.raises(GameRefusal) as refused:
        table.act(1, "free", text=HURT)
    assert refused.value.code == "unwelcome" and "helpline" in refused.value.message
    assert refused.value.details["legal"] and refused.value.details["current_turn"] == 1
    assert len(table.feed()) == before and game.jobs.narrated == []
    table.act(1, "free", text="I tell them all to sit down")
    assert table.feed("action_stated")[-1]["text"] == "I tell them all to sit down"


def test_what_a_rating_softens_is_left_out_and_the_rest_is_played(game: Game) -> None:
    text = "I flay the prisoner alive, then I search the desk"
    assert moderated(standard_moderator(), text, "action", "teen") == "I … then I search the desk"
    assert moderated(standard_moderator(), text, "action", "mature") == text
    with pytest.raises(GameRefusal):
        moderated(standard_moderator(), text, "action", "everyone")
    with pytest.raises(GameRefusal):  # nothing would be left
        moderated(standard_moderator(), "flay him alive", "action", "teen")


def test_the_rating_of_a_session_is_what_its_settings_say() -> None:
    assert audience_of({}) == audience_of({"story_settings": {"rating": "nonsense"}}) == "teen"
    assert audience_of({"story_settings": {"rating": "mature"}}) == "mature"


def test_table_talk_is_looked_at_and_nothing_is_posted(game: Game) -> None:
    table = game.table(1)
    actor = table.actors[0]
    with pytest.raises(GameRefusal) as refused:
        table_talk.say(game.deps, actor, table.id, "join my discord", game.key(actor))
    assert refused.value.details["category"] == "links"
    assert table.feed("chat_said") == []
    table_talk.say(game.deps, actor, table.id, "You idiot, that was my last potion!", game.key(actor))
    assert len(table.feed("chat_said")) == 1


def test_a_hero_cannot_bear_an_unwelcome_name(game: Game) -> None:
    wish = characters.NewCharacter(hero="aldo_fisk", name=f"Old {SLUR.title()}")
    actor = game.actor(1)
    with pytest.raises(Invalid) as refused:
        characters.create_character(game.deps, actor, wish, game.key(actor))
    assert refused.value.details["field"] == "name" and SLUR not in refused.value.message.lower()


def test_an_unwelcome_name_from_elsewhere_keeps_nobody_out(game: Game) -> None:
    known = accounts.Accounts(game.store, game.clock)
    first = known.vouched("discord", "7", f"{SLUR} 7")
    assert first.name == PLAIN == known.vouched("discord", "7", f"{SLUR}!").name
    assert known.vouched("discord", "7", "Ann").name == "Ann"


def test_no_log_holds_a_text(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = noted(monkeypatch, moderating)
    table = game.table(1)
    with pytest.raises(GameRefusal):
        table.act(1, "free", text=f"secret words, {SLUR}")
    (line,) = lines
    assert (line["category"], line["where"], line["action"]) == ("hate", "action", "refuse")
    assert "secret" not in json.dumps(line) and SLUR not in json.dumps(line) and len(line["text"]) == 12


# --- prose -------------------------------------------------------------------------------------------------------


class Scripted:
    """A narrator that says this, and mends with that."""

    name = "scripted"

    def __init__(self, *sentences: str, mended: str) -> None:
        self.sentences, self.mended = sentences, mended
        self.reasons: list[str] = []

    async def narrate(self, request: Any) -> Any:
        for sentence in self.sentences:
            yield sentence

    async def repair(self, request: Any, told: Any, sentence: str, reason: str) -> Any:
        self.reasons.append(reason)
        yield self.mended


def told(game: Game, narrator: Scripted, audience: str = "teen") -> tuple[Telling | None, list[str]]:
    request = replace(SCENARIOS["porters_watched"](), audience=audience)  # type: ignore[arg-type]
    shown: list[str] = []
    checker = checker_of(game.content)
    show = lambda offset, text: shown.append(text)  # noqa: E731
    return asyncio.run(tell_checked(checker, [narrator], request, show)), shown


def test_prose_that_is_not_welcome_is_never_shown_and_is_mended(game: Game) -> None:
    narrator = Scripted("A voice says: kill yourself.", mended="The tide is still going out.")
    telling, shown = told(game, narrator)
    assert telling is not None and telling.faults == ["unwelcome"] and telling.repairs == 1
    assert telling.text == "".join(shown) == "The tide is still going out."
    assert narrator.reasons == ["This is not told at this table (self harm). Tell what happened without it."]


def test_prose_is_held_against_the_rating_of_its_session(game: Game) -> None:
    gory = "On the quay the gulls disembowel a herring."
    for audience, faults in (("everyone", ["unwelcome"]), ("teen", [])):
        telling, _ = told(game, Scripted(gory, mended="The gulls are busy."), audience)
        assert telling is not None and telling.faults == faults


# --- a service beside the lists ----------------------------------------------------------------------------------


class Service:
    """A moderation service on loopback: answers with the categories that a test names, or misbehaves."""

    def __init__(self) -> None:
        self.categories: dict[str, bool] = {}
        self.asked: list[tuple[str, Any]] = []
        self.raw: bytes | None = None
        self.status = 200
        self.let_go: Event | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.asked.append((self.headers.get("Authorization", ""), sent))
                if service.let_go is not None:
                    service.let_go.wait(30)
                body = json.dumps({"results": [{"categories": service.categories}]}).encode()
                self.send_response(service.status)
                self.end_headers()
                self.wfile.write(service.raw if service.raw is not None else body)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/moderations"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.let_go is not None:
            self.let_go.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.stop()


def asking(service: Service, **more: Any) -> HttpModerator:
    return HttpModerator(service.url, "key", standard_lists().policy, **more)


def test_a_service_is_asked_with_the_key_and_its_word_counts(service: Service) -> None:
    service.categories = {"hate": True, "violence": True, "unheard-of": True}
    verdict = asking(service).look("some words", "action", "teen")
    assert (verdict.action, verdict.category) == ("refuse", "hate")
    assert service.asked == [("Bearer key", {"input": "some words"})]


def test_what_heroes_do_to_goblins_is_no_harassment_and_what_players_say_is(service: Service) -> None:
    service.categories = {"harassment": True, "violence/graphic": True}
    moderator = asking(service)
    assert moderator.look("I kill the goblin", "action", "teen").action == "allow"
    assert moderator.look("I kill the goblin", "chat", "teen").category == "harassment"


def test_prose_is_never_sent_between_two_sentences(service: Service) -> None:
    service.categories = {"hate": True}
    assert asking(service).look("A passage.", "prose", "teen").action == "allow"
    assert service.asked == []


@pytest.mark.parametrize("how", ["status", "garbage", "shape", "silence"])
def test_a_service_that_fails_stops_only_what_cannot_wait_unseen(
    service: Service, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = noted(monkeypatch, provider_module)
    match how:
        case "status":
            service.status = 500
        case "garbage":
            service.raw = b"<html>"
        case "shape":
            service.raw = b'{"results": []}'
        case "silence":
            service.let_go = Event()
    both = Moderators([standard_moderator(), asking(service, seconds=0.2)])
    for where in PLACES:
        if GOES_ON[where]:
            assert both.look("some words", where, "teen") == Verdict()
            assert both.look(HURT, where, "teen").action == "refuse"  # the lists have looked already
        else:
            with pytest.raises(ModerationUnavailable):
                both.look("some words", where, "teen")
    assert {line["event"] for line in lines} == {"moderator_unavailable"}
    assert "some words" not in json.dumps(lines)
    with pytest.raises(Unavailable, match="try again"):
        moderated(both, "some words", "memory", "teen")


def test_what_the_lists_refuse_is_not_sent_anywhere(service: Service) -> None:
    Moderators([standard_moderator(), asking(service)]).look(HURT, "action", "teen")
    assert service.asked == []


def test_an_unwelcome_text_costs_no_call_of_a_model(game: Game) -> None:
    table = game.table(1)
    with pytest.raises(GameRefusal):
        table.act(1, "free", text=HURT)
    assert account_usage(game.deps, table.actors[0].user_id or "")["today"]["used"] == 0


def test_an_unwelcome_text_becomes_neither_memory_nor_correction(game: Game) -> None:
    table = game.table(1)
    table.serve_all()
    deps, actor = game.deps, table.actors[0]
    kept = memories.add_memory(deps, actor, table.id, "Odile lent the bond.", False, "", game.key(actor))
    with pytest.raises(GameRefusal, match="helpline"):
        memories.add_memory(deps, actor, table.id, HURT, False, "", game.key(actor))
    with pytest.raises(GameRefusal, match="helpline"):
        memories.change_memory(deps, actor, table.id, kept["id"], MemoryChange(text=HURT), game.key(actor))
    with pytest.raises(GameRefusal, match="helpline"):
        correct_narration(deps, actor, table.id, "last", HURT, None, game.key(actor))
    assert memories.show_memory(deps, actor, table.id, kept["id"])["state"] == "live"
    assert table.feed("narration_corrected") == []
    assert "kill yourself" not in json.dumps(table.feed())
