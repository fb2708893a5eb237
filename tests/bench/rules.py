"""How fast the rules alone decide: actions a second, the same replayed from their events, and the dice.

`python -m tests.bench.rules [--json]`. No store: one party walks and fights through the starter campaign with a seeded
choice of legal actions. For the dice the package d20 is installed apart at the first run (`d20_apart.py`); without
network that comparison is left out and says so, with CI=true it fails.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from dataclasses import replace

from api.content.catalogue import Content
from api.content.loader import load_content
from api.rules import engine
from api.rules.apply import fold
from api.rules.commands import Command
from api.rules.dice import KeyedDice
from api.rules.errors import RuleError
from api.rules.events import Event
from api.rules.legal import legal_actions
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero
from api.services.turns import Wish, structured_command
from api.settings import ROOT
from tests.bench import dice
from tests.bench.d20_apart import NotInstalled, field_roll
from tests.bench.report import figure, tell, wants_json

CAMPAIGN = "low_water_ledger"
STORIES, MOST_TURNS = 60, 120

Log = list[tuple[int, tuple[Event, ...]]]


def party(content: Content) -> dict[str, Hero]:
    return {
        f"h{n}": new_hero(content, f"h{n}", NewCharacter(hero=k))
        for n, k in enumerate(sorted(content.heroes))
    }


def choose(rng: random.Random, state: PlayState, content: Content, hero: str) -> Command:
    legal = [a for a in legal_actions(state, hero, content) if a.enabled]
    action = rng.choice(legal) if legal else None
    if action is None:
        return structured_command(Wish(hero, "pass"))
    target = rng.choice(action.targets).id if action.targets else ""
    return structured_command(Wish(hero, action.kind, id=action.id, target=target))


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
        keyed = KeyedDice(f"bench:{seed}", number, 0)
        began = time.perf_counter()
        try:
            done = engine.resolve_together(state, commands, keyed, content, tolerant=True)
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


def main() -> int:
    as_json = wants_json("rules", __doc__)
    content = load_content(ROOT / "data")
    rates, replayed = [], []
    for seed in range(STORIES):
        start, log, spent, actions = play(content, seed)
        rates.append(actions / spent)
        replayed.append(actions / replay(start, log))
    try:
        theirs, why_not = field_roll(), ""
    except NotInstalled as missing:
        theirs, why_not = None, str(missing)
    told, met = dice.figures(theirs, why_not)
    figures = {
        "actions_per_s": figure(round(statistics.median(rates)), "actions/s"),
        "replayed_actions_per_s": figure(round(statistics.median(replayed)), "actions/s"),
        **told,
    }
    # On the build machine a comparison that cannot be made is a gate that was not met.
    ok = met and (theirs is not None or os.environ.get("CI") != "true")
    return tell("rules", figures, ok=ok, as_json=as_json)


if __name__ == "__main__":
    sys.exit(main())
