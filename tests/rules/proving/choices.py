"""Commands that the rules say are legal, and commands at random, of which the rules must say what they are."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules.checks import BANDS
from api.rules.encounters.intents import LOCKABLE
from api.rules.equipment import SLOTS
from api.rules.figures import SCORES
from api.rules.items import item_of
from api.rules.legal import LegalAction, SheetOption, legal_actions, sheet_options
from api.rules.sheet import is_sheet_command
from api.rules.state import PlayState
from tests.rules.play import command_of

AIMED = ("enemy", "ally")


def commands_for(action: LegalAction, who: str) -> list[cmd.Command]:
    """The command of a listed action at each of its targets."""
    made = command_of(replace(action, targets=()), who, random.Random(0))
    field = {
        "talk": "person",
        "item": "target",
        "ability": "target",
        "attack": "target",
        "help": "target",
    }.get(action.kind)
    if field is None or not action.targets:
        return [made]
    return [replace(made, **{field: target.id}) for target in action.targets]


def canonical(command: cmd.Command, state: PlayState, content: Content) -> str:
    """The command as text, without what it does not need: a target for what needs none, a slot that goes unsaid."""
    raw = command.to_json()
    if isinstance(command, cmd.UseAbility):
        known = content.abilities.get(command.ability)
        if known is not None and known.target not in AIMED:
            raw["target"] = ""
    elif isinstance(command, cmd.UseItem):
        item = item_of(content, command.item)
        if item is not None and item.target not in (AIMED if state.encounter else ("ally",)):
            raw["target"] = ""
        elif not state.encounter and not command.target:
            raw["target"] = command.actor
    elif isinstance(command, cmd.Equip):
        item = item_of(content, command.item)
        if item is not None and item.worn_in == command.slot:
            raw["slot"] = ""
    elif isinstance(command, cmd.Pass):
        raw["reason"] = ""
    elif isinstance(command, cmd.LockIntent):
        inner = cmd.command_from_json(command.action)
        raw["action"] = canonical(inner, state, content)
    return json.dumps(raw, sort_keys=True)


def listed(state: PlayState, who: str, content: Content) -> set[str]:
    """Every command of this hero that the lists of legal actions and sheet options say is legal, as canonical text."""
    found: set[str] = set()
    for action in legal_actions(state, who, content):
        if not action.enabled and not action.lockable:
            continue
        for command in commands_for(action, who):
            if action.enabled:
                found.add(canonical(command, state, content))
            if action.lockable:
                locked = cmd.LockIntent(who, command.to_json())
                found.add(canonical(locked, state, content))
    for option in sheet_options(state, who, content):
        if option.enabled:
            found |= {canonical(each, state, content) for each in changes(option)}
    return found


def changes(option: SheetOption, *, each_number: bool = True) -> Iterator[cmd.Command]:
    """The command of a sheet option for each target and number (or only for 1 and the most)."""
    raw = option.command
    counted = next((name for name in ("quantity", "amount") if name in raw), None)
    numbers = range(1, option.most + 1) if each_number else sorted({1, option.most})
    for target in option.targets or (None,):
        for number in numbers if counted else (1,):
            extra: dict[str, Any] = {counted: number} if counted else {}
            if target is not None:
                extra["to"] = target.id
            yield cmd.command_from_json({**raw, **extra})


def always_legal(command: cmd.Command, state: PlayState) -> bool | None:
    """What no list names, since it comes from free text or is taken back: legal or not; None where a list decides."""
    if state.ending is not None:
        return None if is_sheet_command(command) else False
    fighting = state.encounter
    if isinstance(command, cmd.ClearIntent):
        return fighting is not None and command.actor in fighting.intents
    if isinstance(command, cmd.Improvise):
        known = (command.stat is None or command.stat in SCORES) and command.band in BANDS
        return known and (fighting is None or _moment_of(state, command.actor))
    if isinstance(command, cmd.RefuseClaim) or (isinstance(command, cmd.Talk) and not command.person):
        if isinstance(command, cmd.Talk):
            return fighting is None
        return fighting is None or _moment_of(state, command.actor)
    return None


def _moment_of(state: PlayState, who: str) -> bool:
    assert state.encounter is not None
    return state.encounter.actor.id == who and state.encounter.actor.standing


def anything(state: PlayState, content: Content, who: str, chance: random.Random) -> cmd.Command:
    """A command of any kind with anything in it: mostly things that exist, seldom such as are legal now."""
    kind = chance.choice(sorted(_MADE))
    if chance.random() < 0.5:  # half of the time one that has to do with what goes on
        fit = _FIGHT if state.encounter is not None else _SCENE
        kind = chance.choice(fit)
    return _MADE[kind](_Pool(state, content, who, chance))


class _Pool:
    """What a random command is filled from."""

    def __init__(self, state: PlayState, content: Content, who: str, chance: random.Random) -> None:
        self.state, self.content, self.who, self.chance = state, content, who, chance
        self.hero = state.heroes[who]

    def of(self, *several: Any) -> str:
        return str(
            self.chance.choice([*dict.fromkeys(str(s) for one in several for s in one), "no_such", ""])
        )

    def number(self) -> int:
        return self.chance.choice((1, 1, 2, 3, 0, -1, 98, 100, 10**9))

    @property
    def somebody(self) -> str:
        fighters = self.state.encounter.combatants if self.state.encounter else ()
        return self.of(self.state.heroes, fighters)

    @property
    def friend(self) -> str:
        return self.of(self.state.heroes)

    @property
    def thing(self) -> str:
        if self.chance.random() < 0.2:
            return self.of(self.content.items)
        return self.of(self.hero.inventory, self.hero.inventory, self.state.cache)

    @property
    def ability(self) -> str:
        known = self.hero.abilities
        if self.state.encounter and self.who in self.state.encounter.combatants:
            known = self.state.encounter.combatants[self.who].abilities
        return self.of(self.content.abilities) if self.chance.random() < 0.1 else self.of(known)

    @property
    def person(self) -> str:
        scene = self.content.scenes[self.state.scene]
        return self.of((p.key for p in scene.people), scene.npcs, self.content.npcs)

    @property
    def affordance(self) -> str:
        return self.of(a.key for a in self.content.scenes[self.state.scene].affordances)

    @property
    def shop(self) -> str:
        here = self.content.locations.get(self.state.location or "")
        return self.of(here.shops if here else (), self.content.shops)

    @property
    def stock(self) -> str:
        lines = (line.item for shop in self.content.shops.values() for line in shop.stock)
        return self.of(lines)

    def row(self) -> str:
        return self.of(("front", "back"))


_MADE: Mapping[str, Callable[[_Pool], cmd.Command]] = {
    "affordance": lambda p: cmd.UseAffordance(p.who, p.affordance),
    "talk": lambda p: cmd.Talk(p.who, p.person),
    "improvise": lambda p: cmd.Improvise(p.who, "other", p.of(SCORES) or None, p.of(BANDS)),
    "refuse": lambda p: cmd.RefuseClaim(p.who, "No."),
    "rest": lambda p: cmd.Rest(p.who, p.of(("short", "long"))),
    "item": lambda p: cmd.UseItem(p.who, p.thing, p.somebody),
    "pass": lambda p: cmd.Pass(p.who),
    "travel": lambda p: cmd.Travel(p.who, p.of(p.content.locations)),
    "downtime": lambda p: cmd.Downtime(p.who, p.of(p.content.downtime)),
    "help": lambda p: cmd.Help(p.who, p.somebody),
    "ability": lambda p: cmd.UseAbility(p.who, p.ability, p.somebody),
    "defend": lambda p: cmd.Defend(p.who),
    "flee": lambda p: cmd.Flee(p.who),
    "attack": lambda p: cmd.Attack(p.who, p.somebody),
    "move_row": lambda p: cmd.MoveRow(p.who, p.row()),
    "parley": lambda p: cmd.Parley(p.who),
    "surrender": lambda p: cmd.Surrender(p.who),
    "lock": lambda p: cmd.LockIntent(p.who, _lockable(p).to_json()),
    "clear": lambda p: cmd.ClearIntent(p.who),
    "learn": lambda p: cmd.LearnSkill(p.who, p.of(p.content.skills)),
    "respec": lambda p: cmd.Respec(p.who),
    "equip": lambda p: cmd.Equip(p.who, p.thing, p.of(SLOTS) if p.chance.random() < 0.3 else ""),
    "unequip": lambda p: cmd.Unequip(p.who, p.of(SLOTS)),
    "give": lambda p: cmd.GiveItem(p.who, p.thing, p.friend, p.number()),
    "gold": lambda p: cmd.GiveGold(p.who, p.number(), p.friend),
    "drop": lambda p: cmd.DropItem(p.who, p.thing, p.number()),
    "pick_up": lambda p: cmd.TakeFromCache(p.who, p.of(p.state.cache, p.content.items), p.number()),
    "buy": lambda p: cmd.Buy(p.who, p.shop, p.stock, p.number()),
    "sell": lambda p: cmd.Sell(p.who, p.shop, p.thing, p.number()),
    "set_row": lambda p: cmd.SetRow(p.who, p.row()),
}
_FIGHT = (
    "ability",
    "ability",
    "item",
    "attack",
    "help",
    "move_row",
    "flee",
    "parley",
    "surrender",
    "lock",
    "clear",
)
_SCENE = ("affordance", "talk", "rest", "item", "travel", "downtime", "help", "equip", "give", "buy", "sell")


def _lockable(pool: _Pool) -> cmd.Command:
    kinds = (
        "ability",
        "ability",
        "item",
        "attack",
        "help",
        "move_row",
        "flee",
        "defend",
        "parley",
        "surrender",
    )
    made = _MADE[pool.chance.choice(kinds)](pool)
    assert isinstance(made, LOCKABLE)
    return made
