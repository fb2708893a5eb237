"""The stories that the golden logs tell. Each plays by script where it must show something, else by seeded choice."""

from __future__ import annotations

import random
from collections.abc import Callable

from api.content.catalogue import Content
from api.rules import commands as cmd
from api.rules.encounters import clear_intent, lock_intent, standing_order
from api.rules.errors import RuleError
from api.rules.legal import legal_actions
from tests.replays.golden import Recorder
from tests.rules.play import command_of

MOST_TURNS = 60


def beats(content: Content) -> Recorder:
    """Checks alone, in a group and against somebody, help, talk, claims, votes, deeds ahead of their beat."""
    play = Recorder(content, "golden beats", ("ann", "bob", "cat"), level=3)
    use = cmd.UseAffordance
    play.ahead(cmd.Talk("ann", "brynn"))
    play.close(use("bob", "notice"), cmd.Improvise("cat", "look", "wisdom", "medium"))
    play.close(cmd.RefuseClaim("ann", "No crown."), use("bob", "toast"), cmd.Help("cat", "bob"))
    play.close(cmd.Travel("ann", "ford"), cmd.Travel("bob", "ford"), cmd.Pass("cat"))
    _fight_on(play, 1)
    play.close(use("ann", "wade"), cmd.Help("bob", "cat"), use("cat", "wrestle"))
    play.ahead(use("bob", "dig"), cmd.Improvise("cat", "force", "strength", "hard"))
    play.close(use("ann", "wrestle"))
    play.close(cmd.Travel("ann", "inn"), cmd.Travel("bob", "chapel"), cmd.Travel("cat", "inn"))
    _fight_on(play, 2)
    play.close(use("ann", "arrested"), use("bob", "insult"), use("cat", "mend_dyke"))
    play.close(use("ann", "count"), use("bob", "walk_free"), use("cat", "walk_free"))
    play.close(cmd.Rest("ann"), use("bob", "nowhere"), cmd.Attack("cat", "ogre.1"))
    return play


def fight(content: Content) -> Recorder:
    """A boss with phases, then four of a kind: conditions, reactions, intents, orders, death, revival, loot."""
    play = Recorder(content, "golden fight 21", ("ann", "bob", "cat", "dan"), level=9)
    for hero in ("ann", "cat"):
        play.sheet(
            cmd.SetOrders(hero, ({"use": "flurry", "target": "weakest"}, {"use": "attack"})),
            cmd.SetRow(hero, "back"),
            cmd.SetRow(hero, "front"),
        )
    for number, start in enumerate(("lair", "brawl")):
        everybody = [cmd.UseAffordance(h, start) for h in play.heroes]
        play.close(*everybody)
        _fight_on(play, 10 + number)
        play.close(*(cmd.Rest(h) for h in play.heroes))
    return play


def travel(content: Content) -> Recorder:
    """Ways with dangers, a quest with its stages and rewards, nights, free days, people, and a marsh that rises."""
    play = Recorder(content, "golden travel", ("ann", "bob"), level=4)
    use = cmd.UseAffordance

    def both(make: Callable[[str], cmd.Command]) -> None:
        play.close(make("ann"), make("bob"))
        _fight_on(play, play.number)

    play.close(use("ann", "notice"), cmd.Downtime("bob", "chop"))
    while play.state.tally.get("defeat.ogre", 0) < 2 and play.number < MOST_TURNS:
        both(lambda h: cmd.Travel(h, "ford" if play.state.location == "inn" else "inn"))
    if play.state.location == "ford":
        both(lambda h: cmd.Travel(h, "inn"))
    play.close(use("ann", "find_key"), cmd.Downtime("bob", "carve"))
    both(lambda h: cmd.Rest(h, "long"))
    both(lambda h: cmd.Travel(h, "ford"))
    play.close(use("ann", "dig"), cmd.Talk("bob", "brynn"))
    play.close(cmd.Talk("ann", "brynn"), use("bob", "bet"))
    both(lambda h: cmd.Travel(h, "inn"))
    both(lambda h: cmd.Rest(h, "long"))
    play.close(cmd.Downtime("ann", "carve"), cmd.Downtime("bob", "carve"))
    both(lambda h: cmd.Travel(h, "chapel"))
    play.close(use("ann", "pray"), use("bob", "hymn"))
    both(lambda h: use(h, "finale"))
    return play


