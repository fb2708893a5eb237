"""How fast the rules alone decide: actions a second, the same replayed from their events, and the dice.

`python -m tests.bench.rules [--json]`. No store and no network: one party walks and fights through the starter campaign
with a seeded choice of legal actions.
"""

from __future__ import annotations

import importlib
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from api.content.catalogue import Content
from api.content.loader import load_content
from api.rules import engine
from api.rules.apply import fold
from api.rules.commands import Command, Pass
from api.rules.dice import KeyedDice, roll_expression
from api.rules.errors import RuleError
from api.rules.events import Event
from api.rules.legal import legal_actions
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero
from api.settings import ROOT
from tests.bench import battles
from tests.bench.report import figure, tell, wants_json
from tests.rules.play import command_of

CAMPAIGN = "low_water_ledger"
STORIES, MOST_TURNS = 60, 120
WORST_OF = 2000
SIMPLE, COMPLEX = "1d20+5", "8d6+4d10+3"

Log = list[tuple[int, tuple[Event, ...]]]


def party(content: Content) -> dict[str, Hero]:
    return {
        f"h{n}": new_hero(content, f"h{n}", NewCharacter(hero=k))
        for n, k in enumerate(sorted(content.heroes))
    }


def choose(rng: random.Random, state: PlayState, content: Content, hero: str) -> Command:
    legal = [a for a in legal_actions(state, hero, content) if a.enabled]
    return command_of(rng.choice(legal), hero, rng) if legal else Pass(hero)


def play(content: Content, seed: int) -> tuple[PlayState, Log, float, int]:
    """One story: its first state, its log, the seconds spent in the rules and the number of actions."""
    rng = random.Random(seed)
    start = state = engine.begin(content, CAMPAIGN, party(content))
    log: Log = []
    spent, actions = 0.0, 0
    for number in range(1, MOST_TURNS):
        if state.ending is not None:
            break
        state = replace(state, turn_number=number)
        heroes = [state.encounter.actor.id] if state.encounter else list(state.heroes)
        commands = [choose(rng, state, content, hero) for hero in heroes]
        dice = KeyedDice(f"bench:{seed}", number, 0)
        began = time.perf_counter()
        try:
            done = engine.resolve_together(state, commands, dice, content, tolerant=True)
        except RuleError:
            continue
        spent += time.perf_counter() - began
        actions += len(commands)
        state = done.state
        log.append((number, done.events))
    return start, log, spent, actions


def replay(state: PlayState, log: Log) -> float:
    began = time.perf_counter()
    for number, events in log:
        state = fold(replace(state, turn_number=number), events)
    return time.perf_counter() - began


def dice_times(expression: str, theirs: Callable[[str], object] | None) -> tuple[list[float], float | None]:
    """Milliseconds of our single rolls of an expression; and the library's median over ours, rolled in turns."""
    ours, other = [], []
    for number in range(WORST_OF):
        dice = KeyedDice("bench", number, 0)
        began = time.perf_counter()
        roll_expression(expression, dice)
        middle = time.perf_counter()
        ours.append(1000 * (middle - began))
        if theirs is not None:
            theirs(expression)
            other.append(1000 * (time.perf_counter() - middle))
    return ours, statistics.median(other) / statistics.median(ours) if other else None


def field_library() -> Callable[[str], object] | None:
    """d20's `roll`, where somebody has installed it: it pins an old parser, so it is no dependency of ours."""
    try:
        found: Callable[[str], object] = importlib.import_module("d20").roll
    except ImportError:
        return None
    return found


def main() -> int:
    as_json = wants_json("rules", __doc__)
    content = load_content(ROOT / "data")
    rates, replayed = [], []
    for seed in range(STORIES):
        start, log, spent, actions = play(content, seed)
        rates.append(actions / spent)
        replayed.append(actions / replay(start, log))
    theirs = field_library()
    baseline = (
        "d20 (pip install d20) in the same run" if theirs else "d20 is not installed: nothing to compare with"
    )
    simple, simple_ratio = dice_times(SIMPLE, theirs)
    complicated, complex_ratio = dice_times(COMPLEX, theirs)
    fought, fast = battles.figures(content)
    figures = {
        **fought,
        "actions_per_s": figure(round(statistics.median(rates)), "actions/s"),
        "replayed_actions_per_s": figure(round(statistics.median(replayed)), "actions/s"),
        "dice_simple_ratio": figure(rounded(simple_ratio), "rolls for 1", baseline=baseline),
        "dice_complex_ratio": figure(rounded(complex_ratio), "rolls for 1", baseline=baseline),
        "dice_simple_us": figure(round(1000 * statistics.median(simple), 2), f"us, {SIMPLE}"),
        "dice_complex_us": figure(round(1000 * statistics.median(complicated), 2), f"us, {COMPLEX}"),
        "dice_worst_ms": figure(round(max(*simple, *complicated), 3), "ms"),
    }
    return tell("rules", figures, ok=fast, as_json=as_json)


def rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 2)


if __name__ == "__main__":
    sys.exit(main())
