"""What an outcome brings: harm, healing, things, gold, XP, flags, clues, opinions, memories, quests, time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.content.definitions import Outcome
from api.rules import damage, loot, people
from api.rules import events as ev
from api.rules.figures import item_key
from api.rules.items import loose
from api.rules.state import Hero, PlayState

if TYPE_CHECKING:
    from api.rules.resolution import Resolution


def grant(res: Resolution, outcome: Outcome, hero_id: str, *, party: bool = False) -> None:
    """Everything of an outcome except where it leads the party (that is the party's, see `moves.move_party`).

    Harm and healing reach the acting hero, or with `party` everyone: a fight's end is nobody's alone.
    """
    everyone = list(res.state.heroes)
    _touch(res, outcome, everyone if party else [hero_id])
    _take(res, outcome, [hero_id])
    for item in outcome.give:
        res.give(hero_id, item)
    res.change_gold(hero_id, outcome.gold)
    _draw_loot(res, outcome, everyone if party else [hero_id])
    _teach_and_tell(res, outcome, hero_id)
    res.pass_time(outcome.minutes)


def grant_to_all(res: Resolution, outcome: Outcome, hero_id: str) -> None:
    """A quest's reward: harm, healing and gold are everyone's in full, loot is handed round, things go to `hero_id`.

    What is taken is taken from whoever carries it. It costs no time.
    """
    everyone = list(res.state.heroes)
    _touch(res, outcome, everyone)
    _take(res, outcome, [hero_id, *(i for i in everyone if i != hero_id)])
    for item in outcome.give:
        res.give(hero_id, item)
    for each in everyone if outcome.gold else ():
        res.change_gold(each, outcome.gold)
    _draw_loot(res, outcome, everyone)
    _teach_and_tell(res, outcome, hero_id)


def party_level(state: PlayState) -> int:
    """The average level of the heroes, rounded down: what level bands of tables ask for."""
    return sum(hero.level for hero in state.heroes.values()) // len(state.heroes)


def _touch(res: Resolution, outcome: Outcome, hero_ids: Iterable[str]) -> None:
    for each in hero_ids:
        _hurt(res, outcome, res.state.hero(each))
        _heal(res, outcome, res.state.hero(each))


def _hurt(res: Resolution, outcome: Outcome, hero: Hero) -> None:
    if outcome.hurt:
        damage.harm_outside(res, hero.id, outcome.hurt, outcome.hurt_type)


def _heal(res: Resolution, outcome: Outcome, hero: Hero) -> None:
    if outcome.heal:
        damage.heal_outside(res, "", hero.id, outcome.heal)


def _take(res: Resolution, outcome: Outcome, hero_ids: list[str]) -> None:
    """Each thing from the first who carries it; nobody is asked for what nobody has."""
    for item in outcome.take:
        for each in hero_ids:
            hero = res.state.hero(each)
            carried = _spare(hero, item)
            if carried:
                name = res.content.items[item].name
                res.emit(ev.ItemLost(hero.id, hero.name, carried, name, 1, "given"))
                break


def _spare(hero: Hero, item: str) -> str:
    """Which carried one is given away: the plainest that is not worn; what is worn is not asked for."""
    found = (carried for carried in hero.inventory if item_key(carried) == item and loose(hero, carried) > 0)
    return min(found, key=len, default="")


def _draw_loot(res: Resolution, outcome: Outcome, hero_ids: list[str]) -> None:
    if outcome.loot_table is not None:
        found = loot.roll_table(res, outcome.loot_table, party_level(res.state))
        loot.hand_out(res, hero_ids, found)


def _teach_and_tell(res: Resolution, outcome: Outcome, hero_id: str) -> None:
    """What the whole party and the world learn of it."""
    hero = res.state.hero(hero_id)
    for each in list(res.state.heroes) if outcome.xp else ():
        res.gain_xp(each, outcome.xp)
    for flag in outcome.flags:
        if flag not in res.state.notes:
            res.emit(ev.FlagSet(flag, hero.id, hero.name))
    if outcome.clue and outcome.clue not in res.state.clues:
        res.emit(ev.ClueFound(hero.id, hero.name, outcome.clue))
    for faction, amount in outcome.reputation.items():
        people.change_reputation(res, faction, amount)
    for person, amount in outcome.disposition.items():
        people.change_disposition(res, person, amount)
    for person, text in outcome.remember.items():
        people.remember(res, person, text)
    if outcome.quest is not None:
        begin_quest(res, outcome.quest)


def begin_quest(res: Resolution, key: str) -> None:
    """A quest begins with its first stage; one that has begun before stays as it is."""
    if key not in res.state.quests:
        quest = res.content.quests[key]
        res.emit(ev.QuestStarted(key, quest.name, quest.giver, quest.stages[0].objective))
