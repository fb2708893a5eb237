"""How fast fights are decided: random legal play of four level-10 heroes against four foes, receipts included.

The production path: `engine.resolve_together` with the keyed dice of a turn, events applied one by one. Choosing a
command is not measured. An action is what one combatant does in its turn, hero or creature; commands are the heroes'.
Seconds are those of the processor: the figure is for one core, whoever else uses the machine meanwhile.
"""

from __future__ import annotations

import random
import statistics
import time

from api.content.catalogue import Content
from api.rules import engine
from api.rules import events as ev
from api.rules.dice import KeyedDice
from api.rules.legal import legal_actions
from api.rules.resolution import Resolution
from tests.bench.report import Figures, figure
from tests.fakes.battles import CAMPAIGN, battle_content, battle_party, opened
from tests.rules.play import command_of

BATTLES, MOST_TURNS = 60, 400
LEVEL, HEROES, FOES = 10, 4, "t_four"
GATE, GOAL = 5_000, 20_000
WALKS_OUT = ("flee", "surrender", "parley")


def battle(content: Content, seed: int) -> tuple[float, int, int]:
    """One fight to its end: seconds in the rules, commands, and actions of all combatants."""
    rng = random.Random(seed)
    party = battle_party(content, HEROES, LEVEL, rng)
    start = engine.begin(content, CAMPAIGN, party)
    state = opened(Resolution(start, KeyedDice(f"battle:{seed}", 0), content), FOES)
    spent, commands, actions = 0.0, 0, 0
    for turn in range(1, MOST_TURNS):
        if state.encounter is None:
            break
        actor = state.encounter.actor.id
        legal = [a for a in legal_actions(state, actor, content) if a.enabled and a.kind not in WALKS_OUT]
        command = command_of(rng.choice(legal), actor, rng)
        dice = KeyedDice(f"battle:{seed}", turn)
        began = time.process_time()
        done = engine.resolve_together(state, [command], dice, content, tolerant=True)
        spent += time.process_time() - began
        commands += 1
        actions += sum(type(e) is ev.CombatTurnEnded for e in done.events)
        state = done.state
    return spent, commands, actions


def figures(content: Content) -> tuple[Figures, bool]:
    """The figures of the fights, and whether the gate is met."""
    content = battle_content(content)
    measured = [battle(content, seed) for seed in range(BATTLES)]
    commands = round(statistics.median(n / spent for spent, n, _ in measured))
    actions = round(statistics.median(n / spent for spent, _, n in measured))
    told = {
        "battle_actions_per_s": figure(actions, "actions/s", gate=f">= {GATE}", goal=f">= {GOAL}"),
        "battle_commands_per_s": figure(commands, "commands/s"),
    }
    return told, actions >= GATE
