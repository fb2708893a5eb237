"""Each way to break the world's files is refused with the file, the line and the reason: maps, quests, people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.content.catalogue import Content
from api.content.definitions import KINDS
from api.content.loader import load_content
from api.content.problems import ContentError
from api.content.stats import counts
from tests.rules.map_world import map_content

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def data(tmp_path: Path, content: Content) -> Path:
    """The game's content and, as files, the small map world of the rules' tests."""
    root = Path(shutil.copytree(DATA, tmp_path / "data"))
    mapped = map_content(content)
    for kind in KINDS:
        before = getattr(content, kind)
        for key, one in getattr(mapped, kind).items():
            if key not in before:
                write(root, kind, key, one.model_dump(mode="json", exclude_defaults=True))
    return root


def write(root: Path, kind: str, key: str, plain: dict[str, Any]) -> None:
    (root / kind).mkdir(exist_ok=True)
    plain = json.loads(json.dumps(plain))  # nothing twice, or it would be written with anchors
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=1000)
    (root / kind / f"{key}.yaml").write_text(text, encoding="utf-8")


def change(root: Path, kind: str, key: str, /, **values: Any) -> None:
    """Write a file anew with other values; None takes a field away."""
    path = root / kind / f"{key}.yaml"
    plain = {**yaml.safe_load(path.read_text(encoding="utf-8")), **values}
    write(root, kind, key, {k: v for k, v in plain.items() if v is not None})


def way(to: str, **values: Any) -> dict[str, Any]:
    return {"to": to, "minutes": 5, "label": "Go", "tell": ["Gone."], **values}


def test_a_world_with_a_map_is_accepted_and_counted(data: Path) -> None:
    found = counts(load_content(data))
    plain = counts(load_content(DATA))
    assert found["locations"] - plain["locations"] == 3
    assert (found["regions"], found["quests"], found["campaigns"]) == (
        plain["regions"] + 1, plain["quests"] + 3, plain["campaigns"] + 1,
    )  # fmt: skip
    assert found["npcs"] == plain["npcs"] + 1


STAGE = {"key": "look", "objective": "Look."}
GOAL = {"kind": "visit", "key": "ford"}
LINES = [{"encounter": "duel"}]


def goals(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"stages": [{**STAGE, "goals": [{"kind": kind, "key": key, **more}]}]}


def ways(*others: dict[str, Any]) -> dict[str, Any]:
    return {"ways": list(others)}


# (kind, key, what is changed, the beginning of the line where the problem stands, the reason)
BREAKAGES: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("locations", "ford", {"region": "mersh"}, "region:", "there is no region 'mersh' (did you mean marsh?)"),
    ("locations", "ford", {"scene": "fort"}, "scene:", "there is no scene 'fort'"),
    ("locations", "ford", {"shops": ["stare"]}, "- stare", "there is no shop 'stare'"),
    ("locations", "ford", {"downtime": ["chap"]}, "- chap", "there is no downtime activity 'chap'"),
    ("locations", "ford", {"scene": "chapel"}, "scene:", "'chapel' is the scene of 'chapel' already"),
    ("locations", "ford", {"rest_price": 3}, "rest_price", "only a long rest has a price"),
    ("locations", "ford", ways(way("inn"), way("moon")), "- to: moon", "there is no location 'moon'"),
    ("locations", "ford", ways(way("inn"), way("ford")), "- to: ford", "a way leads to another location"),
    ("locations", "ford", ways(way("inn"), way("inn")), "- to: inn", "a way to 'inn' stands here twice"),
    ("locations", "ford", ways(way("inn", dangers="rood", danger_percent=9)), "dangers:",
     "there is no encounter table 'rood' (did you mean road?)"),
    ("locations", "ford", ways(way("inn", danger_percent=9)), "- to: inn", "belong together"),
    ("locations", "ford", ways(way("inn", dangers="road")), "- to: inn", "belong together"),
    ("locations", "ford", ways(way("inn", requires={"flags": ["never_set"]})), "- never_set",
     "nothing in this campaign sets the flag 'never_set'"),
    ("locations", "ford", ways(way("inn", requires={"reputation": {"wordens": 3}})), "wordens:",
     "there is no faction 'wordens'"),
    ("locations", "ford", ways(), "affordances:", "a party can be stuck in 'ford'"),
    ("regions", "marsh", {"stages": [{"hours": 9, "tell": ["A."]}, {"hours": 9, "tell": ["B."]}]}, "- hours: 9",
     "stages stand in rising order of hours: 9 does not follow 9"),
    ("regions", "marsh", {"stages": [{"hours": 9, "tell": ["A."], "without": ["never_set"]}]}, "- never_set",
     "nothing in this campaign sets the flag 'never_set'"),
    ("encounter_tables", "road", {"lines": [{"encounter": "dual"}]}, "- encounter: dual",
     "there is no encounter 'dual' (did you mean duel?)"),
    ("encounter_tables", "road", {"lines": [*LINES, {"weight": 3}]}, "- weight: 3", "a line needs an encounter"),
    ("encounter_tables", "road", {"lines": [{"encounter": "duel", "levels": [4, 2]}]}, "levels:",
     "levels are [least, most]"),
    ("npcs", "brynn", {"faction": "guild"}, "faction:", "there is no faction 'guild'"),
    ("npcs", "brynn", {"key": "bryn"}, "key:", "the key of a person's file is its name: 'brynn'"),
    ("scenes", "inn", {"npcs": ["brynn", "brynn"]}, "- brynn", "the person 'brynn' stands here twice"),
    ("scenes", "inn", {"npcs": ["brinn"]}, "- brinn", "there is no person 'brinn' (did you mean brynn?)"),
    ("quests", "thanks", goals("item", "tropy"), "key: tropy", "there is no item 'tropy' (did you mean trophy?)"),
    ("quests", "thanks", goals("defeat", "ogree"), "key: ogree", "there is no creature 'ogree'"),
    ("quests", "thanks", goals("talk", "nobody"), "key: nobody", "there is nobody 'nobody' to talk to"),
    ("quests", "thanks", goals("flag", "flood", count=2), "count: 2", "a flag is set or not"),
    ("quests", "thanks", goals("flag", "never_set"), "key: never_set",
     "no party of 'Marches' can reach: flag never_set"),
    ("quests", "thanks", goals("win", "inkhounds"), "key: inkhounds",
     "no party of 'Marches' can reach: win inkhounds"),
    ("quests", "thanks", goals("talk", "wick"), "key: wick", "no party of 'Marches' can reach: talk wick"),
    ("quests", "thanks", {"stages": [{**STAGE, "goals": [GOAL]}, {**STAGE, "goals": [GOAL]}]}, "- key: look",
     "the stage 'look' stands here twice"),
    ("quests", "thanks", {"stages": [{**STAGE, "goals": [GOAL], "reward": {"tell": ["A."], "goto": "inn"}}]},
     "goto: inn", "a reward cannot move the party"),
    ("quests", "thanks", {"stages": [{**STAGE, "goals": [GOAL], "reward": {"tell": ["A."], "give": ["nix"]}}]},
     "- nix", "there is no item 'nix'"),
    ("quests", "thanks", {"starts": {"quest_done": "thinks"}}, "quest_done:", "there is no quest 'thinks'"),
    ("quests", "thanks", {"fails_with": ["never_set"]}, "- never_set",
     "nothing in this campaign sets the flag 'never_set'"),
    ("downtime", "chop", {"stat": "wisdom"}, "name:", "an activity needs a failure where it rolls"),
    ("downtime", "chop", {"success": {"tell": ["A."], "encounter": "duel"}}, "encounter:",
     "downtime cannot move the party"),
    ("campaigns", "marches", {"location": "inne"}, "location:", "there is no location 'inne'"),
    ("campaigns", "marches", {"location": "ford"}, "location:", "the story starts in 'inn', but"),
    ("campaigns", "marches", {"quests": ["ogres", "thanks", "vigil", "nap"]}, "- nap", "there is no quest 'nap'"),
    ("campaigns", "marches", {"quests": ["ogres", "vigil"]}, "quests:", "begins in this campaign, but is not listed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "key", "values", "at", "reason"), BREAKAGES, ids=lambda value: str(value)[:40]
)
def test_a_broken_world_is_named_by_file_line_and_reason(
    data: Path, kind: str, key: str, values: dict[str, Any], at: str, reason: str
) -> None:
    change(data, kind, key, **values)
    with pytest.raises(ContentError) as caught:
        load_content(data)
    found = [str(problem) for problem in caught.value.problems]
    folder = "scenes" if at == "affordances:" else kind
    text = (data / folder / f"{key}.yaml").read_text("utf-8").splitlines()
    lines = [number for number, line in enumerate(text, start=1) if line.strip().startswith(at)]
    expected = tuple(f"data/{folder}/{key}.yaml:{line}: " for line in lines)
    assert any(one.startswith(expected) and reason in one for one in found), found


def test_a_location_that_nobody_reaches_is_named(data: Path) -> None:
    change(data, "locations", "inn", ways=[way("ford", dangers="road", danger_percent=5)])
    change(data, "locations", "ford", ways=[way("inn")])
    with pytest.raises(ContentError, match="no campaign's party can reach the location 'chapel'"):
        load_content(data)


def test_a_scene_of_the_map_that_the_campaign_does_not_list_is_named(data: Path) -> None:
    change(data, "campaigns", "marches", scenes=["inn", "ford", "cell"])
    with pytest.raises(ContentError, match="locations/chapel.yaml:.*'chapel' is not a scene of 'Marches'"):
        load_content(data)


@pytest.mark.parametrize(
    ("kind", "key", "values", "reason"),
    [
        ("locations", "inn", {"downtime": ["chop"]}, "no location offers 'carve'"),
        ("locations", "inn", ways(way("ford"), way("chapel")), "nor a scene has the encounter table 'road'"),
        ("campaigns", "marches", {"quests": ["ogres", "thanks"]}, "no campaign lists the quest 'vigil'"),
    ],
)
def test_what_nothing_names_is_reported(
    data: Path, kind: str, key: str, values: dict[str, Any], reason: str
) -> None:
    change(data, kind, key, **values)
    with pytest.raises(ContentError, match=reason):
        load_content(data)


def test_a_person_that_no_scene_names_is_reported(data: Path) -> None:
    for scene in ("inn", "ford"):
        change(data, "scenes", scene, npcs=None)
    with pytest.raises(ContentError, match="no scene names the person 'brynn'"):
        load_content(data)


def test_a_region_without_locations_is_reported(data: Path) -> None:
    write(data, "regions", "void", {"name": "The Void", "summary": "x."})
    with pytest.raises(ContentError, match="no location lies in the region 'void'"):
        load_content(data)


def test_a_quest_that_nothing_begins_is_named(data: Path) -> None:
    change(data, "quests", "vigil", starts=None)
    with pytest.raises(ContentError, match="nothing begins the quest 'vigil'"):
        load_content(data)


def test_what_waits_for_a_quest_that_nobody_finishes_is_named(data: Path) -> None:
    change(data, "quests", "ogres", **goals("flag", "never_set"))
    with pytest.raises(ContentError, match="ford.yaml:.*no party finishes the quest 'ogres'"):
        load_content(data)


def test_what_only_the_world_did_remembers_nobody(data: Path) -> None:
    change(data, "campaigns", "marches", callbacks=[{"flag": "flood", "text": "{who} saw it."}])
    with pytest.raises(ContentError, match="nothing in this campaign sets the flag 'flood'"):
        load_content(data)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"group": True}, "'lift' is rolled for, so it needs a stat"),
        ({"contest": {"name": "The Eel"}}, "'lift' is rolled for, so it needs a stat"),
        ({"stat": "wisdom", "failure": {"tell": ["A."]}, "group": True, "contest": {"name": "The Eel"}},
         "it cannot be the group's"),
        ({"requires": {"classes": ["piper"]}}, "there is no class 'piper'"),
        ({"requires": {"quest": "thanx"}}, "there is no quest 'thanx'"),
        ({"requires": {"disposition": {"bryn": 3}}}, "there is no person 'bryn'"),
        ({"success": {"tell": ["A."], "remember": {"bryn": "A."}}}, "there is no person 'bryn'"),
        ({"success": {"tell": ["A."], "reputation": {"wordens": 3}}}, "there is no faction 'wordens'"),
        ({"success": {"tell": ["A."], "loot_table": "heap"}}, "there is no loot table 'heap'"),
        ({"success": {"tell": ["A."], "quest": "thanx"}}, "there is no quest 'thanx'"),
    ],
)  # fmt: skip
def test_a_broken_affordance_of_the_new_kinds_is_named(
    data: Path, values: dict[str, Any], reason: str
) -> None:
    path = data / "scenes" / "inn.yaml"
    things = yaml.safe_load(path.read_text(encoding="utf-8"))["affordances"]
    lift = {
        "key": "lift", "label": "Lift it", "kind": "force", "words": ["lift"], "doing": "lifts it",
        "success": {"tell": ["A."]},
    }  # fmt: skip
    change(data, "scenes", "inn", affordances=[*things, {**lift, **values}])
    with pytest.raises(ContentError, match=reason):
        load_content(data)
