"""Where two states differ, in paths that can be read."""

from __future__ import annotations

from typing import Any

import pytest

from api.rules.differences import differences


@pytest.mark.parametrize(
    ("logged", "replayed", "lines"),
    [
        ({"a": 1, "b": [1, {"c": 2}]}, {"b": [1, {"c": 2}], "a": 1}, []),
        ({"hp": 3}, {"hp": 4}, ["hp: logged 3, replayed 4"]),
        ({"x": {"rat.1": {"hp": 3}}}, {"x": {"rat.1": {"hp": 4}}}, ['x["rat.1"].hp: logged 3, replayed 4']),
        ({"x": {"a": 1}}, {"x": {}}, ["x.a: logged 1, replayed nothing"]),
        ({"x": [1]}, {"x": [1, 2]}, ["x[1]: logged nothing, replayed 2"]),
        ({"x": None}, {"x": {}}, ["x: logged null, replayed {}"]),
        ({"x": True}, {"x": 1}, ["x: logged true, replayed 1"]),
        ({"x": 1}, {"x": 1.0}, []),
        (1, 2, ["all of it: logged 1, replayed 2"]),
    ],
)
def test_each_innermost_place_is_named(logged: Any, replayed: Any, lines: list[str]) -> None:
    assert [str(d) for d in differences(logged, replayed)] == lines


def test_long_values_are_shortened() -> None:
    (found,) = differences({"x": "a" * 500}, {"x": 1})
    assert len(found.logged) == 80 and found.logged.endswith("…")
