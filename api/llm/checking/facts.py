"""The facts of one passage as the checker needs them: who is there, and what befell whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from api.content.catalogue import Content
from api.llm.authored import people_of
from api.llm.checking.sentences import words
from api.llm.port import NarrationRequest
from api.rules import events as ev

PRONOUN_WORDS = {
    "she": frozenset({"she", "her", "hers", "herself"}),
    "he": frozenset({"he", "him", "his", "himself"}),
    "they": frozenset({"they", "them", "their", "theirs", "themself", "themselves"}),
    "it": frozenset({"it", "its", "itself"}),
}
SLIGHT = frozenset(("a", "an", "the", "of", "and", "s", "in", "on", "with", "for"))


@dataclass(slots=True)
class Figure:
    """Somebody of the passage and what the events did with them.

    `gained` and `lost` are words of the names of things, `holds` those of all that they carry. `purse` are the
    changes of gold. `hits` are the figures of damage, `heals` of healing, `left` HP that may be named.
    """

    id: str
    kind: str  # hero, foe or person
    names: tuple[str, ...]
    pronouns: str
    gained: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    purse: list[int] = field(default_factory=list)
    hits: set[int] = field(default_factory=set)
    heals: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    conditions: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    fell: bool = False
    died: bool = False
    down: bool = False
    rose: bool = False
    fled: bool = False
    hurt: bool = False  # lacks HP after the turn
    whole: bool = False  # at full HP
    text: str = ""  # what the player wrote
    quotes: bool = False


class Facts:
    """Everything that the events of a request say, by figure."""

    def __init__(self, content: Content, request: NarrationRequest) -> None:
        self.content = content
        self.request = request
        self.events: tuple[tuple[str, ev.Event], ...] = tuple(numbered(request))
        self.figures: dict[str, Figure] = {}
        self.money: set[int] = set()  # sums that may be named
        self.counts: set[int] = set()  # how many of a thing changed hands
        self.won = self.over = self.chose = self.rested = False
        self.damage_types: set[str] = set()
        self.item_words: set[str] = set()  # of everything that changed hands in this passage
        self._heroes()
        self._people()
        self._foes()
        for _, event in self.events:
            self._take(event)
        for foe in self.figures.values():
            standing = foe.id in request.foes or not request.in_encounter
            if foe.kind == "foe" and not standing and not foe.fled:
                foe.down = True

    def figure(self, key: str, name: str = "") -> Figure:
        """The figure of that id; made where an event names somebody who was not there before."""
        if key not in self.figures:
            self.figures[key] = Figure(key, "foe", _foe_names(name or key), "it")
        return self.figures[key]

    @property
    def heroes(self) -> list[Figure]:
        return [f for f in self.figures.values() if f.kind == "hero"]

    def _heroes(self) -> None:
        gone = [d.actor for d in self.request.deeds]
        for member in (*self.request.party, *gone):
            if member.id in self.figures:
                continue
            found = Figure(member.id, "hero", _hero_names(member.name), member.pronouns)
            found.down = member.down
            found.hurt, found.whole = member.hp < member.hp_max, member.hp >= member.hp_max
            found.left = {member.hp, member.hp_max}
            for name in self.request.carried.get(member.id, ()):
                found.holds |= _name_words(name)
            found.conditions |= set(self.request.conditions.get(member.id, ()))
            self.figures[member.id] = found
        for deed in self.request.deeds:
            self.figures[deed.actor.id].text += f" {deed.text}"

    def _people(self) -> None:
        scenes = [self.request.scene]
        scenes += [e.scene for _, e in self.events if isinstance(e, ev.SceneEntered)]
        for key in scenes:
            scene = self.content.scenes.get(key)
            if scene is None:
                continue
            came = [*self.request.came, *(e.person for _, e in self.events if isinstance(e, ev.PersonCame))]
            for person in people_of(self.content, scene, came):
                name = f"person.{person.key}"
                self.figures[name] = Figure(
                    name, "person", _person_names(person.name, person.role), person.pronouns
                )

    def _foes(self) -> None:
        for key, name in self.request.foes.items():
            foe = self.figure(key, name)
            foe.hurt = key in self.request.hurt
            foe.conditions |= set(self.request.conditions.get(key, ()))

    def _take(self, event: ev.Event) -> None:
        _money(self, event)
        _things(self, event)
        _harm(self, event)
        _states(self, event)
        if isinstance(event, ev.EncounterStarted):
            for key, name in zip(event.order, event.names, strict=True):
                if key not in self.figures:
                    self.figure(key, name)
        elif isinstance(event, ev.Summoned):
            for raw, name in zip(event.combatants, event.names, strict=True):
                self.figure(str(raw.get("id", name)), name)
        elif isinstance(event, ev.EncounterEnded):
            self.over = True
            self.won = event.outcome == "victory"
        elif isinstance(event, ev.ChoiceMade | ev.SurrenderOffered | ev.ParleyTried):
            self.chose = True
        elif isinstance(event, ev.Rested | ev.NightSpent | ev.WoundsHealed):
            self.rested = True
        elif isinstance(event, ev.CampaignEnded):
            self.over = self.chose = self.rested = True


def numbered(request: NarrationRequest) -> Iterator[tuple[str, ev.Event]]:
    """Every event of the request with its id: its number in the order of telling, deeds first, then what came
    before them, then the closing: the order in which a turn keeps its events."""
    number = 0
    for deed in request.deeds:
        for event in deed.events:
            yield str(number), event
            number += 1
    for event in (*request.before, *request.closing_events):
        yield str(number), event
        number += 1


def _money(facts: Facts, event: ev.Event) -> None:
    if isinstance(event, ev.GoldChanged):
        facts.figure(event.actor, event.actor_name).purse.append(event.amount)
        facts.money |= {abs(event.amount), event.gold_after}
    elif isinstance(event, ev.GoldHanded):
        facts.figure(event.actor, event.actor_name).purse.append(-event.amount)
        facts.figure(event.to, event.to_name).purse.append(event.amount)
        facts.money |= {event.amount, event.gold_after, event.to_gold_after}
    elif isinstance(event, ev.ItemBought | ev.ItemSold):
        sign = 1 if isinstance(event, ev.ItemSold) else -1
        facts.figure(event.actor, event.actor_name).purse.append(sign * event.price)
        facts.money |= {event.price, event.gold_after}
    elif isinstance(event, ev.NightSpent | ev.SkillsReset) and event.price:
        for hero in facts.heroes:
            hero.purse.append(-event.price)
        facts.money.add(event.price)


def _things(facts: Facts, event: ev.Event) -> None:
    if isinstance(event, ev.ItemGained | ev.ItemCached | ev.ItemPickedUp | ev.ItemBought):
        facts.figure(event.actor, event.actor_name).gained |= _name_words(event.item_name)
    elif isinstance(event, ev.ItemLost | ev.ItemDropped | ev.ItemSold):
        facts.figure(event.actor, event.actor_name).lost |= _name_words(event.item_name)
    elif isinstance(event, ev.ItemHanded):
        facts.figure(event.actor, event.actor_name).lost |= _name_words(event.item_name)
        facts.figure(event.to, event.to_name).gained |= _name_words(event.item_name)
    elif isinstance(event, ev.ItemEquipped | ev.ItemUnequipped):
        facts.figure(event.actor, event.actor_name).holds |= _name_words(event.item_name)
    name = getattr(event, "item_name", "")
    if name:
        facts.item_words |= _name_words(name)
        facts.counts.add(getattr(event, "quantity", 1))
    if isinstance(event, ev.AbilityUsed) and event.is_item:
        facts.item_words |= _name_words(event.means)
        for key, name in ((event.source, event.source_name), (event.target, event.target_name)):
            facts.figure(key, name).holds |= _name_words(event.means)


def _harm(facts: Facts, event: ev.Event) -> None:
    if isinstance(event, ev.DamageDealt):
        target = facts.figure(event.target, event.target_name)
        target.hits.add(event.amount)
        target.left.add(event.hp_after)
        target.hurt, target.whole = True, False
        facts.damage_types.add(event.damage_type)
    elif isinstance(event, ev.Healed):
        target = facts.figure(event.target, event.target_name)
        target.heals.add(event.amount)
        target.left.add(event.hp_after)
    elif isinstance(event, ev.Rested):
        hero = facts.figure(event.actor, event.actor_name)
        hero.heals.add(0)
        hero.left.add(event.hp_after)
    elif isinstance(event, ev.WoundsHealed | ev.CarriedBack):
        hero = facts.figure(event.actor, event.actor_name)
        hero.heals.add(0)
        hero.left.add(event.hp_max)


def _states(facts: Facts, event: ev.Event) -> None:
    if isinstance(event, ev.WentDown):
        facts.figure(event.target, event.target_name).fell = True
    elif isinstance(event, ev.Died):
        facts.figure(event.actor, event.actor_name).died = True
    elif isinstance(event, ev.DeathChecked):
        hero = facts.figure(event.actor, event.actor_name)
        hero.down = True
        hero.hits.add(0)
        hero.died = hero.died or event.result == "dead"
        hero.rose = hero.rose or event.result == "rises"
    elif isinstance(event, ev.Recovered | ev.Revived):
        risen = facts.figure(event.target, event.target_name)
        risen.rose = True
        risen.heals.add(event.hp_after)
        risen.left.add(event.hp_after)
    elif isinstance(event, ev.CarriedBack):
        facts.figure(event.actor, event.actor_name).rose = True
    elif isinstance(event, ev.Fled):
        facts.figure(event.actor, event.actor_name).fled = True
    elif isinstance(event, ev.ConditionGained):
        facts.figure(event.target, event.target_name).conditions.add(event.condition)
    elif isinstance(event, ev.ConditionEnded | ev.ConditionResisted | ev.SaveRolled):
        facts.figure(event.target, event.target_name).ended.add(event.condition)
    elif isinstance(event, ev.Defended):
        facts.figure(event.actor, event.actor_name).conditions.add("braced")


def singular(word: str) -> str:
    """A noun without the s of its plural: two bandages are the bandage that an event names."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _name_words(name: str) -> set[str]:
    found = set(words(name))
    return (found | {singular(w) for w in found}) - SLIGHT


def _hero_names(name: str) -> tuple[str, ...]:
    """The whole name and each part that a narrator may call the hero by."""
    shown = " ".join(name.split())
    parts = [p for p in shown.split(" ") if len(p) > 1 and p[:1].isupper() and p.lower() not in SLIGHT]
    return tuple(dict.fromkeys((shown, *parts)))


def _person_names(name: str, role: str) -> tuple[str, ...]:
    """The names, and what the person is: `turnkey of the pound, drowned` is the turnkey."""
    trade = re.split(r",| of | to | in | with |, ", role)[0].strip().lower()
    trade = trade.removeprefix("the ").removeprefix("a ").removeprefix("an ")
    names = _hero_names(name.removeprefix("The "))
    return (*names, trade) if 3 < len(trade) < 24 and "'" not in trade else names


def _foe_names(name: str) -> tuple[str, ...]:
    """`Brine Drudge 1` is also the Brine Drudge and the drudge."""
    shown = " ".join(name.split()).removeprefix("The ")
    bare = shown.rstrip("0123456789 ")
    return tuple(dict.fromkeys(n for n in (shown, bare, bare.split(" ")[-1]) if n))
