"""What is not welcome at this table (`api/moderation/`), in a model's prose."""

from __future__ import annotations

from api.llm.checking.verdicts import Fault
from api.llm.port import NarrationRequest
from api.moderation.port import Moderator

# What a model can mend its passage by; it names no word.
REASONS = {
    "refuse": "This is not told at this table ({category}). Tell what happened without it.",
    "soften": "This is told too graphically for this table ({category}). Tell it in fewer colours.",
}


def unwelcome(moderator: Moderator, sentence: str, request: NarrationRequest) -> Fault | None:
    """The fault of a sentence that the session's rating does not allow, whether it is to be refused or softened."""
    verdict = moderator.look(sentence, "prose", request.audience)
    if verdict.action == "allow":
        return None
    category = str(verdict.category).replace("_", " ")
    return Fault("unwelcome", REASONS[verdict.action].format(category=category))
