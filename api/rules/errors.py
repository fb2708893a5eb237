"""Refusals of the rules: each has a stable code and a sentence; the edge adds what is legal instead."""

from __future__ import annotations


class RuleError(Exception):
    """A command that the rules refuse; nothing has changed. `code` is stable, the message is for people."""

    code = "illegal_action"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class IllegalAction(RuleError):
    """The action does not exist here or now."""


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


class InFight(RuleError):
    """Sheets are changed outside fights."""

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
