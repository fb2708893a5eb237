"""Plays sessions with invented players, so that the storyteller can be read and tested at length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api.content.catalogue import Content
from api.llm.port import CastMember, Deed, NarrationRequest, PastNote
from api.llm.storyteller.grammar import Chooser
from api.llm.storyteller.narrator import WINDOW, Storyteller
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.dice import KeyedDice
from api.rules.encounters.choices import ability_targets, why_not_ability
from api.rules.equipment import dressed
from api.rules.errors import RuleError
from api.rules.rest import why_not_short
from api.rules.scenes import moves_party, offered
from api.rules.state import Hero, PlayState

CLAIMS = (
    "There is no crown here to be worn.",
    "Nobody has handed over a thousand gold.",
    "The sword of that tale lies in another tale.",
    "That power is not among the things learnt so far.",
)
STATS = ("strength", "dexterity", "intelligence", "wisdom", "charisma", None)
PRONOUNS = ("she", "he", "they")


@dataclass(frozen=True, slots=True)
class ToldTurn:
    """One turn of a demonstration: what was asked of the narrator, and its answer."""

    request: NarrationRequest
    sentences: tuple[str, ...]

    @property
    def passage(self) -> str:
        return as_passage(self.sentences)


def as_passage(sentences: tuple[str, ...] | list[str]) -> str:
    """Joined as the port says: by spaces, with a blank line where an empty sentence stands."""
    return "\n\n".join(
        " ".join(part for part in paragraph if part) for paragraph in _paragraphs(list(sentences))
    )


def _paragraphs(sentences: list[str]) -> Iterator[list[str]]:
    current: list[str] = []
    for sentence in sentences:
        if sentence:
            current.append(sentence)
        elif current:
            yield current
            current = []
    if current:
        yield current


def tougher(content: Content, factor: int) -> Content:
    """The same content with creatures that take `factor` times as long to beat and hit for less."""
    creatures = {
        key: c.model_copy(
            update={
                "hp": min(500, c.hp * factor),
                "attacks": tuple(a.model_copy(update={"damage": "1d4-2"}) for a in c.attacks),
            }
        )
        for key, c in content.creatures.items()
    }
    return replace(content, creatures=creatures)


def make_hero(content: Content, number: int, chooser: Chooser, name: str = "") -> Hero:
    """A hero of any class and origin, named after a ready-made one unless a name is given."""
    ready = list(content.heroes.values())
    known = ready[number % len(ready)] if ready else None
    class_key = known.character_class if known else chooser.pick(sorted(content.classes))
    calling = content.classes[class_key]
    origin = known.origin if known else chooser.pick(sorted(content.origins))
    inventory: dict[str, int] = {}
    for item in (*calling.starting_items, *content.origins[origin].starting_items):
        inventory[item] = inventory.get(item, 0) + 1
    hero = Hero(
        id=f"hero{number}", name=name or (known.name if known else f"Hero {number}"),
        pronouns=PRONOUNS[(number + chooser.below(3)) % 3], character_class=class_key, origin=origin,
        level=1, xp=0, stats=calling.stats.model_dump(), hp=calling.hp + 4, hp_max=calling.hp + 4, mp=calling.mp,
        mp_max=calling.mp, evade=calling.evade, gold=20, abilities=calling.abilities, inventory=inventory,
    )  # fmt: skip
    return dressed(hero, content)


class Session:
    """One session of invented players; every choice depends on the seed alone."""

    def __init__(
        self, content: Content, storyteller: Storyteller, seed: str, heroes: int, names: tuple[str, ...] = ()
    ) -> None:
        self.content = content
        self.storyteller = storyteller
        self.seed = seed
        self.chooser = Chooser("demo", seed)
        self.campaign = self.chooser.pick(sorted(content.campaigns))
        party = [
            make_hero(content, i, self.chooser, names[i] if i < len(names) else "") for i in range(heroes)
        ]
        self.party = {h.id: h for h in party}
        self.history: list[str] = []
        self.since: dict[str, int] = {}
        self.lineage = 0
        self.state = self._begin()

    def _begin(self) -> PlayState:
        self.history.clear()
        self.since.clear()
        self.lineage += 1
        return engine.begin(self.content, self.campaign, self.party)

    def turns(self, count: int) -> Iterator[ToldTurn]:
        """The opening and then `count` turns; a story that ends begins again as a new session."""
        yield self._tell("opening", 0, self.state, (), (), ())
        for number in range(1, count + 1):
            yield self._turn(number)
            if self.state.ending is not None:
                self.state = self._begin()
                yield self._tell("opening", 0, self.state, (), (), ())

    def _turn(self, number: int) -> ToldTurn:
        before = self.state
        fighting = before.encounter is not None
        chosen = [self._fight_command()] if fighting else self._beat_commands()
        dice = KeyedDice(f"{self.seed}:{self.lineage}", number)
        done = engine.resolve_together(before, chosen, dice, self.content, tolerant=True)
        self.state = done.state
        kind = "combat" if fighting else "beat"
        return self._tell(kind, number, before, tuple(chosen), done.deeds, done.closing)

    def _tell(
        self,
        kind: str,
        number: int,
        before: PlayState,
        chosen: tuple[cmd.Command, ...],
        deeds: tuple[tuple[ev.Event, ...], ...],
        closing: tuple[ev.Event, ...],
    ) -> ToldTurn:
        cast = {key: self._cast(hero) for key, hero in self.state.heroes.items()}
        encounter = self.state.encounter
        boss = bool(encounter and self.content.encounters[encounter.key].boss)
        request = NarrationRequest(
            session_id=f"{self.seed}.{self.lineage}",
            turn_ids=(f"turn{number}",),
            turn_number=number,
            kind=kind,
            campaign=self.campaign,
            scene=before.scene,
            party=tuple(cast.values()),
            deeds=tuple(Deed(cast[c.actor], "", c, e) for c, e in zip(chosen, deeds, strict=True)),
            closing_events=closing,
            history=tuple(self.history[-WINDOW:]),
            notes=self._notes(number),
            in_encounter=encounter is not None,
            encounter=encounter.key if encounter else "",
            next_actor=encounter.actor.name if encounter else "",
            foes={c.id: c.name for c in encounter.standing(heroes=False)} if encounter else {},
            words=200 if kind == "opening" or boss or closing else 40 if kind == "combat" else 120,
        )
        told = ToldTurn(request, tuple(self.storyteller.compose(request)))
        self.history.append(told.passage)
        return told

    def _notes(self, number: int) -> tuple[PastNote, ...]:
        known = self.state.notes
        for flag in known:
            self.since.setdefault(flag, number)
        return tuple(PastNote(f, n.actor, n.actor_name, self.since[f]) for f, n in known.items())

    def _cast(self, hero: Hero) -> CastMember:
        fighter = self.state.encounter.combatants[hero.id] if self.state.encounter else None
        hp = fighter.hp if fighter else hero.hp
        return CastMember(
            hero.id, hero.name, hero.pronouns, self.content.classes[hero.character_class].name, hero.origin,
            self.content.origins[hero.origin].want, hp, hero.hp_max, hp <= 0,
        )  # fmt: skip

    # --- what the players wish ---------------------------------------------------------------------------------

    def _beat_commands(self) -> list[cmd.Command]:
        """Everyone's own wish; now and then most of them have agreed to move on."""
        heroes = list(self.state.heroes.values())
        ways = [a.key for a in offered(self.state, heroes[0], self.content) if moves_party(a)]
        if not ways or not self.chooser.chance(0.2):
            return [self._command(h) for h in heroes]
        way = self.chooser.pick(ways)
        return [
            cmd.UseAffordance(h.id, way if self.chooser.chance(0.8) else self.chooser.pick(ways))
            if self.chooser.chance(0.85)
            else self._command(h)
            for h in heroes
        ]

    def _command(self, hero: Hero) -> cmd.Command:
        roll = self.chooser.below(100)
        scene = self.content.scenes[self.state.scene]
        if roll < 38:
            open_here = offered(self.state, hero, self.content)
            if not self.chooser.chance(0.25):
                open_here = [a for a in open_here if not moves_party(a)]
            if open_here:
                return cmd.UseAffordance(hero.id, self.chooser.pick(open_here).key)
        if roll < 55 and scene.people:
            person = "" if self.chooser.chance(0.2) else self.chooser.pick(scene.people).key
            return cmd.Talk(hero.id, person)
        if roll < 62:
            return cmd.RefuseClaim(hero.id, self.chooser.pick(CLAIMS))
        if roll < 67 and why_not_short(self.state, hero, self.content) is None:
            return cmd.Rest(hero.id)
        if roll < 72:
            return cmd.Pass(hero.id, self.chooser.pick(("chosen", "deadline")))
        friends = [h for h in self.state.heroes if h != hero.id]
        if roll < 77 and friends:
            return cmd.Help(hero.id, self.chooser.pick(friends))
        kind = self.chooser.pick(("look", "look", "move", "force", "sneak", "wait", "other"))
        stat = None if kind == "wait" else self.chooser.pick(STATS)
        return cmd.Improvise(hero.id, kind, stat, self.chooser.pick(("easy", "medium", "hard")))

    def _fight_command(self) -> cmd.Command:
        encounter = self.state.encounter
        assert encounter is not None
        actor = encounter.actor
        for command in self._fight_wishes(actor.id):
            try:
                engine.check_legal(command, self.state, self.content)
            except RuleError:
                continue
            return command
        return cmd.Pass(actor.id, "deadline")

    def _other_wishes(self, actor_id: str, roll: int) -> Iterator[cmd.Command]:
        """Now and then what is neither a blow of one's craft nor a thing used up."""
        encounter = self.state.encounter
        assert encounter is not None
        actor = encounter.combatants[actor_id]
        friends = [h for h in self.state.heroes if h != actor_id]
        if 33 <= roll < 38:
            yield cmd.MoveRow(actor_id, "back" if actor.row == "front" else "front")
        if 38 <= roll < 46 and friends:
            yield cmd.Help(actor_id, self.chooser.pick(friends))
        if 46 <= roll < 49:
            yield cmd.Parley(actor_id)
        if roll == 49:
            yield cmd.Surrender(actor_id)
        if 50 <= roll < 58:
            yield cmd.Attack(actor_id, self.chooser.pick(encounter.standing(heroes=False)).id)

    def _fight_wishes(self, actor_id: str) -> Iterator[cmd.Command]:
        encounter = self.state.encounter
        assert encounter is not None
        hero, actor = self.state.heroes[actor_id], encounter.combatants[actor_id]
        roll = self.chooser.below(100)
        if roll < 8:
            yield cmd.Defend(actor_id)
        if roll < 14:
            yield cmd.Improvise(actor_id, "other", self.chooser.pick(STATS[:4]))
        if roll < 18:
            yield cmd.Pass(actor_id, self.chooser.pick(("chosen", "deadline")))
        if roll < 20:
            yield cmd.Flee(actor_id)
        if roll < 23:
            yield cmd.RefuseClaim(actor_id, self.chooser.pick(CLAIMS))
        yield from self._other_wishes(actor_id, roll)
        targets = encounter.standing(heroes=False) + [encounter.combatants[h] for h in self.state.heroes]
        if roll < 33:
            for item in hero.inventory:
                yield cmd.UseItem(actor_id, item, self.chooser.pick(targets).id)
        for key in self.chooser.shuffled(hero.abilities):
            ability = self.content.abilities[key]
            if why_not_ability(actor, key, ability, self.content) is None:
                reach = ability_targets(encounter, actor, ability, self.content)
                if reach:
                    yield cmd.UseAbility(actor_id, key, self.chooser.pick(reach).id)
