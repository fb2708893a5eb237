"""Content as the storyteller speaks of it: noun phrases for creatures and things, pronouns, and all names to mask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef, CreatureDef, PersonDef, SceneDef
from api.llm.authored import people_of, person_of
from api.llm.port import CastMember
from api.llm.storyteller.english import clean_name, indefinite, join_list, lower_first, number
from api.llm.storyteller.grammar import Ref

_HE = re.compile(r"\b(he|him|his|himself|man|boy)\b", re.IGNORECASE)
_SHE = re.compile(r"\b(she|her|hers|herself|woman|girl)\b", re.IGNORECASE)
_NUMBERED = re.compile(r" \d+$")


class Lore:
    """Looks things up for the storyteller; whatever is unknown is spoken of by the name that its event gives."""

    def __init__(self, content: Content) -> None:
        self.content = content
        names = [name for name in self.names() if name[:1].isupper()]
        self.capitals = frozenset(name.split()[0] for name in names) - {"The", "A", "An"}
        people = [p.name for scene in content.scenes.values() for p in scene.people]
        people += [p.name for p in content.npcs.values()]
        self.first_names = self.capitals | {word for name in people for word in name.split()}

    def scene(self, key: str) -> SceneDef | None:
        return self.content.scenes.get(key)

    def affordance(self, scene: str, key: str) -> AffordanceDef | None:
        found = self.scene(scene)
        return next((a for a in found.affordances if a.key == key), None) if found else None

    def person(self, scene: str, key: str) -> PersonDef | None:
        return person_of(self.content, self.scene(scene), key)

    def people(self, scene: SceneDef, came: Iterable[str] = ()) -> list[PersonDef]:
        """Who of a scene will surely talk: its own people, and those of the world who bear nobody a grudge."""
        return [
            p
            for p in people_of(self.content, scene, came)
            if p.key not in self.content.npcs or self.content.npcs[p.key].disposition >= 0
        ]

    def adjective(self, condition: str) -> str:
        """A condition as it stands after `is`."""
        known = self.content.conditions.get(condition)
        return known.adjective if known else condition.replace("_", " ")

    def creature(self, combatant: str) -> CreatureDef | None:
        """The definition behind a combatant's id, `<creature key>.<number>`."""
        return self.content.creatures.get(combatant.rpartition(".")[0])

    def foe(self, combatant: str, name: str) -> Ref:
        """A creature; numbered ones and proper names stand bare, others take `the`."""
        known = self.creature(combatant)
        shown = " ".join(name.split())
        proper = known is not None and known.boss and not known.plural
        if shown != mid_sentence(shown):
            shown = mid_sentence(shown)
        elif not _NUMBERED.search(shown) and not proper:
            shown = f"the {shown}"
        return Ref(combatant, shown, self._pronouns(known))

    def foes_together(self, foes: Sequence[tuple[str, str]]) -> list[str]:
        """Noun phrases for creatures by id and name: those of one kind by their numbers, `Gnawers 1, 3 and 4`."""
        kinds: dict[str, list[int]] = {}
        single: dict[str, str] = {}
        for who, name in foes:
            number_at_end = _NUMBERED.search(name)
            known = self.creature(who)
            kind = who.rpartition(".")[0] if number_at_end and known and known.plural else who
            kinds.setdefault(kind, []).append(int(number_at_end[0]) if number_at_end else 0)
            single[kind] = self.foe(who, name).name
        return [
            f"{self.content.creatures[kind].plural} {join_list([str(n) for n in sorted(numbers)])}"
            if len(numbers) > 1
            else single[kind]
            for kind, numbers in kinds.items()
        ]

    def kind_of(self, foes: Sequence[str]) -> str:
        """The plural of the one kind that all these creatures are of; empty when they differ."""
        kinds = {who.rpartition(".")[0] for who in foes}
        known = self.content.creatures.get(kinds.pop()) if len(kinds) == 1 else None
        return known.plural if known else ""

    def _pronouns(self, known: CreatureDef | None) -> str:
        if known is None:
            return "it"
        text = " ".join((known.summary, *(a.verb for a in known.attacks)))
        if _SHE.search(text):
            return "she"
        return "he" if _HE.search(text) else "it"

    def thing(self, key: str, name: str, quantity: int = 1) -> str:
        """An item with its article, or with its number: `a brass key`, `the bell tongue`, `three pearl buttons`."""
        known = self.content.items.get(key)
        article: str = known.article if known else "a"
        if quantity > 1:
            if " of " in name or name.endswith("s"):
                return f"{number(quantity)} times over, the {name}"
            return f"{number(quantity)} {name}s"
        if article in ("a", "an"):
            article = indefinite(name)
        return f"{article} {name}"

    def the_thing(self, name: str) -> str:
        return name if name.lower().startswith("the ") else f"the {name}"

    def names(self) -> Iterator[str]:
        """Every name of the content that differs between otherwise equal sentences."""
        content = self.content
        for creature in content.creatures.values():
            yield from (creature.name, creature.plural)
        for scene in content.scenes.values():
            yield from (scene.name, scene.place)
            yield from (p.name for p in scene.people)
        kinds = (
            content.items,
            content.npcs,
            content.locations,
            content.quests,
            content.factions,
            content.shops,
        )
        for kind in kinds:
            yield from (one.name for one in kind.values())
        yield from (c.name for c in content.classes.values())
        yield from (c.name for c in content.campaigns.values())
        yield from (e.name for e in content.encounters.values())


def mid_sentence(name: str) -> str:
    """A name as it stands within a sentence: `the Reckoner`."""
    return lower_first(name) if name.startswith("The ") else name


def hero_ref(member: CastMember) -> Ref:
    """A hero under a name that prose can carry."""
    pronouns = member.pronouns if member.pronouns in ("she", "he", "they") else "they"
    fallback = f"the {member.class_name.lower()}" if member.class_name.isalpha() else "the stranger"
    return Ref(member.id, clean_name(member.name, fallback), pronouns, hero=True)
