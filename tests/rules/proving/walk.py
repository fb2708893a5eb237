"""Random but legal play through everything: fights on end, or a campaign from its opening, from a number alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules import engine, proposals
from api.rules import events as ev
from api.rules.checks import BANDS
from api.rules.dice import KeyedDice
from api.rules.encounters import LAST_ROUND, clear_intent, standing_order, start_encounter
from api.rules.figures import SCORES
from api.rules.legal import LegalAction, legal_actions, sheet_options
from api.rules.resolution import Resolution
from api.rules.sheet import resolve_sheet
from api.rules.state import PlayState
from tests.rules.play import command_of
from tests.rules.proving.choices import changes
from tests.rules.proving.worlds import party

How = Literal["sheet", "turn", "deed", "fight", "proposal"]
GIVES_UP = ("flee", "surrender", "parley", "pass")


@dataclass(frozen=True)
class Step:
    """Something that was resolved: how, from what, by which commands and dice, and what came of it."""

    how: How
    before: PlayState
    commands: tuple[cmd.Command, ...]
    seed: str
    number: int
    events: tuple[ev.Event, ...]
    after: PlayState

    def again(
        self, content: Content, before: PlayState | None = None
    ) -> tuple[PlayState, tuple[ev.Event, ...]]:
        """The same commands and dice once more, from the same state or from another that should equal it."""
        return resolved(self.how, before or self.before, self.commands, self.seed, self.number, content)


def resolved(
    how: How, state: PlayState, commands: tuple[cmd.Command, ...], seed: str, number: int, content: Content
) -> tuple[PlayState, tuple[ev.Event, ...]]:
    """The state after the commands, and the events. `fight` starts the encounter that a Pass names as its reason."""
    dice = KeyedDice(seed, number)
    state = replace(state, turn_number=number)
    match how:
        case "sheet":
            changed = resolve_sheet(state, commands[0], dice, content)
            return changed.state, changed.events
        case "deed":
            done = engine.resolve_one_deed(state, commands[0], dice, content)
        case "turn":
            done = engine.resolve_together(state, commands, dice, content, tolerant=len(commands) > 1)
        case "fight":
            opening = commands[0]
            assert isinstance(opening, cmd.Pass)
            res = Resolution(state, dice, content)
            start_encounter(res, opening.reason)
            return res.state, tuple(res.events)
        case "proposal":
            taken = proposals.take_up(state, commands, dice, content)
            return taken.state, taken.events
    return done.state, done.events


class Walker:
    """One walk. What it has chosen before it chooses less, so that it comes to everything."""

    def __init__(self, content: Content, campaign: str, seed: str, wanted: Sequence[str] = ()) -> None:
        self.content, self.seed = content, seed
        self.chance = random.Random(seed)
        self.chosen: Counter[str] = Counter()
        self.number = 0
        self.weary = self.chance.random() < 0.15
        heroes = party(content, self.chance.choice((1, 2, 3, 4, 5)), self.chance, wanted)
        self.state = engine.begin(content, campaign, heroes)
        self.beginning = self.state

    def story(self, turns: int, *, proposing: bool = False) -> Iterator[Step]:
        """So many turns of the campaign, until it ends; `proposing`: the game master proposes what scenes offer."""
        for _ in range(turns):
            if self.state.ending is not None:
                return
            yield from self._sheets()
            yield from self._turn()
            if proposing:
                yield from self._proposal()

    def fight(self, key: str) -> Iterator[Step]:
        """This encounter to its end; before and after it the heroes change their sheets."""
        yield from self._sheets()
        yield self._step("fight", cmd.Pass(next(iter(self.state.heroes)), key))
        for _ in range(
            LAST_ROUND * len(self.state.heroes) * 4
        ):  # four: what is locked and cleared beside turns
            if self.state.encounter is None:
                yield from self._sheets()
                return
            yield from self._turn()
        raise AssertionError(f"the fight '{key}' of '{self.seed}' does not end")

    def _step(self, how: How, *commands: cmd.Command) -> Step:
        self.number += 1
        before = replace(self.state, turn_number=self.number)
        self.state, events = resolved(how, before, commands, self.seed, self.number, self.content)
        return Step(how, before, commands, self.seed, self.number, events, self.state)

    def _sheets(self) -> Iterator[Step]:
        if self.state.encounter is not None:
            return
        for _ in range(self.chance.choice((0, 1, 2, 3))):
            who = self.chance.choice(list(self.state.heroes))
            if self.chance.random() < 0.1:
                yield self._step("sheet", cmd.SetOrders(who, self._orders(who)))
                continue
            options = [o for o in sheet_options(self.state, who, self.content) if o.enabled]
            if options:
                weights = [self._weight(f"{o.kind}.{o.id}") for o in options]
                option = self.chance.choices(options, weights)[0]
                self.chosen[f"{option.kind}.{option.id}"] += 1
                possible = list(changes(option, each_number=False))
                yield self._step("sheet", self.chance.choice(possible))

    def _proposal(self) -> Iterator[Step]:
        """What was proposed least often; anything that moves the party seldom, or nothing else would come up."""
        offers = [
            o for o in proposals.offers(self.state, self.content)
            if o.kind not in proposals.MOVERS or self.chance.random() < 0.2
        ]  # fmt: skip
        if not offers:
            return
        offer = self.chance.choices(offers, [self._weight(f"{o.kind}.{o.id}") for o in offers])[0]
        self.chosen[f"{offer.kind}.{offer.id}"] += 1
        wish = proposals.Proposal(offer.kind, offer.id, self.chance.choice((-1, 1)) * offer.most)
        yield self._step("proposal", proposals.command_of(wish, next(iter(self.state.heroes))))

    def _orders(self, who: str) -> tuple[dict[str, object], ...]:
        hero = self.state.heroes[who]
        able = [k for k in hero.abilities if k in self.content.abilities]
        return (
            {"use": self.chance.choice(able), "target": "weakest", "when": {"round_at_least": 2}},
            {"use": "attack", "target": self.chance.choice(("weakest", "front_row"))},
        )

    def _weight(self, what: str) -> float:
        return 1 / (1 + self.chosen[what]) ** 2

    def _pick(self, actions: list[LegalAction], who: str) -> cmd.Command:
        action = self.chance.choices(actions, [self._weight(f"{a.kind}.{a.id}") for a in actions])[0]
        self.chosen[f"{action.kind}.{action.id}"] += 1
        return command_of(action, who, self.chance)

    def _turn(self) -> Iterator[Step]:
        if self.state.encounter is not None:
            yield self._step("turn", self._in_fight())
            return
        wishes = tuple(self._in_scene(who) for who in self.state.heroes)
        first = wishes[0]
        if not engine.waits_for_party(first, self.state, self.content) and self.chance.random() < 0.3:
            yield self._step("deed", first)
        else:
            yield self._step("turn", *wishes)

    def _in_scene(self, who: str) -> cmd.Command:
        if self.chance.random() < 0.1:
            return self._free_text(who)
        open_now = [a for a in legal_actions(self.state, who, self.content) if a.enabled]
        return self._pick(open_now, who)

    def _in_fight(self) -> cmd.Command:
        state, chance = self.state, self.chance
        assert state.encounter is not None
        actor = state.encounter.actor.id
        if chance.random() < 0.15:
            who = chance.choice(list(state.heroes))
            if who in state.encounter.intents and chance.random() < 0.6:
                return clear_intent(state, who)
            lockable = [a for a in legal_actions(state, who, self.content) if a.lockable]
            if lockable:
                return cmd.LockIntent(who, self._pick(lockable, who).to_json())
        if chance.random() < 0.08:
            return self._free_text(actor)
        if chance.random() < 0.08:
            return standing_order(state, state.heroes[actor], self.content)
        open_now = [a for a in legal_actions(state, actor, self.content) if a.enabled]
        dying = {c.id for c in state.encounter.members("party") if c.is_hero and c.down}
        help_now = [a for a in open_now if a.kind == "help" and not dying.isdisjoint(t.id for t in a.targets)]
        if help_now and chance.random() < 0.3:
            return command_of(help_now[0], actor, chance)
        # Journeys and some parties give up more often, or few would turn back, and no party ever agree to surrender.
        gives_up = 0.3 if state.heading is not None or self.weary else 0.06
        kept = [a for a in open_now if a.kind not in GIVES_UP or chance.random() < gives_up]
        return self._pick(kept or open_now, actor)

    def _free_text(self, who: str) -> cmd.Command:
        stat = self.chance.choice((None, *SCORES))
        if self.chance.random() < 0.2:
            return cmd.RefuseClaim(who, "No.")
        return cmd.Improvise(who, "other", stat, self.chance.choice(sorted(BANDS)))
