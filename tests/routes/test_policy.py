"""The generated authorisation matrix: every operation for everybody who could ask, over the real app.

`test_every_mutant_…` then breaks the policy in every single place and looks whether the matrix notices.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from api.app import create_app
from api.policy import RULES, Role, asking
from api.routes.operation import routes_without_one
from api.wiring import CannotStart
from tests.fakes.game import settings_for
from tests.routes.matrix import ASKERS, MORE, ULID, Cell, World, build_world, cells, expected

Answer = tuple[int, str, str]
# Rights that no route of the API asks for: the stream process does (tests/stream/test_who_may_follow.py).
ELSEWHERE = {"feed.follow"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("matrix"))


@pytest.fixture(scope="module")
def whole(world: World) -> dict[tuple[str, str], Answer]:
    """The matrix as it is: what everybody is answered to everything."""
    return {(c.name, who): world.ask(who, c) for c in cells(world) for who in ASKERS}


def test_every_cell_of_the_matrix_is_what_the_table_says(
    world: World, whole: dict[tuple[str, str], Answer]
) -> None:
    wrong = []
    for cell in cells(world):
        for who in ASKERS:
            status, code, message = whole[cell.name, who]
            refusal = expected(who, cell)
            if refusal is not None:
                fine = (status, code) == refusal
            else:  # let in: what happens then is for the rules, but no refusal of the door's kind
                fine = status < 500 and code not in {
                    "unauthenticated",
                    "scope",
                    "forbidden",
                    "not_found",
                    "csrf",
                }
            if not fine:
                wrong.append(
                    f"{cell.name} for {who}: {status} {code} {message}, expected {refusal or 'to be let in'}"
                )
    assert not wrong, "\n".join(wrong)


def test_everything_can_be_done_by_somebody(world: World, whole: dict[tuple[str, str], Answer]) -> None:
    done = {name for (name, _), (status, _, _) in whole.items() if status < 400}
    # These need a link of a letter, a code, a fight or a file: tests/routes/test_sign_in.py, test_links.py,
    # test_leaving.py, tests/services/test_fights.py do them.
    rest = {"auth.verify_email", "auth.reset_password", "auth.look_at_browser_link", "auth.use_browser_link",
            "links.redeem", "links.unlink", "sessions.fight", "characters.paint"}  # fmt: skip
    assert {c.name for c in cells(world)} - done == rest


def test_who_is_to_act_acts_and_the_others_are_told_to_wait(whole: dict[tuple[str, str], Answer]) -> None:
    assert whole["sessions.act", "active player"][0] == 202
    assert whole["sessions.act", "member"][1] == whole["sessions.act", "host"][1] == "not_your_turn"


def test_unknown_ids_and_forbidden_ones_are_answered_alike_with_as_many_looks_into_the_store(
    world: World,
) -> None:
    unknown = {
        "session": ULID, "lobby": ULID, "character": ULID, "surface": f"discord.{ULID}", "job": f"narrate-{ULID}-1",
        "discord_session": ULID, "login": "0" * 36, "link_request": ULID, "memory": ULID,
    }  # fmt: skip
    seen = 0
    for cell in cells(world):
        if not any(f"{{{name}}}" in f"{cell.path}{cell.body}" for name in unknown):
            continue
        for who in ASKERS:
            refusal = expected(who, cell)
            if refusal is None or refusal[0] != 404:
                continue
            with counted(world) as first:
                forbidden = world.ask(who, cell)
            with counted(world) as second:
                nowhere = world.ask(who, cell, unknown)
            assert (forbidden, first) == (nowhere, second), (cell.name, who)
            seen += 1
    assert seen > 60


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The names of the calls to the store meanwhile."""
    store = world.client.parts.deps.store
    asked: list[str] = []
    kept = {name: getattr(type(store), name) for name in ("get", "get_many", "query", "commit")}

    def telling(name: str) -> Callable[..., object]:
        def call(self: object, *args: object, **more: object) -> object:
            asked.append(f"{name} {args[0] if isinstance(args[0], str) else ''}".strip())
            return kept[name](self, *args, **more)

        return call

    for name in kept:
        setattr(type(store), name, telling(name))
    try:
        yield asked
    finally:
        for name, real in kept.items():
            setattr(type(store), name, real)


def test_a_route_that_says_nothing_of_its_right_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import operations

    app = create_app(settings_for(tmp_path))
    assert routes_without_one(app) == []
    bare = copy.copy(operations.bp)
    bare.deferred_functions = [
        *bare.deferred_functions,
        lambda state: state.add_url_rule("/bare", "bare", lambda: ""),
    ]
    monkeypatch.setattr(operations, "bp", bare)
    with pytest.raises(CannotStart, match="GET /api/v1/bare: say at the route who may use it"):
        create_app(settings_for(tmp_path))


def test_every_right_of_the_table_is_asked_for(world: World) -> None:
    asked = {right for cell in cells(world) for right in cell.rights} | set(MORE.values()) | ELSEWHERE
    assert set(RULES) == asked


# --- mutants ---


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_mutant_of_the_table_is_noticed(world: World, whole: dict[tuple[str, str], Answer]) -> None:
    """Each row with one role more, with one less, and without its secrecy."""
    survivors, count = [], 0
    for right, rule in list(RULES.items()):
        if right in ELSEWHERE:
            continue
        rows = [replace(rule, who=rule.who - {role}) for role in rule.who]
        rows += [replace(rule, who=rule.who | {role}) for role in possible(right) - rule.who]
        if rule.known_to:
            rows.append(replace(rule, known_to=frozenset()))
        for mutant in rows:
            if _same_people(mutant.who, rule.who) and mutant.known_to == rule.known_to:
                continue
            count += 1
            RULES[right] = mutant
            try:
                touched = [c for c in cells(world) if right in c.rights]
                if not _notices(world, touched, whole):
                    survivors.append(f"{right}: {[str(r) for r in mutant.who ^ rule.who]}")
            finally:
                RULES[right] = rule
    assert survivors == [], f"{len(survivors)} of {count}\n" + "\n".join(survivors)
    assert count > 150


