"""Buttons, selects, containers: walking through them, and the shape in which Discord gives them back."""

from collections.abc import Callable, Iterator
from typing import Any

ROW, BUTTON, SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18

SELECTS = (SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
LEGACY = (ROW, BUTTON, *SELECTS)
LINK, PREMIUM = 5, 6

Component = dict[str, Any]
Path = tuple[str | int, ...]


def walk(parts: Any, path: Path = ("components",)) -> Iterator[tuple[Path, Component]]:
    """Every component below `parts`, in reading order, with its place in the body."""
    if not isinstance(parts, list):
        return
    for index, part in enumerate(parts):
        if isinstance(part, dict):
            yield from _walk_one(part, (*path, index))


def _walk_one(part: Component, path: Path) -> Iterator[tuple[Path, Component]]:
    yield path, part
    yield from walk(part.get("components"), (*path, "components"))
    for key in ("accessory", "component"):
        if isinstance(part.get(key), dict):
            yield from _walk_one(part[key], (*path, key))


def texts(parts: list[Component]) -> list[str]:
    """The text displays, in reading order."""
    return [part["content"] for _, part in walk(parts) if part["type"] == TEXT]


def stored(parts: list[Component], unfurl: Callable[[dict[str, Any]], dict[str, Any]]) -> list[Component]:
    """The components of a request as Discord keeps and shows them: numbered, defaults filled, nulls gone.

    `unfurl` turns `{"url": ...}` into a full media object.
    """
    taken = {part["id"] for _, part in walk(parts) if part.get("id")}
    return [_stored(part, unfurl, _free_numbers(taken)) for part in parts]


def _free_numbers(taken: set[int]) -> Iterator[int]:
    number = 1
    while True:
        if number not in taken:
            taken.add(number)
            yield number
        number += 1


def _stored(
    part: Component, unfurl: Callable[[dict[str, Any]], dict[str, Any]], numbers: Iterator[int]
) -> Component:
    kept = {key: value for key, value in part.items() if value is not None and key != "required"}
    kept["id"] = part.get("id") or next(numbers)
    kind = part["type"]
    if "components" in kept:
        kept["components"] = [_stored(inner, unfurl, numbers) for inner in kept["components"]]
    if kind == SECTION:
        kept["accessory"] = _stored(kept["accessory"], unfurl, numbers)
    elif kind in SELECTS:
        kept.setdefault("min_values", 1)
        kept.setdefault("max_values", 1)
        if kind == SELECT:
            kept["options"] = [_without_nulls(option) for option in kept["options"]]
    elif kind == CONTAINER:
        kept.setdefault("accent_color", None)
        kept.setdefault("spoiler", False)
    elif kind == SEPARATOR:
        kept.setdefault("spacing", 1)
        kept.setdefault("divider", True)
    elif kind == THUMBNAIL:
        kept = {**_media_defaults(kept), "media": unfurl(kept["media"])}
    elif kind == GALLERY:
        kept["items"] = [{**_media_defaults(item), "media": unfurl(item["media"])} for item in kept["items"]]
    elif kind == FILE:
        kept["file"] = unfurl(kept["file"])
        kept.setdefault("spoiler", False)
        kept.update(name=kept["file"]["url"].rpartition("/")[2], size=None)
    if isinstance(kept.get("emoji"), dict):
        kept["emoji"] = _without_nulls(kept["emoji"])
    return kept


def _media_defaults(item: Component) -> Component:
    return {**item, "description": item.get("description"), "spoiler": bool(item.get("spoiler"))}


def _without_nulls(thing: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in thing.items()
        if value is not None
    }
