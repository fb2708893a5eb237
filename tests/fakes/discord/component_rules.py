"""Discord's limits on buttons, selects, Components V2 and modals, written out by hand."""

from collections.abc import Iterator
from typing import Any

from tests.fakes.discord.components import (
    BUTTON,
    CONTAINER,
    LABEL,
    LEGACY,
    LINK,
    PREMIUM,
    ROW,
    SELECT,
    SELECTS,
    TEXT,
    TEXT_INPUT,
    Component,
    Path,
    walk,
)
from tests.fakes.discord.errors import FormProblem

ROWS_LIMIT = 5
BUTTONS_IN_ROW_LIMIT = 5
OPTIONS_LIMIT = 25
V2_COMPONENTS_LIMIT = 40
V2_TEXT_LIMIT = 4000
CUSTOM_ID_LIMIT = 100
BUTTON_LABEL_LIMIT = 80
MODAL_TITLE_LIMIT = 45
MODAL_COMPONENTS_LIMIT = 5
TOP_LEVEL_V2 = (ROW, 9, TEXT, 12, 13, 14, CONTAINER)


def _length(path: Path, limit: int) -> FormProblem:
    return FormProblem(path, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {limit} in length.")


def message_component_problems(parts: Any, v2: bool) -> Iterator[FormProblem]:
    """What is wrong with a message's components; `v2` says whether its Components V2 flag is set."""
    if not isinstance(parts, list):
        yield FormProblem(("components",), "BASE_TYPE_BAD_TYPE", "Must be of type array.")
        return
    top_level = TOP_LEVEL_V2 if v2 else (ROW,)
    for index, part in enumerate(parts):
        if part.get("type") not in top_level:
            yield FormProblem(
                ("components", index, "type"), "UNION_TYPE_CHOICES", f"Value must be one of {top_level}."
            )
    everything = list(walk(parts))
    if v2:
        yield from _v2_problems(everything)
    else:
        if len(parts) > ROWS_LIMIT:
            yield _length(("components",), ROWS_LIMIT)
        for path, part in everything:
            if part.get("type") not in LEGACY and len(path) > 2:
                yield FormProblem(
                    (*path, "type"), "COMPONENT_TYPE_INVALID", "Needs the IS_COMPONENTS_V2 flag."
                )
    yield from _parts_problems(everything)


def modal_problems(data: dict[str, Any]) -> Iterator[FormProblem]:
    """What is wrong with the `data` of a modal."""
    for name in sorted(set(data) - {"custom_id", "title", "components"}):
        yield FormProblem(("data", name), "UNKNOWN_FIELD", "Discord knows no such field here")
    if not 1 <= len(data.get("title") or "") <= MODAL_TITLE_LIMIT:
        yield _length(("data", "title"), MODAL_TITLE_LIMIT)
    if not 1 <= len(data.get("custom_id") or "") <= CUSTOM_ID_LIMIT:
        yield _length(("data", "custom_id"), CUSTOM_ID_LIMIT)
    parts = data.get("components") or []
    if not 1 <= len(parts) <= MODAL_COMPONENTS_LIMIT:
        yield _length(("data", "components"), MODAL_COMPONENTS_LIMIT)
    for index, part in enumerate(parts):
        if part.get("type") not in (ROW, TEXT, LABEL):
            yield FormProblem(
                ("data", "components", index, "type"), "UNION_TYPE_CHOICES", "Not a modal's component."
            )
    everything = list(walk(parts, ("data", "components")))
    for path, part in everything:
        if part.get("type") == TEXT_INPUT and path[-1] != "component" and not part.get("label"):
            yield FormProblem((*path, "label"), "BASE_TYPE_REQUIRED", "This field is required")
        if part.get("type") == LABEL and not 1 <= len(part.get("label") or "") <= 45:
            yield _length((*path, "label"), 45)
    yield from _parts_problems(everything)


def _v2_problems(everything: list[tuple[Path, Component]]) -> Iterator[FormProblem]:
    if len(everything) > V2_COMPONENTS_LIMIT:
        yield FormProblem(
            ("components",),
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The maximum number of components ({V2_COMPONENTS_LIMIT}) was exceeded.",
        )
    length = sum(len(part.get("content") or "") for _, part in everything if part.get("type") == TEXT)
    if length > V2_TEXT_LIMIT:
        yield FormProblem(
            ("components",),
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"The total displayable text size exceeds the maximum of {V2_TEXT_LIMIT}.",
        )
    for path, part in everything:
        if part.get("type") == TEXT and not part.get("content"):
            yield FormProblem((*path, "content"), "BASE_TYPE_REQUIRED", "This field is required")


def _parts_problems(everything: list[tuple[Path, Component]]) -> Iterator[FormProblem]:
    seen: set[str] = set()
    for path, part in everything:
        kind = part.get("type")
        if kind == ROW:
            yield from _row_problems(path, part)
        elif kind == BUTTON:
            yield from _button_problems(path, part)
        elif kind in SELECTS:
            yield from _select_problems(path, part)
        custom_id = part.get("custom_id")
        if custom_id is None:
            continue
        if not 1 <= len(custom_id) <= CUSTOM_ID_LIMIT:
            yield _length((*path, "custom_id"), CUSTOM_ID_LIMIT)
        if custom_id in seen:
            yield FormProblem(
                (*path, "custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        seen.add(custom_id)


def _row_problems(path: Path, row: Component) -> Iterator[FormProblem]:
    inner = row.get("components") or []
    if not 1 <= len(inner) <= BUTTONS_IN_ROW_LIMIT:
        yield _length((*path, "components"), BUTTONS_IN_ROW_LIMIT)
    wide = [part for part in inner if part.get("type") in (*SELECTS, TEXT_INPUT)]
    if wide and len(inner) > 1:
        yield FormProblem(
            (*path, "components"),
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        )


def _button_problems(path: Path, button: Component) -> Iterator[FormProblem]:
    if len(button.get("label") or "") > BUTTON_LABEL_LIMIT:
        yield _length((*path, "label"), BUTTON_LABEL_LIMIT)
    style = button.get("style")
    if style == LINK:
        if not button.get("url") or button.get("custom_id"):
            yield FormProblem(
                (*path, "url"), "BASE_TYPE_REQUIRED", "A link button has a url and no custom_id"
            )
    elif style != PREMIUM:
        if not button.get("custom_id"):
            yield FormProblem((*path, "custom_id"), "BASE_TYPE_REQUIRED", "A custom id is required")
        if button.get("url"):
            yield FormProblem((*path, "url"), "BUTTON_COMPONENT_URL_NOT_ALLOWED", "Only links have a url")
    if style != PREMIUM and not button.get("label") and not button.get("emoji"):
        yield FormProblem(
            (*path, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", "A button has a label or an emoji"
        )


def _select_problems(path: Path, select: Component) -> Iterator[FormProblem]:
    least, most = select.get("min_values"), select.get("max_values")
    if least is not None and most is not None and least > most:
        yield FormProblem((*path, "min_values"), "NUMBER_TYPE_MAX", "min_values exceeds max_values")
    if select.get("type") != SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= OPTIONS_LIMIT:
        yield _length((*path, "options"), OPTIONS_LIMIT)
    values: set[str] = set()
    for index, option in enumerate(options):
        for name in ("label", "value"):
            if not 1 <= len(option.get(name) or "") <= 100:
                yield _length((*path, "options", index, name), 100)
        if option.get("value") in values:
            yield FormProblem(
                (*path, "options", index, "value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )
        values.add(option.get("value") or "")
