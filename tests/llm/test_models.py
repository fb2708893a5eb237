"""The table of models: every cell as the design has it, faults found at the start, and the context of a passage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from api.content.catalogue import Content
from api.llm.contexts import context_of
from api.llm.model_client import Usage
from api.llm.models import CONTEXTS, STANDARD_FILE, TIERS, BadModels, load_models, warnings
from api.llm.port import Deed, NarrationRequest
from api.rules import events as ev
from tests.fakes.game import settings_for
from tests.llm.ruling_scenes import ANN

REPLICATE = ("replicate", "meta/meta-llama-3-70b-instruct", 256, 0.7)
SHORT = ("anthropic", "claude-haiku-5-5", 256, 0.8)
HAIKU = ("anthropic", "claude-haiku-5-5", 512, 0.8)
SONNET = ("anthropic", "claude-sonnet-5-5", 1024, 0.9)
# context: FREE, BASIC, PREMIUM, ELITE, as the design page has it
CELLS = {
    "acknowledgement": (REPLICATE, SHORT, SHORT, SHORT),
    "item_lore": (REPLICATE, SHORT, SHORT, SHORT),
    "ruling": (REPLICATE, HAIKU, HAIKU, HAIKU),
    "npc_dialogue": (REPLICATE, HAIKU, HAIKU, HAIKU),
    "exploration": (REPLICATE, HAIKU, HAIKU, HAIKU),
    "combat": (REPLICATE, HAIKU, HAIKU, HAIKU),
    "summary": (REPLICATE, HAIKU, HAIKU, HAIKU),
    "story_progression": (REPLICATE, HAIKU, SONNET, SONNET),
    "boss_encounter": (REPLICATE, HAIKU, SONNET, SONNET),
    "character_death": (REPLICATE, HAIKU, SONNET, SONNET),
}


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("tier", TIERS)
def test_each_cell_is_the_designs(context: Any, tier: Any) -> None:
    choice = load_models().choose(context, tier)
    found = (choice.provider, choice.model_id, choice.max_tokens, choice.temperature)
    assert found == CELLS[context][TIERS.index(tier)]


def test_the_environment_may_name_one_id_for_a_provider() -> None:
    table = load_models().with_ids(anthropic="claude-haiku-4-5", replicate="")
    assert table.choose("boss_encounter", "ELITE").model_id == "claude-haiku-4-5"
    assert table.choose("boss_encounter", "FREE").model_id == REPLICATE[1]


def test_ids_that_the_sdk_calls_deprecated_are_named_with_their_day() -> None:
    assert warnings(load_models()) == []
    (warning,) = warnings(load_models().with_ids(anthropic="claude-sonnet-4-5"))
    assert "claude-sonnet-4-5" in warning and "November 30th, 2026" in warning


def test_a_calls_price_counts_what_the_cache_saved() -> None:
    price = load_models().choose("combat", "BASIC").price
    assert price.of(Usage(1_000_000, 1_000_000)) == pytest.approx(0.60)
    assert price.of(Usage(0, 0, cached_tokens=1_000_000)) == pytest.approx(0.01)
    assert price.of(Usage(0, 0, cache_written_tokens=1_000_000)) == pytest.approx(0.125)


def test_the_default_tier_is_read_in_any_case_and_checked(tmp_path: Path) -> None:
    assert settings_for(tmp_path).default_tier == "ELITE"
    assert settings_for(tmp_path, default_tier="free").default_tier == "FREE"
    with pytest.raises(ValidationError):
        settings_for(tmp_path, default_tier="GOLD")


def spoilt(tmp_path: Path, change: Any) -> Path:
    raw = yaml.safe_load(STANDARD_FILE.read_text(encoding="utf-8"))
    change(raw)
    path = tmp_path / "models.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda raw: raw["contexts"].pop("combat"), "contexts.combat is missing"),
        (lambda raw: raw["contexts"]["combat"].pop("ELITE"), "contexts.combat.ELITE is missing"),
        (lambda raw: raw["contexts"]["combat"].update(BASIC="FREE"), "contexts.combat.BASIC: paying sponsors never"),
        (lambda raw: raw["contexts"]["combat"].update(BASIC="HUGE"), "contexts.combat.BASIC"),
        (lambda raw: raw["contexts"].update(singing=raw["contexts"]["combat"]), "contexts.singing"),
        (lambda raw: raw["models"].pop("PREMIUM"), "names the model PREMIUM, which is not defined"),
        (lambda raw: raw["models"]["FREE"].update(provider="abacus"), "models.FREE.provider"),
        (lambda raw: raw["models"]["FREE"].update(max_tokens=5), "models.FREE.max_tokens"),
        (lambda raw: raw["models"]["FREE"].update(colour="green"), "models.FREE.colour"),
        (lambda raw: raw["models"]["FREE"]["price"].pop("output"), "models.FREE.price.output"),
        (lambda raw: raw.update(version=2), "version"),
    ],
)  # fmt: skip
def test_a_table_with_a_fault_stops_the_start_and_names_it(tmp_path: Path, change: Any, told: str) -> None:
    with pytest.raises(BadModels) as caught:
        load_models(spoilt(tmp_path, change))
    assert told in str(caught.value)


def test_a_table_that_is_not_there_or_no_yaml_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(BadModels, match="cannot be read"):
        load_models(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("models: [", encoding="utf-8")
    with pytest.raises(BadModels, match="cannot be read"):
        load_models(tmp_path / "bad.yaml")


# --- contexts ----------------------------------------------------------------------------------------------------


def passage(*events: ev.Event, closing: tuple[ev.Event, ...] = (), **values: Any) -> NarrationRequest:
    plain: dict[str, Any] = {
        "session_id": "s", "turn_ids": ("t",), "turn_number": 3, "kind": "beat", "campaign": "low_water_ledger",
        "scene": "drowned_library", "party": (ANN,), "deeds": (Deed(ANN, "", None, events),),
        "closing_events": closing, "history": (),
    }  # fmt: skip
    return NarrationRequest(**{**plain, **values})


CHECK = ev.CheckRolled("ann", "Ann", "wisdom", "easy", 9, (9,), 9, 0, 9, "success")
PASSED = ev.TurnPassed("ann", "Ann", "chosen")
MOVED = ev.SceneEntered("candle_quay", "Candle Quay", "the quay", True)


@pytest.mark.parametrize(
    ("request_", "context"),
    [
        (passage(PASSED), "acknowledgement"),
        (passage(ev.ClaimRefused("ann", "Ann", "No.")), "acknowledgement"),
        (passage(CHECK), "exploration"),
        (passage(PASSED, CHECK), "exploration"),
        (passage(ev.Spoke("ann", "Ann", "odile", "Odile Marrash", 0)), "npc_dialogue"),
        (passage(ev.Spoke("ann", "Ann", "", "", -1)), "exploration"),
        (passage(PASSED, closing=(MOVED,)), "story_progression"),
        (passage(kind="opening"), "story_progression"),
        (passage(PASSED, kind="combat", encounter="inkhounds", in_encounter=True), "combat"),
        (passage(PASSED, kind="combat", encounter="the_reckoning", in_encounter=True), "boss_encounter"),
        (passage(ev.Died("ann", "Ann"), kind="combat", encounter="the_reckoning"), "character_death"),
        (passage(ev.Died("inkhound.1", "Inkhound 1"), kind="combat", encounter="inkhounds"), "combat"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_most_important_thing_that_is_told_decides(
    content: Content, request_: NarrationRequest, context: str
) -> None:
    assert context_of(request_, content) == context
