"""The built-in storyteller: narration from content and grammar, with no model and no network."""

from api.llm.storyteller.narrator import Storyteller
from api.llm.storyteller.recap import PastTurn, recap

__all__ = ["PastTurn", "Storyteller", "recap"]
