"""Which model answers: the table of contexts and sponsors' tiers, read from a file and checked at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import yaml
from anthropic.resources.messages import messages as sdk
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.llm.model_client import Effort, Usage

Tier = Literal["FREE", "BASIC", "PREMIUM", "ELITE"]
Context = Literal[
    "acknowledgement", "item_lore", "ruling", "npc_dialogue", "exploration", "combat", "summary", "story_progression",
    "boss_encounter", "character_death",
]  # fmt: skip
ModelTier = Literal["FREE", "STANDARD", "PREMIUM"]
TIERS: tuple[Tier, ...] = ("FREE", "BASIC", "PREMIUM", "ELITE")
CONTEXTS: tuple[Context, ...] = (
    "acknowledgement", "item_lore", "ruling", "npc_dialogue", "exploration", "combat", "summary", "story_progression",
    "boss_encounter", "character_death",
)  # fmt: skip
STANDARD_FILE = Path(__file__).resolve().parent.parent / "config" / "models" / "standard.yaml"
MILLION = 1_000_000
MAX_INPUT = 12_000  # tokens; an ordinary turn's prompt has less than half of it
DEPRECATED: Mapping[str, str] = getattr(sdk, "DEPRECATED_MODELS", {})  # id -> the day on which it ends


class BadModels(ValueError):
    """A table of models that cannot work; the text has one line for each fault."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Strict):
    """US dollars per million tokens. Where only two figures are given, reading from the provider's cache costs a tenth
    of the input, and writing to it a quarter more than the input."""

    input: float = Field(ge=0, le=1000)
    output: float = Field(ge=0, le=1000)
    cached: float | None = Field(None, ge=0, le=1000)
    cache_written: float | None = Field(None, ge=0, le=1000)

    def of(self, usage: Usage) -> float:
        """What one call cost, in dollars."""
        cached = self.input * 0.1 if self.cached is None else self.cached
        written = self.input * 1.25 if self.cache_written is None else self.cache_written
        return (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cached_tokens * cached
            + usage.cache_written_tokens * written
        ) / MILLION


class ModelDef(_Strict):
    """One model as configured."""

    provider: Literal["anthropic", "replicate"]
    id: str = Field(min_length=3, max_length=200)
    max_tokens: int = Field(ge=64, le=8192)
    temperature: float | None = Field(None, ge=0, le=2)
    effort: Effort | None = None
    price: Price
    max_input: int = Field(
        MAX_INPUT, ge=1000, le=200_000, description="tokens of a prompt; a longer one is not sent"
    )


class Cell(_Strict):
    """What one tier gets in one context."""

    model: ModelTier
    max_tokens: int | None = Field(None, ge=64, le=8192)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"model": value} if isinstance(value, str) else value


class _File(_Strict):
    version: Literal[1]
    models: dict[ModelTier, ModelDef]
    contexts: dict[Context, dict[Tier, Cell]]

    @model_validator(mode="after")
    def _whole(self) -> _File:
        faults = [f"contexts.{c} is missing" for c in CONTEXTS if c not in self.contexts]
        for context, row in self.contexts.items():
            faults += [f"contexts.{context}.{tier} is missing" for tier in TIERS if tier not in row]
            for tier, cell in row.items():
                model = self.models.get(cell.model)
                at = f"contexts.{context}.{tier}"
                if model is None:
                    faults.append(f"{at} names the model {cell.model}, which is not defined")
                elif tier != "FREE" and model.provider == "replicate":
                    faults.append(f"{at}: paying sponsors never get Replicate")
        if faults:
            raise ValueError("; ".join(faults))
        return self


@dataclass(frozen=True, slots=True)
class Choice:
    """The model for one call: `max_tokens` is the most that it may answer with, `max_input` that it may be sent."""

    model_tier: ModelTier
    provider: str
    model_id: str
    max_tokens: int
    temperature: float | None
    effort: Effort | None
    price: Price
    max_input: int = MAX_INPUT


@dataclass(frozen=True, slots=True)
class ModelTable:
    """The cells by context and tier."""

    cells: Mapping[tuple[str, str], Choice]

    def choose(self, context: Context, tier: str) -> Choice:
        """The model for a context and a sponsor's tier. Raises KeyError for a tier that does not exist."""
        return self.cells[context, tier]

    def ids(self) -> dict[str, str]:
        """Every model id of the table with its provider."""
        return {c.model_id: c.provider for c in self.cells.values()}

    def with_ids(self, **by_provider: str) -> ModelTable:
        """The table with one id for all models of a provider, where one is given. An id that the table knows keeps its
        own price; of another one nobody knows the price, so that each cell's stays."""
        prices = {c.model_id: c.price for c in self.cells.values()}
        named: dict[tuple[str, str], Choice] = {}
        for at, cell in self.cells.items():
            model = by_provider.get(cell.provider) or cell.model_id
            named[at] = replace(cell, model_id=model, price=prices.get(model, cell.price))
        return ModelTable(named)

    def dearest(self) -> dict[str, Choice]:
        """By model id the cell with the highest price, the most tokens and the longest prompt: what a call may cost."""
        found: dict[str, Choice] = {}
        for cell in self.cells.values():
            known = found.get(cell.model_id, cell)
            price = max(known.price, cell.price, key=lambda p: (p.output, p.input))
            found[cell.model_id] = replace(
                cell, price=price, max_tokens=max(known.max_tokens, cell.max_tokens),
                max_input=max(known.max_input, cell.max_input),
            )  # fmt: skip
        return found


def load_models(path: Path = STANDARD_FILE) -> ModelTable:
    """Read and check a table. Raises BadModels with a line for each fault."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        file = _File.model_validate(raw)
    except (OSError, yaml.YAMLError) as error:
        raise BadModels(f"{path}: cannot be read: {error}") from error
    except ValidationError as error:
        lines = [
            f"{path.name}: " + ": ".join(filter(None, [".".join(map(str, e["loc"])), e["msg"]]))
            for e in error.errors()
        ]
        raise BadModels("\n".join(lines)) from error
    cells: dict[tuple[str, str], Choice] = {}
    for context, row in file.contexts.items():
        for tier, cell in row.items():
            model = file.models[cell.model]
            cells[context, tier] = Choice(
                cell.model, model.provider, model.id, min(cell.max_tokens or model.max_tokens, model.max_tokens),
                model.temperature, model.effort, model.price, model.max_input,
            )  # fmt: skip
    return ModelTable(cells)


def warnings(table: ModelTable) -> list[str]:
    """A sentence for each id that Anthropic's SDK marks as deprecated, with the day on which it ends."""
    return [
        f"{model}: its provider retires it on {DEPRECATED[model]}; configure another"
        for model, provider in table.ids().items()
        if provider == "anthropic" and model in DEPRECATED
    ]
