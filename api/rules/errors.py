"""Refusals of the rules: each has a stable code and a sentence; the edge adds what is legal instead."""

from __future__ import annotations


class RuleError(Exception):
    """A command that the rules refuse; nothing has changed. `code` is stable, the message is for people."""

    code = "illegal_action"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class IllegalAction(RuleError):
    """The action does not exist here or now. Most refusals of this kind have a code of their own, below."""


class StoryOver(IllegalAction):
    code = "session_over"


class NotHere(IllegalAction):
    """Nothing of that name can be done in this place."""

    code = "not_here"


class Closed(IllegalAction):
    """It is here, and something is lacking for it: the level, the hour, an opinion, a turn of the story."""

    code = "closed"


class DoneAlready(IllegalAction):
    """It was done, tried or is so already, and once is all there is."""

    code = "done_already"


class NoWay(IllegalAction):
    """No way of the map leads there from here."""

    code = "no_way"


class NoRest(IllegalAction):
    """No rest of this kind is to be had here."""

    code = "no_rest"


class Wasted(IllegalAction):
    """It would change nothing, so it is kept."""

    code = "wasted"


class TurnedAway(IllegalAction):
    """Somebody does not wish to speak with the party."""

    code = "turned_away"


class NotUsable(IllegalAction):
    """A thing that cannot be used up, or an ability that is never chosen."""

    code = "not_usable"


class UnknownAbility(IllegalAction):
    code = "unknown_ability"


class NoFlight(IllegalAction):
    code = "no_flight"


class NoParley(IllegalAction):
    code = "no_parley"


class NoFight(IllegalAction):
    """What belongs in a fight, where there is none."""

    code = "no_fight"


class NotLockable(IllegalAction):
    """Only a hero's own turn to come, and only what a button means, is decided ahead."""

    code = "not_lockable"


class NothingLocked(IllegalAction):
    code = "nothing_locked"


class BadValue(IllegalAction):
    """A part of the command that cannot be: a number out of its range, a row or score that does not exist."""

    code = "bad_value"


class NoSkills(IllegalAction):
    """Nothing was learnt that could be given back."""

    code = "no_skills"


class NotYourTurn(RuleError):
    code = "not_your_turn"


class UnknownTarget(RuleError):
    code = "unknown_target"


class NotCarried(RuleError):
    code = "not_carried"


class NoMana(RuleError):
    code = "no_mana"


class OnCooldown(RuleError):
    code = "on_cooldown"


class HeroDown(RuleError):
    code = "hero_down"


class DiceError(RuleError):
    """A dice expression that cannot be read or that is too large."""

    code = "invalid"


class InFight(IllegalAction):
    """Sheets are changed, and most deeds done, outside fights."""

    code = "in_fight"


class NotEnoughGold(RuleError):
    code = "not_enough_gold"


class BagFull(RuleError):
    code = "bag_full"


class CannotWear(RuleError):
    code = "cannot_wear"


class StillWorn(RuleError):
    """What is worn must be taken off before it changes hands."""

    code = "still_worn"


class SkillLocked(RuleError):
    code = "skill_locked"


class NoSkillPoints(RuleError):
    code = "no_skill_points"


class NotForSale(RuleError):
    code = "not_for_sale"


class NoShop(RuleError):
    code = "no_shop"


class NoTable(RuleError):
    """Only a hero at a table has friends, a cache and shops."""

    code = "no_table"


class OutOfReach(RuleError):
    """A target that exists and cannot be reached from here."""

    code = "out_of_reach"


class Untargetable(OutOfReach):
    """A foe that cannot be made out to aim at."""

    code = "untargetable"


class Taunted(OutOfReach):
    """The taunted aim at nobody but the taunter, as long as they reach it."""

    code = "taunted"


class NoTurn(RuleError):
    """Stunned, asleep and the like: the next own turn is lost."""

    code = "no_turn"


class Silenced(RuleError):
    code = "silenced"


class Rooted(RuleError):
    code = "rooted"


class WrongRow(RuleError):
    code = "wrong_row"


class FightUnderWay(RuleError):
    """A fight begins only where none is."""

    code = "fight_under_way"
