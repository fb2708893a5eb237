"""What is found: loot tables, affixes and handing round (`docs/rules.md`, Loot)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from api.content.catalogue import Content
from api.content.definitions import ItemDef, LootLine, LootTableDef, Rarity
from api.rules.dice import Dice
from api.rules.items import receive
from api.rules.state import PlayState, RolledItem

if TYPE_CHECKING:
    from api.rules.resolution import Resolution

RARITIES: tuple[str, ...] = get_args(Rarity)
MOST_OF_A_KIND = 2
TOKEN_LENGTH = 12
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Found:
    """One find: things of one carried id, or (with an empty `item`) `gold`."""

    item: str = ""
    quantity: int = 0
    rolled: RolledItem | None = None
    gold: int = 0


def roll_table(res: Resolution, table: str, level: int) -> list[Found]:
    """What a table gives at a level from 1 to 20: its guaranteed lines, then its draws by weight, with replacement."""
    definition = res.content.loot_tables[table]
    open_now = lines_at(definition, level)
    found: list[Found] = []
    for line in open_now:
        if line.guaranteed:
            found += _take(res, definition, line, level, found)
    drawn = [line for line in open_now if not line.guaranteed and line.weight > 0]
    for _ in range(definition.draws if drawn else 0):
        line = drawn[_by_weight([line.weight for line in drawn], res.dice)]
        found += _take(res, definition, line, level, found)
    return found


def lines_at(table: LootTableDef, level: int) -> list[LootLine]:
    """The lines whose level band holds this level."""
    return [line for line in table.lines if line.levels[0] <= level <= line.levels[1]]


def _by_weight(weights: Sequence[int], dice: Dice) -> int:
    """An index; each is drawn as often as its weight says."""
    face = dice.roll(sum(weights))
    for index, weight in enumerate(weights):
        face -= weight
        if face <= 0:
            return index
    raise AssertionError("a die showed more than its sides")


def _between(bounds: tuple[int, int], dice: Dice) -> int:
    least, most = bounds
    return least + dice.roll(most - least + 1) - 1 if most > least else least


def _take(
    res: Resolution, table: LootTableDef, line: LootLine, level: int, before: list[Found]
) -> list[Found]:
    gold = _between(line.gold, res.dice)
    found = [Found(gold=gold)] if gold else []
    if line.item is None:
        return found
    quantity = _between(line.quantity, res.dice)
    item = res.content.items[line.item]
    if item.worn_in is None or not any(table.quality):
        return [*found, Found(line.item, quantity)] if quantity else found
    for _ in range(quantity):
        found.append(_find(res, table, line.item, level, [*before, *found]))
    return found


def _find(res: Resolution, table: LootTableDef, key: str, level: int, before: list[Found]) -> Found:
    """One thing to wear, as good as the table's quality makes it."""
    rolled = roll_item(res.content, res.dice, key, _quality(table.quality, res.dice), level)
    if rolled is None:
        return Found(key, 1)
    taken = _tokens_in_use(res.state) | {each.item for each in before}
    return Found(fresh_id(key, res.dice, taken), 1, rolled)


def _quality(chances: tuple[int, int, int, int], dice: Dice) -> int:
    """How many affixes: 4 for the rarest, 0 for the common."""
    face = dice.roll(100)
    for count in (4, 3, 2, 1):
        face -= chances[count - 1]
        if face <= 0:
            return count
    return 0


def roll_item(content: Content, dice: Dice, key: str, count: int, level: int) -> RolledItem | None:
    """The item with `count` affixes that fit its slot and level, two of a kind at most; None when none fits.

    Its rarity follows from the affixes that it got, but is never below the item's own.
    """
    item = content.items[key]
    chosen: list[str] = []
    for _ in range(count):
        fitting = fitting_affixes(content, item, level, chosen)
        if not fitting:
            break
        chosen.append(fitting[_by_weight([content.affixes[k].weight for k in fitting], dice)])
    if not chosen:
        return None
    rarity = RARITIES[max(len(chosen), RARITIES.index(item.rarity))]
    return RolledItem(key, rarity, tuple(chosen), rolled_name(content, item, chosen))


def fitting_affixes(content: Content, item: ItemDef, level: int, chosen: Sequence[str]) -> list[str]:
    """Affixes that the item can still get, by key."""
    kinds = [content.affixes[k].kind for k in chosen]
    return [
        key
        for key, affix in content.affixes.items()
        if item.worn_in in affix.slots
        and affix.levels[0] <= level <= affix.levels[1]
        and key not in chosen
        and kinds.count(affix.kind) < MOST_OF_A_KIND
    ]


def rolled_name(content: Content, item: ItemDef, affixes: Iterable[str]) -> str:
    """The item's name in the patterns of its affixes: prefixes first, each in the order drawn."""
    name = item.name
    for key in sorted(affixes, key=lambda k: content.affixes[k].kind):
        name = content.affixes[key].pattern.replace("{item}", name)
    return name


def fresh_id(key: str, dice: Dice, taken: set[str]) -> str:
    """A carried id for a find: the item's key and twelve letters from the dice, never one that is in use."""
    value = 0
    for _ in range(TOKEN_LENGTH):
        value = value * len(_LETTERS) + dice.roll(len(_LETTERS)) - 1
    while (carried := f"{key}~{_token(value)}") in taken:
        value = (value + 1) % len(_LETTERS) ** TOKEN_LENGTH
    return carried


def _token(value: int) -> str:
    letters = []
    for _ in range(TOKEN_LENGTH):
        value, rest = divmod(value, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(reversed(letters))


def _tokens_in_use(state: PlayState) -> set[str]:
    return {carried for hero in state.heroes.values() for carried in hero.rolled} | set(state.cached_rolls)


def hand_out(res: Resolution, heroes: Sequence[str], found: Iterable[Found]) -> None:
    """Things go round in the order of `heroes` (ids); gold is shared evenly, the rest goes to the first."""
    finds = list(found)
    gold = sum(each.gold for each in finds)
    for index, hero_id in enumerate(heroes):
        res.change_gold(hero_id, gold // len(heroes) + (gold % len(heroes) if index == 0 else 0))
    things = [each for each in finds if each.item and each.quantity > 0]
    for index, each in enumerate(things):
        receive(res, heroes[index % len(heroes)], each.item, each.quantity, each.rolled)
