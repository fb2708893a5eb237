"""A stand-in for Replicate's prediction API; see README.md."""

from tests.fakes.replicate.rules import MODELS, VERSIONS
from tests.fakes.replicate.standin import PASSAGE, TOKEN, Answer, ReplicateStandin

__all__ = ["MODELS", "PASSAGE", "TOKEN", "VERSIONS", "Answer", "ReplicateStandin"]
