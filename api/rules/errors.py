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
