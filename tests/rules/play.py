"""Random but legal play, for properties that must hold whatever happens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine
from api.rules.dice import KeyedDice
from api.rules.legal import LegalAction, legal_actions
from api.rules.state import Hero, PlayState
from api.services.characters import NewCharacter, new_hero
from api.services.wishes import Wish, structured_command
from tests.fakes.dice import ScriptedDice

CAMPAIGN = "low_water_ledger"


def party(content: Content, size: int) -> dict[str, Hero]:
    keys = sorted(content.heroes)
    return {f"h{i}": new_hero(content, f"h{i}", NewCharacter(hero=keys[i % len(keys)])) for i in range(size)}


def opening(content: Content, size: int) -> PlayState:
    return engine.begin(content, CAMPAIGN, party(content, size))


def command_of(action: LegalAction, who: str, chance: random.Random) -> cmd.Command:
    """What the API makes of an offered action, at one of its targets."""
    target = chance.choice(action.targets).id if action.targets else who
    return structured_command(Wish(who, action.kind, id=action.id, target=target))


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


class Scripted:
    """For worlds of a test's own (`content`): deeds and beats with dice that fall as the test says, all of them."""

    content: Content

    def act(self, state: PlayState, command: cmd.Command, *faces: int) -> engine.Resolved:
        return self.beat(state, [command], *faces)

    def beat(
        self, state: PlayState, commands: list[cmd.Command], *faces: int, tolerant: bool = False
    ) -> engine.Resolved:
        dice = ScriptedDice(*faces)
        done = engine.resolve_together(state, commands, dice, self.content, tolerant=tolerant)
        assert dice.unused == [], f"the script has faces left: {dice.unused}"
        return done


def of(done: engine.Resolved, kind: type[Any]) -> list[Any]:
    """The events of a kind, in order."""
    return [e for e in done.events if isinstance(e, kind)]
