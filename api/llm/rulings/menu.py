"""What can be ruled in this scene: the kinds of rulings, the ids and the names that a model may choose from.

Everything stands here once, for the tool's schema, the prompt and the check of an answer alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.llm.port import RulingRequest
from api.rules.legal import LegalAction

SCORES = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")
BANDS = ("trivial", "easy", "medium", "hard", "heroic")
MANNERS = ("look", "move", "force", "sneak", "wait", "other")

# A model chooses a reason; the sentence that players read is ours.
REASONS: Mapping[str, str] = {
    "not_here": "Nothing of the kind is here.",
    "not_carried": "{actor} carries nothing of the kind.",
    "not_so": "Saying so does not make it so.",
    "too_much": "That is beyond what {actor} can do.",
    "not_yours": "What others do is for them to decide.",
    "no_order": "The story does not take orders of that kind.",
}

# Kinds that need an id, by the kind of legal action that lists it.
WITH_ID = ("affordance", "ability", "item", "row", "travel", "rest", "downtime")
# What each kind is for, as the prompt says it. The order is that of the list which a model sees.
MEANINGS: Mapping[str, str] = {
    "affordance": "something that the place offers: `id` from the list; steps of quests are among them",
    "attack": "strike a foe with what is in hand: `target`",
    "ability": "use an ability: `id` and `target`",
    "item": "use up something carried: `id` and `target`",
    "talk": "speak with a person who is here: `target`; without `target` to the friends",
    "help": "lend a friend a hand: `target`",
    "row": "step into the other row: `id`",
    "travel": "set out along a way of the map: `id`",
    "rest": "rest: `id`",
    "downtime": "spend the day on work that is offered: `id`",
    "parley": "talk the foes out of the fight",
    "surrender": "lay down the weapons",
    "flee": "lead the party out of the fight",
    "defend": "guard oneself",
    "shop": "buy or sell: shops are used outside turns, so nothing is bought here",
    "contest": "a try that somebody works against: `score`, `band`, `manner`, `target`",
    "group_check": "a try that the whole party makes together: `score`, `band`, `manner`",
    "check": "any other try that may fail and matters: `score`, `band`, `manner`",
    "nothing": "talk, gestures and harmless deeds that need no roll: `manner`",
    "wait": "does nothing, watches or waits",
    "impossible": "asserted and not tried, or not possible at all: `reason`",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the list: something that some heroes of the beat can choose now."""

    kind: str
    id: str
    label: str
    heroes: tuple[str, ...]  # names; empty when every asked hero can
    targets: tuple[str, ...]  # names; empty when it needs none


@dataclass(frozen=True, slots=True)
class Menu:
    """What the texts of one beat can mean. `names` maps the id of whoever can be meant to the name in the prompt."""

    in_encounter: bool
    kinds: tuple[str, ...]
    offers: tuple[Offer, ...]
    names: Mapping[str, str]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(o.id for o in self.offers if o.kind in WITH_ID))

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.names.values()))


def menu_of(requests: Sequence[RulingRequest]) -> Menu:
    """The menu of one beat's requests, which share scene and party."""
    first = requests[0]
    names = target_names(first)
    return Menu(first.in_encounter, _kinds(requests), tuple(_offers(requests, names)), names)


def target_names(request: RulingRequest) -> dict[str, str]:
    """Everybody who can be a target, by id, each with a name of its own: a second of one name gets a number."""
    known: dict[str, str] = {}
    for key, name in (*request.people.items(), *request.foes.items(), *request.allies.items()):
        same = sum(1 for other in known.values() if other.split(" (")[0] == name)
        known[key] = f"{name} ({same + 1})" if same else name
    return known


def _kinds(requests: Sequence[RulingRequest]) -> tuple[str, ...]:
    first = requests[0]
    kinds = {a.kind for r in requests for a in r.legal if a.kind in MEANINGS}
    kinds |= {"check", "wait", "impossible"}
    if first.in_encounter:
        kinds |= {"contest"} if first.foes else set()
    else:
        kinds |= {"nothing", "talk"}
        kinds |= {"contest"} if first.people else set()
        kinds |= {"group_check"} if len(first.allies) > 1 else set()
        kinds |= {"shop"} if first.shops else set()
    return tuple(k for k in MEANINGS if k in kinds)


def _offers(requests: Sequence[RulingRequest], names: Mapping[str, str]) -> Iterator[Offer]:
    """What is legal for anybody, each once, in the order of the kinds and then of the rules."""
    found: dict[tuple[str, str], list[tuple[RulingRequest, LegalAction]]] = {}
    for request in requests:
        for action in request.legal:
            if action.kind in MEANINGS and (action.kind in WITH_ID or action.targets):
                found.setdefault((action.kind, action.id), []).append((request, action))
    order = list(MEANINGS)
    for (kind, key), uses in sorted(found.items(), key=lambda item: order.index(item[0][0])):
        everyone = len(uses) == len(requests)
        heroes = () if everyone else tuple(r.actor.name for r, _ in uses)
        yield Offer(kind, key, uses[0][1].label, heroes, _target_names(uses, names))


def _target_names(
    uses: Iterable[tuple[RulingRequest, LegalAction]], names: Mapping[str, str]
) -> tuple[str, ...]:
    # Where a way leads is no target that a ruling names.
    found = [t for _, action in uses if action.kind != "travel" for t in action.targets]
    return tuple(dict.fromkeys(names.get(t.id, t.name) for t in found))
