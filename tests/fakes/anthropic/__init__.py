"""A stand-in for Anthropic's Messages API; see README.md."""

from tests.fakes.anthropic.rules import FIELDS, MODELS
from tests.fakes.anthropic.standin import KEY, PASSAGE, Answer, AnthropicStandin

__all__ = ["FIELDS", "KEY", "MODELS", "PASSAGE", "AnthropicStandin", "Answer"]
