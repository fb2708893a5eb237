"""How many calls of models a tier may make a day, from `api/config/budget.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.llm.models import TIERS, Tier

FILE = Path(__file__).resolve().parents[2] / "config" / "budget.yaml"


class BadBudget(ValueError):
    """A file of limits that cannot work; the text has one line for each fault."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1]
    calls_a_day: dict[Tier, int | None] = Field(description="null: without limit")

    @model_validator(mode="after")
    def _whole(self) -> _File:
        faults = [f"calls_a_day.{tier} is missing" for tier in TIERS if tier not in self.calls_a_day]
        faults += [
            f"calls_a_day.{t} must be 0 or more, or null" for t, n in self.calls_a_day.items() if n and n < 0
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def load_limits(path: Path = FILE) -> dict[str, int | None]:
    """Calls a day by tier; None is without limit. Raises BadBudget."""
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadBudget(f"{path.name}: {error}") from error
    return {str(tier): calls for tier, calls in file.calls_a_day.items()}


@cache
def standard_limits() -> dict[str, int | None]:
    """Those of this installation, read once."""
    return load_limits()
