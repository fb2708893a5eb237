"""Commands by which players change their own sheets: they take no turn and no time (`docs/rules.md`, Sheets)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError

from api.content.catalogue import Content
from api.content.definitions import Row, Tactic
from api.rules import commands as cmd
from api.rules import equipment, progress, shops
from api.rules import events as ev
from api.rules.dice import Dice
from api.rules.errors import (
    BadValue,
    BagFull,
    DoneAlready,
    IllegalAction,
    InFight,
    NoTable,
    NotCarried,
    NotEnoughGold,
    StillWorn,
    UnknownTarget,
)
from api.rules.figures import effective_stats
from api.rules.items import name_of, require_loose, room_for
from api.rules.resolution import Resolution
from api.rules.state import START_CLOCK, Hero, PlayState

MOST_AT_ONCE = 99
MOST_ORDERS = 8
MOST_CORRECTED = 1_000_000
ROWS: tuple[str, ...] = get_args(Row)
PLAIN_ORDERS = frozenset({"attack", "defend", "move_front", "move_back", "flee", "pass"})


@dataclass(frozen=True, slots=True)
class SheetResolved:
    """What a sheet command did: folding `events` over the state before gives `state`."""

    state: PlayState
    events: tuple[ev.Event, ...]


def alone(hero: Hero) -> PlayState:
    """The state of a hero who sits at no table: no campaign, no place, no cache."""
    return PlayState("", "", (), frozenset(), {}, (), START_CLOCK, 0, {hero.id: hero})


def at_table(state: PlayState) -> bool:
    """Whether there is a party with a cache, rather than one hero alone with the sheet."""
    return bool(state.campaign)


def is_sheet_command(command: cmd.Command) -> bool:
    """Whether `resolve_sheet` knows this kind of command."""
    return type(command) in _PERFORM


def resolve_sheet(state: PlayState, command: cmd.Command, dice: Dice, content: Content) -> SheetResolved:
    """Resolve one sheet command. Raises RuleError with a code of its own for each refusal; then nothing has changed."""
    perform = _PERFORM.get(type(command))
    if perform is None:
        raise IllegalAction("That changes no sheet; it is a deed for the story.")
    hero = state.hero(command.actor)
    if state.encounter is not None:
        raise InFight(f"{hero.name} is in a fight; sheets are changed before or after it.")
    res = Resolution(state, dice, content)
    perform(res, hero, command)
    return SheetResolved(res.state, tuple(res.events))


def _learn(res: Resolution, hero: Hero, command: cmd.LearnSkill) -> None:
    progress.learn(res, hero.id, command.skill)


def _respec(res: Resolution, hero: Hero, command: cmd.Respec) -> None:
    progress.respec(res, hero.id)


def _equip(res: Resolution, hero: Hero, command: cmd.Equip) -> None:
    equipment.wear(res, hero.id, command.item, command.slot)


def _unequip(res: Resolution, hero: Hero, command: cmd.Unequip) -> None:
    equipment.take_off(res, hero.id, command.slot)


def _friend(res: Resolution, hero: Hero, to: str) -> Hero:
    others = [h for h in res.state.heroes.values() if h.id != hero.id]
    if not others:
        raise NoTable(f"Nobody sits here with {hero.name}.")
    friend = next((h for h in others if h.id == to), None)
    if friend is None:
        names = ", ".join(f"{h.name} ({h.id})" for h in others)
        raise UnknownTarget(f"'{to}' is nobody to give to; choose one of: {names}.")
    return friend


def _quantity(wanted: int, spare: int, name: str) -> int:
    # A command from a client's JSON may hold anything; True is an int and 2.0 compares like one.
    if type(wanted) is not int or not 1 <= wanted <= MOST_AT_ONCE:
        raise BadValue(f"The number must be 1 to {MOST_AT_ONCE}.")
    if wanted > spare:
        raise NotCarried(f"There {'is' if spare == 1 else 'are'} {spare} of {name}.")
    return wanted


def _parted(res: Resolution, hero: Hero, carried: str, quantity: int) -> str:
    """Check that so many can leave the bag; returns the name. Raises NotCarried, StillWorn, BadValue."""
    spare = require_loose(hero, carried, res.content)
    name = name_of(res.content, carried, hero.rolled)
    if spare < 1:
        raise StillWorn(f"{hero.name} wears {name}; take it off first.")
    _quantity(quantity, spare, name)
    return name


def _require_room(hero: Hero, carried: str, quantity: int, content: Content) -> None:
    room = room_for(hero, carried, content)
    if quantity > room:
        raise BagFull(f"{hero.name}'s bag has room for {room} of that.")


def _give_item(res: Resolution, hero: Hero, command: cmd.GiveItem) -> None:
    friend = _friend(res, hero, command.to)
    name = _parted(res, hero, command.item, command.quantity)
    _require_room(friend, command.item, command.quantity, res.content)
    res.emit(
        ev.ItemHanded(hero.id, hero.name, friend.id, friend.name, command.item, name, command.quantity)
    )  # fmt: skip


def _give_gold(res: Resolution, hero: Hero, command: cmd.GiveGold) -> None:
    friend = _friend(res, hero, command.to)
    amount = command.amount
    if type(amount) is not int or amount < 1:
        raise BadValue("The amount must be at least 1 gold.")
    if amount > hero.gold:
        raise NotEnoughGold(f"{hero.name} has {hero.gold} gold.")
    res.emit(
        ev.GoldHanded(
            hero.id, hero.name, friend.id, friend.name, amount, hero.gold - amount, friend.gold + amount
        )
    )  # fmt: skip


def _require_cache(res: Resolution, hero: Hero) -> None:
    if not at_table(res.state):
        raise NoTable(f"{hero.name} sits at no table, and only a party has a cache.")


def _drop(res: Resolution, hero: Hero, command: cmd.DropItem) -> None:
    _require_cache(res, hero)
    name = _parted(res, hero, command.item, command.quantity)
    res.emit(ev.ItemDropped(hero.id, hero.name, command.item, name, command.quantity))


def _pick_up(res: Resolution, hero: Hero, command: cmd.TakeFromCache) -> None:
    _require_cache(res, hero)
    name = name_of(res.content, command.item, res.state.cached_rolls)
    there = res.state.cache.get(command.item, 0)
    if not there:
        raise NotCarried(f"The cache holds no '{name}'.")
    _quantity(command.quantity, there, name)
    _require_room(hero, command.item, command.quantity, res.content)
    res.emit(ev.ItemPickedUp(hero.id, hero.name, command.item, name, command.quantity))


def _buy(res: Resolution, hero: Hero, command: cmd.Buy) -> None:
    _quantity(command.quantity, MOST_AT_ONCE, "that")
    shops.buy(res, hero.id, command.shop, command.item, command.quantity)


def _sell(res: Resolution, hero: Hero, command: cmd.Sell) -> None:
    _quantity(command.quantity, MOST_AT_ONCE, "that")
    shops.sell(res, hero.id, command.shop, command.item, command.quantity)


def _correct_gold(res: Resolution, hero: Hero, command: cmd.CorrectGold) -> None:
    amount = command.amount
    if type(amount) is not int or amount == 0 or abs(amount) > MOST_CORRECTED:
        raise BadValue(f"The amount must be 1 to {MOST_CORRECTED} gold, or as much below 0.")
    if hero.gold + amount < 0:
        raise NotEnoughGold(f"{hero.name} has {hero.gold} gold.")
    res.change_gold(hero.id, amount)


def _correct_item(res: Resolution, hero: Hero, command: cmd.CorrectItem) -> None:
    quantity = command.quantity
    if type(quantity) is not int or quantity == 0 or abs(quantity) > MOST_AT_ONCE:
        raise BadValue(f"The number must be 1 to {MOST_AT_ONCE}, or as much below 0.")
    if quantity < 0:
        name = _parted(res, hero, command.item, -quantity)
        res.emit(ev.ItemLost(hero.id, hero.name, command.item, name, -quantity, "taken"))
        return
    if command.item not in res.content.items:
        raise UnknownTarget(f"'{command.item}' is no item.")
    _require_room(hero, command.item, quantity, res.content)
    res.give(hero.id, command.item, quantity)


def _set_row(res: Resolution, hero: Hero, command: cmd.SetRow) -> None:
    if command.row not in ROWS:
        raise BadValue(f"The row must be one of: {', '.join(ROWS)}.")
    if command.row == hero.row:
        raise DoneAlready(f"{hero.name} stands in the {hero.row} row already.")
    res.emit(ev.RowChosen(hero.id, hero.name, command.row))


def _set_orders(res: Resolution, hero: Hero, command: cmd.SetOrders) -> None:
    if len(command.orders) > MOST_ORDERS:
        raise BadValue(f"At most {MOST_ORDERS} standing orders.")
    can = orders_for(hero, res.content)
    written: list[dict[str, Any]] = []
    for number, raw in enumerate(command.orders, start=1):
        try:
            tactic = Tactic.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            problem = first["msg"].replace("Input should be", "should be")
            at = f"Order {number}, {where}" if where else f"Order {number}"
            raise BadValue(f"{at}: {problem}.") from error
        if tactic.use not in can:
            raise BadValue(f"Order {number}: {hero.name} can do one of: {', '.join(sorted(can))}.")
        written.append(tactic.model_dump(mode="json", exclude_defaults=True))
    res.emit(ev.OrdersSet(hero.id, hero.name, tuple(written)))


def orders_for(hero: Hero, content: Content) -> frozenset[str]:
    """What a standing order of this hero may `use`: plain actions, own abilities, consumables that are carried."""
    carried = {k for k in hero.inventory if k in content.items and content.items[k].use is not None}
    return PLAIN_ORDERS | set(effective_stats(hero, content).abilities) | carried


_PERFORM: dict[type[cmd.Command], Any] = {
    cmd.LearnSkill: _learn,
    cmd.Respec: _respec,
    cmd.Equip: _equip,
    cmd.Unequip: _unequip,
    cmd.GiveItem: _give_item,
    cmd.GiveGold: _give_gold,
    cmd.DropItem: _drop,
    cmd.TakeFromCache: _pick_up,
    cmd.Buy: _buy,
    cmd.Sell: _sell,
    cmd.CorrectGold: _correct_gold,
    cmd.CorrectItem: _correct_item,
    cmd.SetRow: _set_row,
    cmd.SetOrders: _set_orders,
}
