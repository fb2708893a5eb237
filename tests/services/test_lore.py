"""Asking about a thing: once at a model's price, then for nothing; never a lie; never a wait for a dead provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.errors import GameRefusal, Invalid, NotFound
from api.llm.lore import LoreTeller, Thing, plain_lore
from api.services import lore as module
from api.services.lore import lore_of
from api.services.usage import account_usage
from api.store.port import Insert
from api.wiring import Wired, wire
from tests.fakes.anthropic import KEY, Answer, AnthropicStandin
from tests.fakes.game import Game, RunningTable, settings_for

TRUE = "The lancet is longer than a finger, and its steel has been ground thin. The handle smells of vinegar."
FALSE = "The lancet is thin. Aldo Fisk finds a golden crown beside it."


@pytest.fixture
def provider() -> Iterator[AnthropicStandin]:
    with AnthropicStandin() as standin:
        yield standin


@pytest.fixture
def parts(game: Game, provider: AnthropicStandin, tmp_path: Path) -> Iterator[Wired]:
    given: dict[str, Any] = {"anthropic_api_key": KEY, "anthropic_base_url": provider.base_url}
    made = wire(settings_for(tmp_path, **given), game.clock)
    yield made
    made.deps.store.close()  # type: ignore[attr-defined]


def ask(table: RunningTable, teller: LoreTeller | None, item: str = "long lancet") -> dict[str, Any]:
    return lore_of(table.game.deps, teller, table.actors[0], table.id, item)


def test_a_second_ask_costs_nothing(game: Game, parts: Wired, provider: AnthropicStandin) -> None:
    provider.behave(Answer(text=TRUE))
    table, other = game.table(1), game.table(1)
    told = ask(table, parts.lore)
    assert (told["text"], told["teller"], told["name"]) == (TRUE, "anthropic", "long lancet")
    assert ask(table, parts.lore) == ask(other, parts.lore) == told
    assert len(provider.calls) == 1
    assert account_usage(game.deps, table.actors[0].user_id or "")["today"]["calls"]["lore"] == 1


def test_the_model_is_the_one_that_the_table_names_for_lore(
    game: Game, parts: Wired, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(text=TRUE))
    ask(game.table(1), parts.lore)
    body = provider.calls[0].body
    assert (body["model"], body["max_tokens"]) == ("claude-haiku-5-5", 256)


@pytest.mark.parametrize(
    "text",
    [FALSE, "", "```json\n{}\n```", "word " * 400 + ".", "It grants its owner great strength.",
     "The lancet cuts for 12 points.", "The lancet was forged by Master Ulric.", "With it you cannot die."],
)  # fmt: skip
def test_what_contradicts_the_facts_is_never_shown_and_not_paid_for_again(
    game: Game, parts: Wired, provider: AnthropicStandin, text: str
) -> None:
    provider.behave(Answer(text=text))
    table = game.table(1)
    told = ask(table, parts.lore)
    assert (told["teller"], "crown" in told["text"], "lancet" in told["text"]) == ("storyteller", False, True)
    assert ask(table, parts.lore) == told
    assert len(provider.calls) == 1


def test_without_a_model_the_authors_words_are_told(game: Game) -> None:
    told = ask(game.table(1), None)
    assert told["teller"] == "storyteller"
    assert (
        told["text"].startswith("long lancet: ")
        and game.content.items["long_lancet"].summary.rstrip(".") in told["text"]
    )


def test_a_provider_that_fails_is_asked_again_later(
    game: Game, parts: Wired, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(error="invalid_request_error"), Answer(text=TRUE))
    table = game.table(1)
    assert ask(table, parts.lore)["teller"] == "storyteller"
    assert ask(table, parts.lore)["teller"] == "anthropic"


def test_while_somebody_else_asks_the_plain_words_are_told(
    game: Game, parts: Wired, provider: AnthropicStandin
) -> None:
    provider.behave(Answer(text=TRUE))
    table = game.table(1)
    thing = Thing("long_lancet", game.content.items["long_lancet"], "long lancet")
    lease = f"lore.{thing.cache_id(game.content)}"
    game.store.commit([Insert("leases", lease, {"until": game.clock.iso(after=20)})])
    assert (ask(table, parts.lore)["teller"], provider.calls) == ("storyteller", [])
    game.clock.advance(21)  # whoever asked is dead
    assert ask(table, parts.lore)["teller"] == "anthropic"
    assert game.store.get("leases", lease) is None


def test_threads_of_the_server_are_not_used_up_by_waiting(
    game: Game, parts: Wired, provider: AnthropicStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Taken:
        def acquire(self, *, blocking: bool) -> bool:
            assert not blocking
            return False

    monkeypatch.setattr(module, "_TELLERS", Taken())
    assert (ask(game.table(1), parts.lore)["teller"], provider.calls) == ("storyteller", [])


@pytest.mark.parametrize("item", ["long_lancet", "Long Lancet", "the long  lancet", "lancet"])
def test_a_thing_is_found_by_key_and_by_name(game: Game, item: str) -> None:
    assert ask(game.table(1), None, item)["item"] == "long_lancet"


@pytest.mark.parametrize(
    ("item", "says"), [("", "is needed"), ("crown of the moon", "nothing that your party")]
)
def test_what_cannot_be_asked_about_is_answered_with_what_can(game: Game, item: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(game.table(1), None, item)
    assert says in refused.value.message and "long lancet" in refused.value.message
    assert "long lancet" in refused.value.details["known"]


def test_strangers_learn_nothing_and_a_lobby_has_no_things(game: Game) -> None:
    table = game.table(1)
    with pytest.raises(NotFound):
        lore_of(game.deps, None, game.actor(9), table.id, "long lancet")
    with pytest.raises(GameRefusal, match="not begun"):
        ask(game.lobby(1), None)


def test_every_thing_of_the_game_can_be_told_of_without_a_model(game: Game) -> None:
    for key, item in game.content.items.items():
        text = plain_lore(Thing(key, item, item.name))
        assert text.endswith(".") and item.name in text and "  " not in text
