"""What a client's action means: the command behind it, and how it reads in the log (`docs/wire.md`, action)."""

from __future__ import annotations

from dataclasses import dataclass

from api.errors import Invalid
from api.rules import commands as cmd
from api.rules import people, rest, travel
from api.rules.items import name_of
from api.rules.legal import LegalAction, legal_actions
from api.rules.state import PlayState
from api.services.table import Table

OUTSIDE_FIGHTS = ("affordance", "talk", "travel", "rest", "downtime")
IN_FIGHTS = ("attack", "ability", "defend", "row", "flee", "parley", "surrender")
STRUCTURED = (*OUTSIDE_FIGHTS, *IN_FIGHTS, "item", "help", "pass")
WITH_ID = ("affordance", "item", "ability", "travel", "downtime", "row")
WITH_TARGET = ("attack", "help")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client sends: see `docs/wire.md`, action. `seen_turn` is the turn number that the player was shown."""

    character_id: str
    kind: str
    text: str = ""
    id: str = ""
    target: str = ""
    seen_turn: int | None = None


def structured_command(wish: Wish) -> cmd.Command:
    """The command that a button means. Raises Invalid for a kind that does not exist or lacks its id or target."""
    who = wish.character_id
    if wish.kind in WITH_ID and not wish.id:
        raise Invalid("id", f"is needed for kind '{wish.kind}'")
    if wish.kind in WITH_TARGET and not wish.target:
        raise Invalid("target", f"is needed for kind '{wish.kind}'")
    match wish.kind:
        case "affordance":
            return cmd.UseAffordance(who, wish.id)
        case "talk":
            return cmd.Talk(who, wish.target)
        case "travel":
            return cmd.Travel(who, wish.id)
        case "rest":
            if wish.id not in ("", "rest", "short", "long"):
                raise Invalid("id", "must be rest or long for kind 'rest'")
            return cmd.Rest(who, "long" if wish.id == "long" else "short")
        case "downtime":
            return cmd.Downtime(who, wish.id)
        case "item":
            return cmd.UseItem(who, wish.id, wish.target or who)
        case "help":
            return cmd.Help(who, wish.target)
        case "attack":
            return cmd.Attack(who, wish.target)
        case "ability":
            return cmd.UseAbility(who, wish.id, wish.target)
        case "defend":
            return cmd.Defend(who)
        case "row":
            if wish.id not in ("front", "back"):
                raise Invalid("id", "must be front or back for kind 'row'")
            return cmd.MoveRow(who, wish.id)
        case "flee":
            return cmd.Flee(who)
        case "parley":
            return cmd.Parley(who)
        case "surrender":
            return cmd.Surrender(who)
        case "pass":
            return cmd.Pass(who)
    raise Invalid("kind", f"must be free or one of {', '.join(STRUCTURED)}")


def label_of(state: PlayState, command: cmd.Command, table: Table) -> str:
    """How the action reads in the log: the button's words, with the target."""
    content = table.deps.content
    match command:
        case cmd.Talk(person=person):
            names = {p.key: p.name for p in people.people_here(state, content)}
            return f"Talk to {names.get(person, 'the others')}"
        case cmd.Travel(to=to):
            return travel.way_to(state, to, content).label
        case cmd.Rest(kind=kind):
            return rest.NIGHT_LABEL if kind == "long" else "Rest for an hour"
        case cmd.Downtime(activity=key):
            return content.downtime[key].name
        case cmd.Help(target=target):
            return f"Help {_name(state, target)}"
        case cmd.MoveRow(row=row):
            return f"Step into the {row} row"
        case cmd.Defend():
            return "Defend"
        case cmd.Flee():
            return "Flee with the party"
        case cmd.Parley():
            return "Talk them out of it"
        case cmd.Surrender():
            return "Surrender"
        case cmd.UseItem(item=carried, target=target):
            name = name_of(content, carried, state.hero(command.actor).rolled)
            return f"Use {name} on {_name(state, target)}" if target != command.actor else f"Use {name}"
        case cmd.UseAffordance() | cmd.UseAbility() | cmd.Attack():
            return _of_button(state, command, legal_actions(state, command.actor, content))
    return "Wait and watch"


def _of_button(state: PlayState, command: cmd.Command, offered: list[LegalAction]) -> str:
    raw = command.to_json()
    key = raw.get("affordance") or raw.get("ability") or "attack"
    target = str(raw.get("target", ""))
    for action in offered:
        if action.id == key:
            aimed = target and (len(action.targets) > 1 or action.kind == "attack")
            return f"{action.label}: {_name(state, target)}" if aimed else action.label
    return "Wait and watch"


def _name(state: PlayState, target: str) -> str:
    """A combatant's or hero's name; the id where it is neither."""
    fighter = state.encounter.combatants.get(target) if state.encounter else None
    hero = state.heroes.get(target)
    return fighter.name if fighter else hero.name if hero else target
