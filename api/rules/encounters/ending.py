"""How a fight ends: who has won, what returns to the sheets, who is carried back, who shares what."""

from __future__ import annotations

from dataclasses import replace

from api.content.definitions import Outcome
from api.rules import events as ev
from api.rules import loot, progress
from api.rules.combatants import Combatant, Encounter
from api.rules.fighters import creature_of
from api.rules.figures import refreshed
from api.rules.outcomes import party_level
from api.rules.resolution import Resolution
from api.rules.state import Hero, PlayState

MOST_WOUNDS = 3


def finish_if_decided(res: Resolution) -> Outcome | None:
    """End the fight when no foe stands (victory) or no hero does (defeat); summoned friends alone fight for nobody."""
    encounter = res.state.encounter
    assert encounter is not None
    foes = heroes = False
    for one in encounter.combatants.values():
        if one.hp > 0 and not one.gone:
            if one.side == "foes":
                foes = True
            elif one.is_hero:
                heroes = True
    if foes and heroes:
        return None
    return end_encounter(res, "defeat" if foes else "victory")


def end_encounter(res: Resolution, result: str) -> Outcome | None:
    """The final blow, or what ended it instead: sheets get their HP back, the fallen rise with 1 HP, the dead are
    carried back with a wound, spoils are shared, the outcome is granted. Where that leads is the caller's.

    `result` is victory, defeat, flight, parley or surrender; without an outcome of its own, surrender is as defeat.
    """
    encounter = res.state.encounter
    assert encounter is not None
    definition = res.content.encounters[encounter.key]
    outcome: Outcome | None = getattr(definition, result)
    if outcome is None and result == "surrender":
        outcome = definition.defeat
    tell = res.pick(len(outcome.tell)) if outcome else 0
    res.emit(ev.EncounterEnded(encounter.key, encounter.name, result, encounter.round, tell))
    for combatant in encounter.combatants.values():
        if combatant.is_hero and combatant.down:
            _raise(res, combatant)
    if result == "victory":
        _share_spoils(res, encounter)
    if outcome is not None:
        res.grant(outcome, spokesman(res.state, encounter), party=True)
    for hero_id in res.state.heroes:
        progress.settle(res, hero_id)  # levels that were owed before the fight, or earned in it
    return outcome


def _raise(res: Resolution, fallen: Combatant) -> None:
    """A fallen hero rises; a dead one bears a wound more, which lessens the maximum, and is at the table again."""
    if not fallen.dead:
        res.emit(ev.Recovered(fallen.id, fallen.name, 1))
        return
    hero = res.state.hero(fallen.id)
    hurt = refreshed(replace(hero, wounds=min(hero.wounds + 1, MOST_WOUNDS)), res.content)
    res.emit(ev.CarriedBack(hero.id, hero.name, hurt.wounds, 1, hurt.hp_max, hurt.mp_max, hurt.evade))


def _share_spoils(res: Resolution, encounter: Encounter) -> None:
    """XP and gold evenly (the remainder to the first in initiative), things in turn by initiative.

    Whoever was summoned or has fled leaves nothing.
    """
    heroes: list[Hero] = [res.state.heroes[i] for i in encounter.order if i in res.state.heroes]
    fallen = [
        creature_of(c, res.content)
        for c in encounter.combatants.values()
        if c.side == "foes" and not c.summoned_by and not c.gone
    ]
    xp = sum(c.xp for c in fallen)
    gold = sum(c.gold[0] + res.dice.roll(c.gold[1] - c.gold[0] + 1) - 1 for c in fallen if c.gold[1])
    for i, hero in enumerate(heroes):
        res.gain_xp(hero.id, xp // len(heroes))
        res.change_gold(hero.id, gold // len(heroes) + (gold % len(heroes) if i == 0 else 0))
    found = [entry.item for c in fallen for entry in c.loot if res.dice.roll(100) <= entry.percent]
    for i, item in enumerate(found):
        res.give(heroes[i % len(heroes)].id, item)
    tables = [*(c.loot_table for c in fallen), res.content.encounters[encounter.key].loot_table]
    level = party_level(res.state)
    drawn = [found for table in tables if table for found in loot.roll_table(res, table, level)]
    if drawn:
        loot.hand_out(res, [h.id for h in heroes], drawn)


def spokesman(state: PlayState, encounter: Encounter) -> str:
    """Who stands for the party in the outcome: the first hero in initiative."""
    return next(i for i in encounter.order if i in state.heroes)
