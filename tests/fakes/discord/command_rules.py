"""Discord's limits on application commands, written out by hand."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from tests.fakes.discord.errors import FormProblem

SLASH, ON_USER, ON_MESSAGE = 1, 2, 3
COMMANDS_LIMIT = {SLASH: 100, ON_USER: 15, ON_MESSAGE: 15}
NAME_LIMIT = 32
DESCRIPTION_LIMIT = 100
OPTIONS_LIMIT = 25
CHOICES_LIMIT = 25
WHOLE_COMMAND_LIMIT = 8000
SUBCOMMAND, GROUP = 1, 2

Path = tuple[str | int, ...]


COMMAND_FIELDS = frozenset(
    [
        "id",
        "name",
        "name_localizations",
        "description",
        "description_localizations",
        "options",
        "default_member_permissions",
        "dm_permission",
        "contexts",
        "integration_types",
        "handler",
        "type",
        "nsfw",
    ]
)


def commands_problems(commands: Any) -> Iterator[FormProblem]:
    """What is wrong with a list of commands that replaces all others."""
    if not isinstance(commands, list):
        yield FormProblem((), "BASE_TYPE_BAD_TYPE", "Must be of type array.")
        return
    seen: set[tuple[int, str]] = set()
    counts = dict.fromkeys(COMMANDS_LIMIT, 0)
    for index, command in enumerate(commands):
        yield from unknown_fields(command, (index,))
        yield from command_problems(command, (index,))
        kind = command.get("type") or SLASH
        key = (kind, command.get("name") or "")
        if key in seen:
            yield FormProblem(
                (index,),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )
        seen.add(key)
        counts[kind] = counts.get(kind, 0) + 1
    for kind, count in counts.items():
        if count > COMMANDS_LIMIT.get(kind, count):
            yield FormProblem(
                (), "BASE_TYPE_BAD_LENGTH", f"Must be {COMMANDS_LIMIT[kind]} or fewer in length."
            )


def unknown_fields(command: dict[str, Any], path: Path = ()) -> Iterator[FormProblem]:
    """The fields of a request that no command has."""
    for name in sorted(set(command) - COMMAND_FIELDS):
        yield FormProblem((*path, name), "UNKNOWN_FIELD", "Discord knows no such field here")


def command_problems(command: dict[str, Any], path: Path = ()) -> Iterator[FormProblem]:
    """What is wrong with one command."""
    kind = command.get("type") or SLASH
    name, description = command.get("name") or "", command.get("description") or ""
    if kind != SLASH:
        if not 1 <= len(name) <= NAME_LIMIT:
            yield _length((*path, "name"), NAME_LIMIT)
        if description or command.get("options"):
            yield FormProblem(
                (*path, "description"),
                "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED",
                "Context menu commands have no description and no options",
            )
        return
    yield from _named_problems(name, description, path)
    yield from _options_problems(command.get("options") or [], path)
    if _weight(command) > WHOLE_COMMAND_LIMIT:
        yield FormProblem(
            path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({WHOLE_COMMAND_LIMIT})"
        )


def is_command_name(name: str) -> bool:
    """Whether Discord takes a name for a slash command or an option."""
    allowed = all(letter in "-_'" or unicodedata.category(letter)[0] in "LNM" for letter in name)
    return 1 <= len(name) <= NAME_LIMIT and allowed and name == name.lower()


def _length(path: Path, limit: int) -> FormProblem:
    return FormProblem(path, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {limit} in length.")


def _named_problems(name: str, description: str, path: Path) -> Iterator[FormProblem]:
    if not is_command_name(name):
        yield FormProblem(
            (*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid or too long"
        )
    if not 1 <= len(description) <= DESCRIPTION_LIMIT:
        yield _length((*path, "description"), DESCRIPTION_LIMIT)


def _options_problems(options: list[dict[str, Any]], path: Path) -> Iterator[FormProblem]:
    if len(options) > OPTIONS_LIMIT:
        yield _length((*path, "options"), OPTIONS_LIMIT)
    seen: set[str] = set()
    optional_seen = False
    for index, option in enumerate(options):
        place = (*path, "options", index)
        name = option.get("name") or ""
        yield from _named_problems(name, option.get("description") or "", place)
        if name in seen:
            yield FormProblem(
                (*place, "name"),
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                "Option names must be unique",
            )
        seen.add(name)
        if option.get("type") in (SUBCOMMAND, GROUP):
            yield from _options_problems(option.get("options") or [], place)
            continue
        if option.get("required") and optional_seen:
            yield FormProblem(
                place,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional_seen = optional_seen or not option.get("required")
        yield from _choices_problems(option, place)


def _choices_problems(option: dict[str, Any], place: Path) -> Iterator[FormProblem]:
    choices = option.get("choices") or []
    if len(choices) > CHOICES_LIMIT:
        yield _length((*place, "choices"), CHOICES_LIMIT)
    if choices and option.get("autocomplete"):
        yield FormProblem(
            (*place, "autocomplete"),
            "APPLICATION_COMMAND_OPTIONS_CHOICES_AND_AUTOCOMPLETE",
            "An option has choices or autocomplete, not both",
        )
    yield from choice_list_problems(choices, (*place, "choices"))


def choice_list_problems(choices: list[dict[str, Any]], path: Path) -> Iterator[FormProblem]:
    """What is wrong with each choice of an option or of an autocomplete answer."""
    for index, choice in enumerate(choices):
        if not 1 <= len(str(choice.get("name") or "")) <= 100:
            yield _length((*path, index, "name"), 100)
        if isinstance(choice.get("value"), str) and len(choice["value"]) > 100:
            yield _length((*path, index, "value"), 100)


def _weight(node: dict[str, Any]) -> int:
    """The characters that count towards the limit of a whole command."""
    own = len(node.get("name") or "") + len(node.get("description") or "")
    own += sum(
        len(str(choice.get("value", ""))) + len(choice["name"]) for choice in node.get("choices") or []
    )
    return own + sum(_weight(option) for option in node.get("options") or [])
