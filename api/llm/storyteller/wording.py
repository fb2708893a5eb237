"""Reads the storyteller's word material (`data/storyteller/*.yaml`) into pools of compiled templates.

A file is a mapping from pool name to a list of texts. In a text, `$pool` stands for any text of that pool, `{role}`
for somebody or something of the deed, and `<lifts>` for a verb that agrees with the last subject named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from api.llm.storyteller.memory import keys_of

WORDS_FOLDER = Path(__file__).resolve().parents[3] / "data" / "storyteller"

_PART = re.compile(r"\$([a-z][a-z0-9_]*)|\{([^{}]*)\}|<([^<>]*)>")
_POOL_NAME = re.compile(r"[a-z][a-z0-9_]{1,47}")
_PRONOUN_ROLES = frozenset({"they", "them", "their", "theirs", "themself"})
ROLES = frozenset(
    [
        "actor",
        "name",
        "target",
        "verb",
        "doing",
        "item",
        "gain",
        "means",
        "condition",
        "person",
        "line",
        "said",
        "foe",
        "foes",
        "count",
        "offer",
        "other",
        "place",
        "want",
        "class",
        "next",
        "scene",
        "gold",
        "companions",
        "quest",
    ]
)


class WordingError(Exception):
    """Word material that cannot be used; the message names file and line of every problem."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a template: kind is text, pool, role or verb."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Template:
    """One text of a pool. `roles` are what it needs, `keys` the word runs by which its use is recognised later."""

    source: str
    parts: tuple[Part, ...]
    roles: frozenset[str]
    pools: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """All pools, checked: every `$pool` exists and every role is known."""

    pools: Mapping[str, tuple[Template, ...]]
    _usable: dict[tuple[str, frozenset[str]], tuple[Template, ...]] = field(default_factory=dict)

    def usable(self, pool: str, roles: frozenset[str]) -> tuple[Template, ...]:
        """The texts of a pool that can be told with these roles."""
        found = self._usable.get((pool, roles))
        if found is None:
            found = tuple(
                t
                for t in self.pools[pool]
                if t.roles <= roles and all(self.usable(p, roles) for p in t.pools)
            )
            self._usable[(pool, roles)] = found
        return found


def base_role(role: str) -> str:
    """Whom a role's spelling is about: `their` -> actor, `target's` -> target, `next.them` -> next."""
    if role in _PRONOUN_ROLES or role == "name":
        return "actor"
    return role.split(".")[0].removesuffix("'s")


def compile_template(text: str) -> Template:
    """Parse one text. Raises ValueError for a role or brace that is not understood."""
    parts: list[Part] = []
    roles: set[str] = set()
    pools: list[str] = []
    runs = [""]
    end = 0
    for match in _PART.finditer(text):
        if match.start() > end:
            parts.append(Part("text", text[end : match.start()]))
            runs[-1] += text[end : match.start()]
        end = match.end()
        pool, role, verb = match.groups()
        if verb is None:
            runs.append("")
        if pool is not None:
            parts.append(Part("pool", pool))
            pools.append(pool)
        elif role is not None:
            _check_role(role)
            roles.add(base_role(role))
            parts.append(Part("role", role))
        else:
            if not verb or verb != verb.strip():
                raise ValueError(f"'<{verb}>' is no verb")
            parts.append(Part("verb", verb))
            runs[-1] += verb
    if end < len(text):
        parts.append(Part("text", text[end:]))
        runs[-1] += text[end:]
    if any(c in run for run in runs for c in "{}<>$"):
        raise ValueError("a brace, angle bracket or dollar sign without its partner")
    return Template(text, tuple(parts), frozenset(roles), tuple(pools), keys_of(runs))


def _check_role(role: str) -> None:
    base, _, pronoun = role.partition(".")
    base = base.removesuffix("'s")
    if (base not in ROLES and base not in _PRONOUN_ROLES) or (
        pronoun and pronoun not in _PRONOUN_ROLES | {"which"}
    ):
        raise ValueError(f"{{{role}}} is no role; known are {', '.join(sorted(ROLES))}")


def load_wording(folder: Path = WORDS_FOLDER) -> Wording:
    """Read every file of the folder. Raises WordingError with each problem as `file:line: reason`."""
    problems: list[str] = []
    pools: dict[str, tuple[Template, ...]] = {}
    places: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        shown = f"{folder.name}/{path.name}"
        for name, line, texts in _read_pools(path, shown, problems):
            if name in places:
                problems.append(f"{shown}:{line}: pool '{name}' stands already in {places[name]}")
                continue
            places[name] = f"{shown}:{line}"
            pools[name] = tuple(_compile_all(shown, texts, problems))
    if not pools and not problems:
        problems.append(f"{folder.name}:0: no word material found")
    for name, templates in pools.items():
        for template in templates:
            for missing in (p for p in template.pools if p not in pools):
                problems.append(f"{places[name]}: '{template.source}' uses ${missing}, which no file has")
    problems += [f"{places[n]}: pool '{n}' leads back to itself" for n in _circles(pools)]
    if problems:
        raise WordingError("\n".join(problems))
    return Wording(pools)


def _read_pools(
    path: Path, shown: str, problems: list[str]
) -> Iterator[tuple[str, int, list[tuple[int, str]]]]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problems.append(f"{shown}:{mark.line + 1 if mark else 1}: broken YAML: {error.problem}")
        return
    if not isinstance(root, yaml.MappingNode):
        problems.append(f"{shown}:1: a mapping from pool name to a list of texts is needed")
        return
    for key, value in root.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or not _POOL_NAME.fullmatch(key.value):
            problems.append(f"{shown}:{line}: '{getattr(key, 'value', key)}' is no pool name")
        elif not isinstance(value, yaml.SequenceNode) or not value.value:
            problems.append(f"{shown}:{line}: pool '{key.value}' needs a list of texts")
        else:
            yield key.value, line, list(_texts(value, shown, problems))


def _texts(node: Any, shown: str, problems: list[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for item in node.value:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.ScalarNode) or not str(item.value).strip():
            problems.append(
                f"{shown}:{line}: a text is needed here; quote one that starts with a brace or bracket"
            )
        elif item.value in seen:
            problems.append(f"{shown}:{line}: the text '{item.value}' stands twice in its pool")
        else:
            seen.add(item.value)
            yield line, item.value


def _compile_all(shown: str, texts: list[tuple[int, str]], problems: list[str]) -> Iterator[Template]:
    for line, text in texts:
        try:
            yield compile_template(text)
        except ValueError as error:
            problems.append(f"{shown}:{line}: {error}")


def _circles(pools: Mapping[str, tuple[Template, ...]]) -> list[str]:
    """Pools from which one comes back to the same pool, and so never to an end."""
    state: dict[str, int] = {}
    found: list[str] = []

    def visit(name: str) -> None:
        state[name] = 1
        for template in pools.get(name, ()):
            for below in template.pools:
                if state.get(below) == 1:
                    found.append(below)
                elif below not in state:
                    visit(below)
        state[name] = 2

    for name in pools:
        if name not in state:
            visit(name)
    return sorted(set(found))
