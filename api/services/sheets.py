"""Changing a hero's own sheet: skills, gear, bag, trade, row, standing orders. It takes no turn and no time.

A hero at a running table changes it in the session's own commit, so that the party sees it and a replay knows of it;
one without a table changes only the own document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.content.catalogue import Content
from api.errors import GameRefusal, Invalid
from api.rules import commands as cmd
from api.rules.dice import KeyedDice
from api.rules.equipment import sheet_from_document
from api.rules.errors import RuleError
from api.rules.legal import sheet_options
from api.rules.replay import Step
from api.rules.sheet import alone, resolve_sheet
from api.rules.state import Hero, PlayState
from api.services import game_log, sheet_views
from api.services.characters import owned_character
from api.services.deps import Actor, Deps, retrying
from api.services.idempotency import IdempotencyKey
from api.services.table import Json, Table
from api.services.tiers import require_item
from api.store.port import Change, Document, Update

View = Callable[[PlayState, Hero, Content], Json]
VIEWS: dict[str, View] = {
    "skills": sheet_views.skills_view,
    "equipment": sheet_views.equipment_view,
    "inventory": sheet_views.inventory_view,
}
KINDS: dict[str, tuple[str, ...]] = {
    "skills": sheet_views.SKILL_KINDS,
    "equipment": (*sheet_views.EQUIPMENT_KINDS, "orders"),
    "inventory": sheet_views.INVENTORY_KINDS,
}


@dataclass(frozen=True, slots=True)
class SheetWish:
    """What a client sends: see `docs/wire.md`, sheet changes. `quantity` is gold for give_gold."""

    kind: str
    id: str = ""
    slot: str = ""
    to: str = ""
    shop: str = ""
    quantity: int = 1
    orders: tuple[dict[str, Any], ...] = ()


def show_part(deps: Deps, actor: Actor, character_id: str, part: str) -> Json:
    """The `part` (skills, equipment, inventory) of the asker's hero, with what can be changed now. Raises NotFound."""
    _table, state = _where(deps, actor, character_id)
    return VIEWS[part](state, state.hero(character_id), deps.content)


def change_part(
    deps: Deps, actor: Actor, character_id: str, part: str, wish: SheetWish, key: IdempotencyKey,
    revision: int | None = None,
) -> Json:  # fmt: skip
    """Make one change, to that `revision` alone where one is given; returns its events and the part as it then is.

    Raises NotFound, StaleRevision, Invalid, TierNeeded, GameRefusal with the code of the rules and what is legal,
    LostRace.
    """
    command = _command(character_id, part, wish)

    def attempt() -> Json:
        earlier = key.earlier(deps)
        if earlier is None:
            if isinstance(command, cmd.Buy) and (wanted := deps.content.items.get(command.item)) is not None:
                require_item(deps, actor.require_user(), wanted)
            table, state = _where(deps, actor, character_id, "character.change", revision)
            earlier = {"events": _resolve(deps, table, state, command, wish.kind, key)}
        return {**earlier, part: show_part(deps, actor, character_id, part)}

    return retrying(attempt)


def _where(
    deps: Deps, actor: Actor, character_id: str, right: str = "character.read", revision: int | None = None
) -> tuple[Table | Document, PlayState]:
    return place_of(deps, owned_character(deps, actor, character_id, right, revision))


def place_of(deps: Deps, character: Document) -> tuple[Table | Document, PlayState]:
    """The running table at which the hero sits, with its state; else the hero's document, and the hero alone."""
    if character.body["seated_in"]:
        table = Table.load(deps, character.body["seated_in"])
        if table.body["world"]:
            return table, table.state()
    hero = sheet_from_document({**character.body, "id": character.id}, deps.content)
    return character, alone(hero)


def _resolve(
    deps: Deps,
    place: Table | Document,
    state: PlayState,
    command: cmd.Command,
    kind: str,
    key: IdempotencyKey,
) -> list[Json]:
    try:
        done = change_sheet(deps, place, state, command)
    except RuleError as error:
        options = sheet_options(state, command.actor, deps.content)
        raise GameRefusal(
            error.code, error.message, legal=sheet_views.option_views(options, (kind,))
        ) from error
    done.commit(*key.changes(deps, {"events": done.events}))
    return done.events


@dataclass(frozen=True, slots=True)
class SheetChange:
    """A change of a sheet that was resolved and not committed yet."""

    deps: Deps
    place: Table | Document
    hero_id: str
    before: PlayState
    after: PlayState
    events: list[Json]

    def commit(self, *beside: Change, **told: Any) -> None:
        """In the session's own commit where the hero sits at a table, whose feed tells it. Raises Conflict."""
        place = self.place
        if isinstance(place, Document):
            after = {**place.body, **self.after.hero(self.hero_id).to_json()}
            self.deps.store.commit([Update("characters", place.id, place.revision, after), *beside])
            return
        place.save_state(self.after)
        place.body["last_activity"] = self.deps.clock.iso()
        name = self.before.hero(self.hero_id).name
        place.emit(
            "sheet_changed", character_id=self.hero_id, character_name=name, events=self.events, **told
        )
        place.add(*beside)
        place.commit()


def change_sheet(deps: Deps, place: Table | Document, state: PlayState, command: cmd.Command) -> SheetChange:
    """Resolve one sheet command and note it in the log of the open turn. Raises RuleError; commits nothing."""
    turn = place.open_turn() if isinstance(place, Table) else None
    dice = place.dice(turn) if isinstance(place, Table) and turn else KeyedDice(command.actor, 0)
    at = dice.index
    done = resolve_sheet(state, command, dice, deps.content)
    if isinstance(place, Table) and turn is not None:
        game_log.record(place, turn, state, Step("sheet", at, (command.to_json(),)))
        turn["dice_index"] = dice.index
    return SheetChange(deps, place, command.actor, state, done.state, [e.to_json() for e in done.events])


def _command(hero_id: str, part: str, wish: SheetWish) -> cmd.Command:
    """Raises Invalid for a kind that is not of this part, or that lacks a field."""
    if wish.kind not in KINDS[part]:
        raise Invalid("kind", f"must be one of {', '.join(KINDS[part])}")
    for field in _NEEDED.get(wish.kind, ("id",)):
        if not getattr(wish, field):
            raise Invalid(field, f"is needed for kind '{wish.kind}'")
    match wish.kind:
        case "learn":
            return cmd.LearnSkill(hero_id, wish.id)
        case "respec":
            return cmd.Respec(hero_id)
        case "equip":
            return cmd.Equip(hero_id, wish.id, wish.slot)
        case "unequip":
            return cmd.Unequip(hero_id, wish.id)
        case "row":
            return cmd.SetRow(hero_id, wish.id)
        case "orders":
            return cmd.SetOrders(hero_id, wish.orders)
        case "give":
            return cmd.GiveItem(hero_id, wish.id, wish.to, wish.quantity)
        case "give_gold":
            return cmd.GiveGold(hero_id, wish.quantity, wish.to)
        case "drop":
            return cmd.DropItem(hero_id, wish.id, wish.quantity)
        case "pick_up":
            return cmd.TakeFromCache(hero_id, wish.id, wish.quantity)
        case "buy":
            return cmd.Buy(hero_id, wish.shop, wish.id, wish.quantity)
    return cmd.Sell(hero_id, wish.shop, wish.id, wish.quantity)


_NEEDED: dict[str, tuple[str, ...]] = {
    "respec": (),
    "orders": (),
    "give": ("id", "to"),
    "give_gold": ("to",),
    "buy": ("id", "shop"),
    "sell": ("id", "shop"),
}
