"""What evenings cost: calls a turn, and dollars for 100 turns of each tier, by the ledger of a game that is wired as
in production.

The stand-ins answer in the storyteller's words and count the tokens of the real prompts; prices are those of the table.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from api.content.catalogue import Content
from api.content.tiers import standard_tiers
from api.llm.model_client import Usage
from api.llm.models import TIERS, load_models
from api.llm.port import NarrationRequest, Narrator
from api.llm.rulings.tool import NAME
from api.services.narration import serve_turn
from api.store.port import Query
from api.wiring import wire
from tests.eval_gm.evening import Heard, Posted, act_for_all
from tests.fakes import anthropic, replicate
from tests.fakes.game import Game, settings_for
from tests.fakes.hostile.model import HostileAnthropic, HostileReplicate, Mind

DAY = 86_400
TURNS_A_DAY = 12  # so that FREE's 50 calls are never used up: what a turn costs is measured, not the limit
# Tokens of the shortest prefix that a provider keeps, by what a model's id holds; Replicate keeps none.
LEAST_KEPT = {"haiku": 4096, "sonnet": 2048}
ASIDE = ("repair", "summary")  # calls that are counted apart


@dataclass(slots=True)
class Bill:
    """One tier's evenings. Calls by kind of turn leave out repairs and summaries; `if_kept` are millionths
    of a dollar as if every prefix were kept by the provider, `uncached` as if none were, `micros` with those that are
    long enough. `prefixes` are the longest by model, in tokens."""

    turns: int = 0
    structured: list[int] = field(default_factory=list)
    free_text: list[int] = field(default_factory=list)
    contexts: Counter[str] = field(default_factory=Counter)
    micros: float = 0
    if_kept: float = 0
    uncached: float = 0
    prefixes: dict[str, int] = field(default_factory=dict)

    @property
    def aside(self) -> float:
        """Repairs and summaries a turn."""
        return sum(self.contexts[c] for c in ASIDE) / max(1, self.turns)


class Honest(HostileAnthropic):
    """Tells the truth, and rules with the tool: every text means nothing in particular."""

    def _message(self, body: dict[str, Any], answer: anthropic.Answer, number: int) -> dict[str, Any]:
        if NAME in [tool["name"] for tool in body.get("tools") or []]:
            entries = body["messages"][-1]["content"][0]["text"].count(". Wrote: ") or 1
            rulings = [{"entry": n, "action": "nothing"} for n in range(1, entries + 1)]
            answer = anthropic.Answer(text="", tools=((NAME, {"rulings": rulings}),))
        return super()._message(body, answer, number)


class _Knowing:
    """A narrator whose turn at hand the stand-in knows."""

    def __init__(self, narrator: Any, mind: Mind) -> None:
        self.name = narrator.name
        self.repair = narrator.repair
        self._narrator = narrator
        self._mind = mind

    async def narrate(self, request: NarrationRequest) -> AsyncGenerator[str, None]:
        self._mind.request = request
        async for sentence in self._narrator.narrate(request):
            yield sentence


def bill(content: Content, tier: str, *, seed: str, turns: int, players: int) -> Bill:
    """Play so many rounds of one table whose sponsor has this tier, and read the ledger."""
    mind = Mind(content, seed, hostile=False)
    standin: Any = HostileReplicate(mind) if tier == "FREE" else Honest(mind)
    with tempfile.TemporaryDirectory(prefix="coc-eval-") as folder, standin as provider:
        given: dict[str, Any] = {"default_tier": tier, "daily_ceiling_usd": 1000}
        if tier == "FREE":
            given |= {"replicate_api_token": replicate.TOKEN, "replicate_base_url": provider.base_url}
        else:
            given |= {"anthropic_api_key": anthropic.KEY, "anthropic_base_url": provider.base_url}
        game = Game(Path(folder), content, **given)
        parts = wire(settings_for(Path(folder), **given), game.clock)
        narrators = [_Knowing(n, mind) if hasattr(n, "repair") else n for n in parts.narrators]
        made = _play(game, parts.ruler, narrators, seed, turns, players)
        if tier != "FREE":
            made.prefixes = _prefixes([call.body for call in provider.calls])
        _add_up(made, _ledger(game))
        parts.deps.store.close()  # type: ignore[attr-defined]
        game.store.close()
    return made


def _play(game: Game, ruler: Any, narrators: list[Narrator], seed: str, turns: int, players: int) -> Bill:
    game.deps = replace(game.deps, publisher=Heard(Posted()))
    table = game.table(players, seed=seed)
    dice = random.Random(seed)
    found = Bill()

    async def evening() -> None:
        for number in range(turns):
            if table.view()["status"] != "active":
                break
            if number:
                act_for_all(table, dice)
            while game.jobs.narrated:
                turn_id, _ = game.jobs.narrated.pop(0)
                before = _calls(game)
                await serve_turn(game.deps, ruler, narrators, turn_id)
                _note(found, game, turn_id, _calls(game) - before)
            if number % TURNS_A_DAY == TURNS_A_DAY - 1:
                game.clock.advance(DAY)

    asyncio.run(evening())
    return found


def _add_up(found: Bill, ledger: list[dict[str, Any]]) -> None:
    """What was written down, and what it would be with and without a provider's cache."""
    models = load_models().dearest()
    for line in ledger:
        model = line["model"]
        found.contexts[line["context"]] += line["calls"]
        tokens = line["input"] + line["cached"] + line["written"]
        plain = 1e6 * models[model].price.of(Usage(tokens, line["output"]))
        least = next((n for kind, n in LEAST_KEPT.items() if kind in model), None)
        found.if_kept += line["micros"]
        found.uncached += plain
        found.micros += line["micros"] if least and found.prefixes.get(model, 0) >= least else plain


def _note(found: Bill, game: Game, turn_id: str, calls: Counter[str]) -> None:
    """Count one served turn under its kind; the opening counts as structured."""
    turn = game.store.get("turns", turn_id)
    assert turn is not None
    found.turns += 1
    paid = sum(calls.values()) - sum(calls[c] for c in ASIDE)
    texts = any(e["source"] == "text" for e in turn.body["entries"])
    (found.free_text if texts else found.structured).append(paid)


def _calls(game: Game) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in _ledger(game):
        counted[line["context"]] += line["calls"]
    return counted


def _ledger(game: Game) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = game.store.query(Query("costs", limit=200, cursor=cursor))
        lines += [d.body for d in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return lines


def _prefixes(bodies: list[dict[str, Any]]) -> dict[str, int]:
    """By model the longest part of a prompt that is marked to be kept, tools included; four characters a token."""
    longest: dict[str, int] = {}
    for body in bodies:
        kept = [b["text"] for b in body.get("system") or [] if b.get("cache_control")]
        tokens = (sum(map(len, kept)) + len(str(body.get("tools") or ""))) // 4
        longest[body["model"]] = max(tokens, longest.get(body["model"], 0))
    return longest


def bills(content: Content, *, seed: str, turns: int) -> dict[str, Bill]:
    """The same evening for each tier, of two players where its party has room for them."""
    tiers = standard_tiers()
    return {
        tier: bill(content, tier, seed=seed, turns=turns, players=min(2, tiers[tier].party)) for tier in TIERS
    }
