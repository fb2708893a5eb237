"""Random but legal play, for properties that must hold whatever happens."""

from __future__ import annotations

import random
from collections.abc import Iterator

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules.dice import KeyedDice
from api.rules.legal import LegalAction, legal_actions
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero

CAMPAIGN = "low_water_ledger"


def party(content: Content, size: int) -> dict[str, Hero]:
    keys = sorted(content.heroes)
    return {f"h{i}": new_hero(content, f"h{i}", NewCharacter(hero=keys[i % len(keys)])) for i in range(size)}


def opening(content: Content, size: int) -> PlayState:
    return engine.begin(content, CAMPAIGN, party(content, size))


def command_of(action: LegalAction, who: str, chance: random.Random) -> cmd.Command:
    target = chance.choice(action.targets).id if action.targets else who
    match action.kind:
        case "affordance":
            return cmd.UseAffordance(who, action.id)
        case "talk":
            return cmd.Talk(who, target)
        case "item":
            return cmd.UseItem(who, action.id, target)
        case "ability":
            return cmd.UseAbility(who, action.id, target)
        case "rest":
            return cmd.Rest(who, "long" if action.id == "long" else "short")
        case "travel":
            return cmd.Travel(who, action.id)
        case "downtime":
            return cmd.Downtime(who, action.id)
        case "attack":
            return cmd.Attack(who, target)
        case "row":
            return cmd.MoveRow(who, action.id)
        case "help":
            return cmd.Help(who, target)
        case "parley":
            return cmd.Parley(who)
        case "surrender":
            return cmd.Surrender(who)
        case "defend":
            return cmd.Defend(who)
        case "flee":
            return cmd.Flee(who)
    return cmd.Pass(who)


def wish(state: PlayState, who: str, content: Content, chance: random.Random) -> cmd.Command:
    """Something legal: mostly what is offered, sometimes free text's kinds."""
    if chance.random() < 0.15:
        return chance.choice(
            [
                cmd.Improvise(who, "look", "wisdom", "easy"),
                cmd.RefuseClaim(who, "No."),
                cmd.Improvise(who, "other"),
            ]
        )
    open_now = [a for a in legal_actions(state, who, content) if a.enabled]
    useful = [
        a for a in open_now if a.kind in ("affordance", "ability", "item", "attack", "travel", "help", "row")
    ]
    return command_of(chance.choice(useful if useful and chance.random() < 0.8 else open_now), who, chance)


def play(
    content: Content, seed: int, size: int, limit: int = 400
) -> Iterator[tuple[PlayState, list[cmd.Command], engine.Resolved]]:
    """Beats and fight turns until the end; yields the state before, the commands and what came of them."""
    chance = random.Random(seed)
    state = opening(content, size)
    for turn in range(1, limit + 1):
        if state.ending is not None:
            return
        actors = [state.encounter.actor.id] if state.encounter else list(state.heroes)
        commands = [wish(state, who, content, chance) for who in actors]
        done = engine.resolve_together(
            state, commands, KeyedDice(f"seed{seed}", turn), content, tolerant=True
        )
        yield state, commands, done
        state = done.state
