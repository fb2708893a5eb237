"""The table of tiers: the design's figures, what an operator may change, and what is refused by file and line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from api.content.loader import load_content
from api.content.problems import ContentError
from api.content.tiers import STANDARD, TIERS, load_tiers, tiers_in

# tier: price, AI calls a day, days of log, characters, party, market, priority listings, early access, models
DESIGN: dict[str, tuple[Any, ...]] = {
    "FREE": (0, 50, 7, 1, 1, False, False, False, "FREE"),
    "BASIC": (4.99, 200, 14, 3, 2, False, False, False, "BASIC"),
    "PREMIUM": (9.99, 1000, 30, 10, 6, True, False, False, "PREMIUM"),
    "ELITE": (19.99, None, 90, None, 10, True, True, True, "ELITE"),
}


@pytest.mark.parametrize("tier", TIERS)
def test_each_tier_is_the_designs(tier: Any) -> None:
    one = load_tiers()[tier]
    found = (one.price_usd, one.ai_calls_a_day, one.log_days, one.characters, one.party, one.market,
             one.priority_listings, one.early_access, one.models)  # fmt: skip
    assert found == DESIGN[tier]


def changed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text(text)
    return path


def test_an_operator_renames_reprices_and_relimits_and_the_rest_stays(tmp_path: Path) -> None:
    ours = changed(
        tmp_path, 'BASIC:\n  name: "Friend"\n  price_usd: 3\n  party: 4\nFREE: {characters: null}\n'
    )
    table = tiers_in(Path("no such data folder"), ours)
    assert (table["BASIC"].name, table["BASIC"].price_usd, table["BASIC"].party) == ("Friend", 3, 4)
    assert table["BASIC"].ai_calls_a_day == 200 and table["FREE"].characters is None
    assert table["PREMIUM"] == load_tiers()["PREMIUM"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("GOLD: {party: 3}\n", "ours.yaml:1: tiers are FREE, BASIC, PREMIUM, ELITE"),
        ("BASIC:\n  party: 3\n  price: 4\n", "ours.yaml:3: unknown field 'BASIC.price'"),
        (
            "BASIC:\n  party: 30\n",
            "ours.yaml:2: BASIC.party: Input should be less than or equal to 10, not 30",
        ),
        ("BASIC:\n  party: 3\n  models: FREE\n", "ours.yaml:3: who pays never gets the models of FREE"),
        (
            "FREE:\n  priority_listings: true\n",
            "ours.yaml:2: listings come first only for who may use the market",
        ),
        ("BASIC: 4.99\n", "ours.yaml:1: must be tiers with the fields to change, such as BASIC: {party: 3}"),
        ("BASIC: {party: 3}\nBASIC: {party: 4}\n", "ours.yaml:2:"),
        ("BASIC: [\n", "broken YAML"),
    ],
)
def test_a_change_that_cannot_work_is_named_by_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ContentError) as refused:
        load_tiers(STANDARD, changed(tmp_path, text))
    assert told in str(refused.value)


def test_a_file_of_changes_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="TIERS_FILE: there is no file"):
        load_tiers(STANDARD, tmp_path / "away.yaml")


def test_the_content_check_reads_the_tiers_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(STANDARD.parent, data)
    (data / "tiers" / "basic.yaml").unlink()
    (data / "tiers" / "gold.yaml").write_text("name: Gold\n")
    (data / "tiers" / "free.yaml").write_text(
        (data / "tiers" / "free.yaml").read_text().replace("party: 1", "party: 0")
    )
    with pytest.raises(ContentError) as refused:
        load_content(data)
    told = str(refused.value)
    assert "tiers/basic.yaml:0: this file is needed" in told and "tiers/gold.yaml:0: tiers are" in told
    assert "tiers/free.yaml:9: party:" in told


def test_another_price_is_no_other_story(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(STANDARD.parent, data)
    path = data / "tiers" / "basic.yaml"
    path.write_text(path.read_text().replace("4.99", "5.99"))
    assert load_content(data).content_hash == load_content(STANDARD.parent).content_hash


@pytest.mark.parametrize(
    ("path", "thing"),
    [("classes/vanguard.yaml", "harbour_sword"), ("creatures/bank_heron.yaml", "lost_spoons")],
)
def test_what_only_a_tier_may_buy_is_not_found(tmp_path: Path, path: str, thing: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(STANDARD.parent, data)
    found = data / path
    assert thing in found.read_text()
    found.write_text(found.read_text().replace(thing, "subscribers_ferrule"))
    with pytest.raises(ContentError, match="'subscribers_ferrule' is exclusive to ELITE: only shops have it"):
        load_content(data)
