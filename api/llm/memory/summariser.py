"""A model that sums a stretch of the story up; what it writes is checked by whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import structlog

from api.content.catalogue import Content
from api.llm.memory.budget import budget, last_fitting
from api.llm.model_client import Charge, Message, ModelClient, ModelError, ModelRequest, PromptPart
from api.llm.models import Choice
from api.llm.port import NarrationRequest
from api.llm.prompting import block, environment

log = structlog.get_logger()

WORDS = 110


class ModelSummariser:
    """Asks the model that the table of models names for `summary` and the sponsor's tier."""

    def __init__(
        self, clients: Mapping[str, ModelClient], choose: Callable[[str], Choice], content: Content
    ) -> None:
        self._clients = clients
        self._choose = choose
        self._content = content
        self._template = environment().get_template("summary.j2")

    async def summary(self, request: NarrationRequest, passages: Sequence[str]) -> str | None:
        """The stretch in a few sentences, not yet checked; None when no model can be asked or none answers."""
        choice = self._choose(request.tier)
        client = self._clients.get(choice.provider)
        if client is None or not passages:
            return None
        try:
            answer = await client.complete(self.prompt(request, passages, choice))
        except ModelError as error:
            log.warning("summary_unavailable", session_id=request.session_id, why=str(error))
            return None
        return answer.text.strip() or None

    def prompt(self, request: NarrationRequest, passages: Sequence[str], choice: Choice) -> ModelRequest:
        """One call, within the budget of a narration's passages."""
        values = {
            "campaign": self._content.campaigns[request.campaign],
            "party": request.party,
            "story": request.story,
            "passages": last_fitting(passages, budget().passages, str),
            "words": WORDS,
        }
        return ModelRequest(
            system=(PromptPart(block(self._template, "system", values)),),
            messages=(Message("user", block(self._template, "turn", values)),),
            model=choice.model_id,
            max_tokens=min(choice.max_tokens, 96 + 2 * WORDS),
            temperature=choice.temperature,
            effort=choice.effort,
            charge=Charge("summary", request.sponsor, request.session_id, request.tier),
        )