# The roles that somebody can hold where a right is asked for: a character has no host, a session no owner.
_EVERYBODY = {
    Role.ANYONE,
    Role.USER,
    Role.VOUCHED,
    Role.SIGNED_IN,
    Role.VERIFIED,
    Role.SERVICE,
    Role.OPERATOR,
}
POSSIBLE = {
    "outbox": {Role.ANYONE, Role.OPERATOR},  # nobody is asked for a name there
    "character": _EVERYBODY | {Role.OWNER},
    "link": _EVERYBODY | {Role.MEMBER},
    "session": _EVERYBODY | {Role.MEMBER, Role.HOST, Role.SHOWS, Role.LOCAL},
    "portrait": _EVERYBODY | {Role.MEMBER, Role.HOST, Role.SHOWS, Role.LOCAL},
    "job": _EVERYBODY | {Role.MEMBER, Role.HOST, Role.SHOWS, Role.LOCAL},
    "surface": _EVERYBODY | {Role.SHOWS, Role.LOCAL},
    # Behind a door of their own:
    "session.mine": _EVERYBODY - {Role.OPERATOR},
    "session.find": (_EVERYBODY - {Role.OPERATOR}) | {Role.SHOWS, Role.LOCAL},
    "seat.play": _EVERYBODY - {Role.OPERATOR, Role.SERVICE, Role.VOUCHED} | {Role.OWNER},
}


def possible(right: str) -> set[Role]:
    return POSSIBLE.get(right, POSSIBLE.get(right.partition(".")[0], _EVERYBODY))


def test_no_row_names_a_role_that_nobody_can_hold_to_such_a_thing() -> None:
    here = [right for right in RULES if right not in ELSEWHERE]
    assert [right for right in here if not RULES[right].who <= possible(right)] == []


def _same_people(one: frozenset[Role], two: frozenset[Role]) -> bool:
    """Whether two sets of roles let in the same people, because one role holds another: a host is a member."""
    return _closed(one) == _closed(two)


def _closed(roles: frozenset[Role]) -> frozenset[Role]:
    implied = {
        Role.ANYONE: set(Role),
        Role.USER: {Role.VOUCHED, Role.SIGNED_IN, Role.VERIFIED, Role.OWNER, Role.MEMBER, Role.HOST},
        Role.SIGNED_IN: {Role.VERIFIED},
        Role.MEMBER: {Role.HOST},
        Role.SERVICE: {Role.SHOWS},
        Role.LOCAL: {Role.SHOWS},
    }
    found = set(roles)
    for role in roles:
        found |= implied.get(role, set())
    if {Role.USER, Role.SERVICE} <= roles:
        found.add(Role.LOCAL)
    return frozenset(found)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_mutant_of_the_code_that_asks_is_noticed(
    world: World, whole: dict[tuple[str, str], Answer]
) -> None:
    """Each comparison turned round, each condition negated, each refusal left out, each set operation swapped."""
    survivors, count = [], 0
    # One cell for each right, then all the others.
    first = {cell.rights: cell for cell in cells(world)}
    everything = [*first.values(), *(c for c in cells(world) if c not in first.values())]
    for name, function in vars(asking).items():
        if not isinstance(function, FunctionType) or function.__module__ != asking.__name__:
            continue
        for what, code in mutants(function):
            count += 1
            sound = function.__code__
            function.__code__ = code
            try:
                if not _notices(world, everything, whole):
                    survivors.append(f"{name}: {what}")
            finally:
                function.__code__ = sound
    assert survivors == [], f"{len(survivors)} of {count}\n" + "\n".join(survivors)
    assert count > 40


def _notices(world: World, some: list[Cell], whole: dict[tuple[str, str], Answer]) -> bool:
    world.client.http.application.config["PROPAGATE_EXCEPTIONS"] = False
    return any(world.ask(who, cell) != whole[cell.name, who] for cell in some for who in ASKERS)


def mutants(function: FunctionType) -> Iterator[tuple[str, CodeType]]:
    """The function's code with one thing changed, for each thing that can be."""
    source = inspect.getsource(function)
    places = list(ast.walk(ast.parse(source)))
    for number, place in enumerate(places):
        for kind in _kinds(place):
            tree = ast.parse(source)
            node = list(ast.walk(tree))[number]
            _mutate(node, kind)
            ast.fix_missing_locations(tree)
            scope: dict[str, object] = {}
            exec(compile(tree, "<mutant>", "exec"), dict(vars(asking)), scope)
            made = scope[function.__name__]
            assert isinstance(made, FunctionType)
            yield f"line {getattr(place, 'lineno', 0)}, {kind}", made.__code__


def _kinds(node: ast.AST) -> list[str]:
    if isinstance(node, ast.If):
        return ["never", "always"]
    if isinstance(node, ast.Compare):
        return ["turned round"]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return ["or instead of and"]
    if isinstance(node, ast.BoolOp):
        return ["the other of and and or"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ["no not"]
    return []


_ROUND: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _mutate(node: ast.AST, kind: str) -> None:
    if isinstance(node, ast.If):
        node.test = ast.Constant(kind == "always")
    elif isinstance(node, ast.Compare):
        node.ops[0] = _ROUND[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp):
        node.op = ast.BitOr()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