def sheets(content: Content) -> Recorder:
    """Levels, skills, gear, gifts, the cache and trade, in and between turns; somebody joins, and somebody leaves."""
    play = Recorder(content, "golden sheets", ("ann", "bob"), level=3)
    use = cmd.UseAffordance
    play.sheet(
        cmd.LearnSkill("ann", "forge_fire"), cmd.LearnSkill("ann", "hot_iron"), cmd.Unequip("ann", "weapon"),
        cmd.GiveItem("ann", "sword", "bob"), cmd.Equip("bob", "sword"), cmd.GiveGold("ann", 5, "bob"),
        cmd.DropItem("bob", "knife"), cmd.TakeFromCache("ann", "knife"), cmd.Equip("ann", "knife"),
    )  # fmt: skip
    play.ahead(use("ann", "train"))
    play.join("cat")
    play.sheet(cmd.GiveGold("cat", 20, "ann"), cmd.SetRow("cat", "back"))
    play.close(use("bob", "train"), use("cat", "toast"))
    play.close(use("ann", "train"), cmd.Downtime("bob", "chop"), use("cat", "mend_dyke"))
    play.sheet(
        cmd.Buy("bob", "forge", "sword", 1),
        cmd.Buy("bob", "forge", "potion", 2),
        cmd.Respec("ann"),
        cmd.LearnSkill("ann", "steel"),
    )
    play.close(cmd.Pass("ann"), cmd.UseItem("bob", "flask", "bob"), cmd.Rest("cat", "long"))
    play.leave("cat")
    play.sheet(
        cmd.Sell("bob", "forge", "sword", 1), cmd.SetOrders("ann", ({"use": "defend"},)),
        cmd.Unequip("ann", "weapon"),
    )  # fmt: skip
    play.close(cmd.Improvise("ann", "look"), cmd.Pass("bob"))
    return play


def proposals(content: Content) -> Recorder:
    """What a game master proposes: an opinion that words alone move, up, down, and up to where they end."""
    play = Recorder(content, "golden proposals", ("ann", "bob"), level=3)
    for amount in (2, -1, 2, 2):
        play.story(cmd.SwayPerson("ann", "brynn", amount))
        play.ahead(cmd.Talk("bob", "brynn"))
        play.close(cmd.Improvise("ann", "look", "wisdom", "medium"))
    return play


def _fight_on(play: Recorder, seed: int) -> None:
    """Choose among what is legal until the fight is over, with an intent or a standing order now and then."""
    chance = random.Random(seed)
    content = play.content
    while (encounter := play.state.encounter) is not None:
        who = encounter.actor.id
        for friend in play.state.heroes:
            if friend == who or chance.random() < 0.7:
                continue
            try:
                if friend in encounter.intents:
                    play.intend(clear_intent(play.state, friend))
                else:
                    play.intend(
                        lock_intent(
                            play.state,
                            standing_order(play.state, play.state.heroes[friend], content),
                            content,
                        )
                    )
            except RuleError:
                continue  # down, or it is nothing that can be locked
        legal = [
            a
            for a in legal_actions(play.state, who, content)
            if a.enabled and a.kind not in ("flee", "surrender")
        ]
        useful = [a for a in legal if a.kind in ("attack", "ability", "item")]
        if chance.random() < 0.15:
            play.close(standing_order(play.state, play.state.heroes[who], content))
        else:
            play.close(
                command_of(chance.choice(useful if useful and chance.random() < 0.9 else legal), who, chance)
            )


STORIES: dict[str, Callable[[Content], Recorder]] = {
    "beats": beats, "fight": fight, "travel": travel, "sheets": sheets, "proposals": proposals,
}  # fmt: skip

# What each log must have in it to be worth keeping.
MUST_SHOW: dict[str, set[str]] = {
    "beats": {
        "deed", "close", "check_rolled", "contest_rolled", "group_checked", "claim_refused", "choice_made", "helped",
        "help_lapsed", "spoke", "improvised", "turn_passed", "flag_set", "disposition_changed", "reputation_changed",
    },
    "fight": {
        "intent", "LockIntent", "SetOrders", "encounter_started", "ability_used", "attack_hit", "attack_missed",
        "damage_dealt", "healed", "condition_gained", "condition_ended", "condition_resisted", "save_rolled",
        "reaction_used", "cooldown_started", "phase_started", "summoned", "went_down", "death_checked", "revived",
        "intent_cleared", "encounter_ended", "xp_gained", "item_gained",
    },
    "travel": {
        "journey_began", "location_reached", "met_on_the_way", "encounter_started", "encounter_ended", "night_spent",
        "rested", "downtime_spent", "quest_started", "quest_stage_done", "quest_completed", "region_stage_reached",
        "item_lost", "campaign_ended",
    },
    "proposals": {"story", "SwayPerson", "disposition_changed"},
    "sheets": {
        "sheet", "seated", "left", "level_gained", "LearnSkill", "Respec", "Equip", "Unequip", "GiveItem", "GiveGold",
        "DropItem", "TakeFromCache", "Buy", "Sell", "SetRow", "SetOrders",
    },
}  # fmt: skip
