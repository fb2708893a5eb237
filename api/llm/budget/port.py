"""The budget port: leave to make a call is taken before it and settled after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from api.llm.model_client import BadRequest, Charge, ModelError, Usage

Limit = Literal["quota", "ceiling"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Leave for one call. It belongs to the UTC day on which it was taken; `micros` are what the call may cost at most,
    in millionths of a dollar."""

    id: str
    day: str
    charge: Charge
    model: str
    worst: Usage
    micros: int


class OverBudget(ModelError):
    """The call was not made: the sponsor's calls of the day are used up, or the operator's ceiling is reached.

    `resets_at` is when the next day begins, as ISO text; `allowed` the calls or the dollars of a day.
    """

    def __init__(self, provider: str, limit: Limit, resets_at: str, allowed: float) -> None:
        what = "calls of the day are used up" if limit == "quota" else "daily ceiling is reached"
        super().__init__(provider, f"the {what} ({allowed:g})")
        self.limit: Limit = limit
        self.resets_at = resets_at
        self.allowed = allowed


class PromptTooLong(BadRequest):
    """The call was not made: its prompt is longer than the model's `max_input`."""


class Budget(Protocol):
    """Keeps what was reserved and spent. Safe to share between threads and processes."""

    def reserve(self, provider: str, charge: Charge, model: str, worst: Usage, micros: int) -> Reservation:
        """Leave for one call. Raises OverBudget; StoreError when it cannot be asked."""
        ...

    def settle(self, reservation: Reservation, usage: Usage, micros: int) -> None:
        """The call is over and cost this. Settling it again, or after it expired, changes nothing."""
        ...

    def give_back(self, reservation: Reservation) -> None:
        """The call was not made, or the provider did no work for it."""
        ...
