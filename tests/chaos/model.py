"""A narrator in the provider's stead: it tells each passage in words of its own, until it is told to misbehave."""

from __future__ import annotations

from tests.fakes.anthropic import KEY, Answer, AnthropicStandin
from tests.fakes.anthropic.hosting import Behaviours

TROUBLE = {
    "dropped": Answer(drops=True),
    "overloaded": Answer(error="overloaded_error"),
    "broken_off": Answer(breaks_after=1, breaks_by="error"),
    "cut_off": Answer(breaks_after=2, breaks_by="drop"),
    "too_slow": Answer(seconds_before=7),  # longer than the store's lease on a narration
    "silent": Answer(breaks_after=1, breaks_by="silence"),
}
AT_ONCE = 3  # requests that meet each trouble


class Telling(Behaviours[Answer]):
    """No two passages are alike, so that one which is told twice is found in a channel."""

    told = 0

    def take(self) -> Answer:
        if self.queue:
            return self.queue.popleft()
        Telling.told += 1
        text = f"The lamp burns low at bell {self.told}. Water {self.told} knocks below. What do you do?"
        return Answer(text=text, seconds_before=0.05, seconds_between=0.01)


class Model(AnthropicStandin):
    """`async with Model() as model`; `env` leads the workers here."""

    def __init__(self) -> None:
        super().__init__()
        self._behaviours = Telling(Answer())

    def trouble(self, kind: str) -> None:
        self.behave(*[TROUBLE[kind]] * AT_ONCE)

    def env(self) -> dict[str, str]:
        return {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": self.base_url}
