"""What a hero may change on the sheet now, with prices, whom it may go to, and reasons for what is not possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.content.catalogue import Content
from api.content.definitions import ItemDef
from api.rules import commands as cmd
from api.rules import equipment, progress, shops
from api.rules.errors import RuleError
from api.rules.items import item_of, loose, name_of, room_for
from api.rules.legal.base import Target
from api.rules.sheet import MOST_AT_ONCE, ROWS, at_table
from api.rules.state import Hero, PlayState


@dataclass(frozen=True, slots=True)
class SheetOption:
    """One change of a sheet. `command` is the command as JSON for the first target and the number 1.

    `kind` is learn, respec, equip, unequip, give, give_gold, drop, pick_up, buy, sell or row. `id` names the skill,
    carried thing, slot or row; `shop` the shop of buy and sell. `targets` are the heroes it can go to (`to`). `most`
    is the greatest `quantity` (for give_gold: `amount`) that is legal for each target; `price` is gold for one (paid,
    or got for sell), for learn skill points. `detail` says shortly what it is. `enabled` false carries the `reason`.
    """

    kind: str
    id: str
    label: str
    command: dict[str, Any]
    targets: tuple[Target, ...] = ()
    most: int = 1
    price: int = 0
    shop: str = ""
    detail: str = ""
    enabled: bool = True
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "id": self.id, "label": self.label, "command": self.command,
            "targets": [{"id": t.id, "name": t.name} for t in self.targets], "most": self.most,
            "price": self.price, "shop": self.shop, "detail": self.detail, "enabled": self.enabled,
            "reason": self.reason,
        }  # fmt: skip


def sheet_options(state: PlayState, hero_id: str, content: Content) -> list[SheetOption]:
    """Everything that this hero could change, the possible first; what a fight forbids is there with its reason."""
    hero = state.heroes.get(hero_id)
    if hero is None:
        return []
    found = [
        *_skills(hero, content),
        *_gear(hero, content),
        *_giving(state, hero, content),
        *_cache(state, hero, content),
        *_trade(state, hero, content),
        *_rows(hero),
    ]
    if state.encounter is not None:
        found = [_refused(each, "There is a fight; that waits until it is over.") for each in found]
    return sorted(found, key=lambda each: not each.enabled)


def _refused(option: SheetOption, reason: str) -> SheetOption:
    values = {name: getattr(option, name) for name in SheetOption.__slots__}
    return SheetOption(**{**values, "enabled": False, "reason": reason})


def _option(
    kind: str, key: str, label: str, command: cmd.Command, reason: str | None = None, **more: Any
) -> SheetOption:
    return SheetOption(
        kind, key, label, command.to_json(), enabled=not reason, reason=reason or "", **more
    )  # fmt: skip


def _message(refusal: RuleError | None) -> str | None:
    return refusal.message if refusal is not None else None


def _skills(hero: Hero, content: Content) -> Iterator[SheetOption]:
    for key in progress.tree_of(hero, content):
        skill = content.skills[key]
        if key not in hero.skills:
            yield _option(
                "learn", key, skill.name, cmd.LearnSkill(hero.id, key),
                _message(progress.why_not_learn(hero, key, content)), price=skill.cost,
                detail=f"{skill.branch}: {skill.summary}",
            )  # fmt: skip
    if hero.skills:
        refusal = _message(progress.why_not_respec(hero))
        price = progress.respec_price(hero)
        yield _option("respec", "respec", "Start anew", cmd.Respec(hero.id), refusal, price=price)


def _gear(hero: Hero, content: Content) -> Iterator[SheetOption]:
    for carried in hero.inventory:
        item = item_of(content, carried)
        if item is None or item.worn_in is None or hero.equipment.get(item.worn_in) == carried:
            continue
        try:
            _after, slot, replaced = equipment.worn_after(hero, carried, "", content)
            reason = None
        except RuleError as refusal:
            slot, replaced, reason = item.worn_in, (), refusal.message
        off = ", ".join(name_of(content, each, hero.rolled) for each in replaced)
        detail = f"{slot}, instead of {off}" if off else slot
        label = name_of(content, carried, hero.rolled)
        yield _option("equip", carried, label, cmd.Equip(hero.id, carried), reason, detail=detail)
    for slot, carried in hero.equipment.items():
        try:
            equipment.bare_after(hero, slot, content)
            reason = None
        except RuleError as refusal:
            reason = refusal.message
        label = name_of(content, carried, hero.rolled)
        yield _option("unequip", slot, label, cmd.Unequip(hero.id, slot), reason, detail=slot)


def _giving(state: PlayState, hero: Hero, content: Content) -> Iterator[SheetOption]:
    friends = [h for h in state.heroes.values() if h.id != hero.id]
    if not friends:
        return
    for carried in hero.inventory:
        spare = min(loose(hero, carried), MOST_AT_ONCE)
        room = {h.id: min(spare, room_for(h, carried, content)) for h in friends}
        targets = tuple(Target(h.id, h.name) for h in friends if room[h.id] > 0)
        reason = None
        if spare < 1:
            reason = "It is worn; take it off first."
        elif not targets:
            reason = "Nobody has room for it."
        to = targets[0].id if targets else friends[0].id
        yield _option(
            "give", carried, name_of(content, carried, hero.rolled), cmd.GiveItem(hero.id, carried, to),
            reason, targets=targets, most=min((room[t.id] for t in targets), default=0),
        )  # fmt: skip
    everyone = tuple(Target(h.id, h.name) for h in friends)
    broke = None if hero.gold else f"{hero.name} has no gold."
    yield _option(
        "give_gold", "gold", "Give gold", cmd.GiveGold(hero.id, 1, everyone[0].id), broke,
        targets=everyone, most=hero.gold,
    )  # fmt: skip


def _cache(state: PlayState, hero: Hero, content: Content) -> Iterator[SheetOption]:
    if not at_table(state):
        return
    for carried in hero.inventory:
        spare = min(loose(hero, carried), MOST_AT_ONCE)
        reason = None if spare else "It is worn; take it off first."
        name = name_of(content, carried, hero.rolled)
        yield _option("drop", carried, name, cmd.DropItem(hero.id, carried), reason, most=spare)
    for carried, count in state.cache.items():
        room = min(count, MOST_AT_ONCE, room_for(hero, carried, content))
        reason = None if room else f"{hero.name}'s bag has no room for it."
        name = name_of(content, carried, state.cached_rolls)
        yield _option("pick_up", carried, name, cmd.TakeFromCache(hero.id, carried), reason, most=room)


def _trade(state: PlayState, hero: Hero, content: Content) -> Iterator[SheetOption]:
    for key in shops.shops_here(state, content):
        shop = content.shops[key]
        standing = shops.standing_with(state, shop, content)
        for line in shop.stock:
            item = content.items.get(line.item)
            if item is None:
                continue
            price = shops.price_to_buy(state, shop, line, content)
            room = room_for(hero, line.item, content)
            reason = None
            if standing < line.min_reputation:
                reason = f"{shop.keeper} sells it only to those of better repute."
            elif price > hero.gold:
                reason = f"It costs {price} gold; {hero.name} has {hero.gold}."
            elif not room:
                reason = f"{hero.name}'s bag has no room for it."
            yield _option(
                "buy", line.item, item.name, cmd.Buy(hero.id, key, line.item), reason, price=price, shop=key,
                most=0 if reason else min(room, hero.gold // price, MOST_AT_ONCE), detail=_what(item),
            )  # fmt: skip
        for carried in hero.inventory:
            sold = item_of(content, carried)
            if sold is None or sold.kind == "key":
                continue
            price = shops.price_to_sell(state, hero, shop, carried, content)
            spare = min(loose(hero, carried), MOST_AT_ONCE)
            reason = None
            if not spare:
                reason = "It is worn; take it off first."
            elif not price:
                reason = f"{shop.keeper} gives nothing for it."
            yield _option(
                "sell", carried, name_of(content, carried, hero.rolled), cmd.Sell(hero.id, key, carried), reason,
                price=price, shop=key, most=0 if reason else spare, detail=_what(sold),
            )  # fmt: skip


def _what(item: ItemDef) -> str:
    """In a few words: 'weapon, 1d6', 'armour, defence +2'."""
    bonuses = [f"{stat} {amount:+d}" for stat, amount in item.bonuses.items()]
    return ", ".join([item.kind, *([item.damage] if item.damage else []), *bonuses])


def _rows(hero: Hero) -> Iterator[SheetOption]:
    for row in ROWS:
        if row != hero.row:
            yield _option("row", row, f"Fight in the {row} row", cmd.SetRow(hero.id, row))
