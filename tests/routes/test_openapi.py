"""The document that the API serves of itself: sound, whole, and kept by the answers."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from api.errors import ApiError
from api.openapi.document import problem_codes
from api.openapi.problems import PROBLEMS
from api.routes.browsers import SAFE_METHODS
from api.routes.operation import operation_at
from tests.routes.conftest import Client
from tests.routes.contract import Contract
from tests.routes.matrix import ASKERS, BODIES, World, build_world, cells
from tests.routes.test_bad_input import error

WIRE = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("openapi"))


def document(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.http.get("/api/v1/openapi.json").get_json()
    return found


def test_the_document_is_sound_openapi_and_names_every_operation_once(client: Client) -> None:
    found = document(client)
    validate(found)
    operations = [op for methods in found["paths"].values() for op in methods.values()]
    names = [op["operationId"] for op in operations]
    assert len(names) == len(set(names)) == len(cells_of(client))
    assert all(op["summary"] for op in operations), [
        op["operationId"] for op in operations if not op["summary"]
    ]


def cells_of(client: Client) -> list[tuple[str, str]]:
    app = client.http.application
    return [(r.rule, m) for r in app.url_map.iter_rules() for m in (r.methods or set()) - {"HEAD", "OPTIONS"}]


def test_every_answer_of_the_matrix_is_as_documented_and_holds_nothing_else(world: World) -> None:
    contract = Contract(world.client.http.application, strict=True)
    seen: list[str] = []
    real = world.client.send

    def checking(method: str, path: str, *args: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        status, envelope = real(method, path, *args, **more)
        if "raw" not in envelope:
            seen.append(contract.fault(method, f"/api/v1{path}", status, envelope))
        return status, envelope

    world.client.send = checking  # type: ignore[method-assign]
    for cell in cells(world):
        for who in ASKERS:
            world.ask(who, cell)
    assert len(seen) > 500
    faults = sorted(set(filter(None, seen)))
    assert not faults, "\n".join(faults)


def test_a_write_without_a_sound_body_is_refused_as_documented(world: World) -> None:
    contract = Contract(world.client.http.application)
    for cell in cells(world):
        if cell.body is None:
            continue
        path = cell.path.format(**world.ids["web"], login="0" * 36)
        for raw in (b"", b"{", b"[]", b'{"surprise": 1}', b'{"text": {"a": [1]}}'):
            heads = {k.replace("-", "_"): v for k, v in world.people["host"].items()}
            status, envelope = world.client.send(cell.method, path, raw=raw, user=None, **heads)
            assert contract.fault(cell.method, f"/api/v1{path}", status, envelope) == ""
            world.restore()


def test_every_problem_code_is_explained_with_its_status_and_stands_in_the_wire_document() -> None:
    def below(kind: type[ApiError]) -> list[type[ApiError]]:
        return [kind, *(k for sub in kind.__subclasses__() for k in below(sub))]

    raised = {
        kind.code: kind.status for kind in below(ApiError) if kind.code != "internal" or kind is ApiError
    }
    assert {code: PROBLEMS[code].status for code in raised} == raised
    groups = {"game", "sheet"}  # stand for all codes of the rules
    assert [code for code in PROBLEMS if code not in groups and f"`{code}`" not in WIRE] == []


def test_every_write_takes_an_idempotency_key_and_says_what_is_wrong_with_a_bad_one(world: World) -> None:
    writes = [c for c in cells(world) if c.method not in SAFE_METHODS]
    assert len(writes) > 20
    for cell in writes:
        path = cell.path.format(**world.ids["discord"], login=world.logins["host"])
        # Whoever may do it: the operation is refused for the key alone.
        who = _let_in(world, cell)[0]
        heads = {k.replace("-", "_"): v for k, v in world.people[who].items()}
        answer = world.client.send(
            cell.method, path, cell.body, user=None, Idempotency_Key="not a key", **heads
        )
        assert error(answer) == (422, "invalid", "Idempotency-Key"), cell.name
        operation = Contract(world.client.http.application).operation(cell.method, f"/api/v1{path}")
        assert operation is not None
        assert "Idempotency-Key" in {p["name"] for p in operation["parameters"]}
        world.restore()


def _let_in(world: World, cell: Any) -> list[str]:
    from tests.routes.matrix import expected

    askers = ("anonymous", "host", "bot", "bot, right user")
    return [w for w in askers if (expected(w, cell) or (0,))[0] not in (401, 403)]


def test_where_an_answer_is_kept_the_same_key_answers_the_same_and_another_body_is_refused(
    world: World,
) -> None:
    done = 0
    for cell in cells(world):
        if (
            cell.method in SAFE_METHODS
            or cell.operation.repeat != "kept"
            or cell.name not in {*BODIES, "characters.retire"}
        ):
            continue
        who = next(
            (w for w in ("host", "active player", "owner", "bot, right user") if world.ask(w, cell)[0] < 400),
            None,
        )
        if who is None:  # a fight, which tests/services/test_fights.py has
            assert cell.name == "sessions.fight"
            continue
        done += 1
        place = "discord" if who.startswith("bot") else "web"
        known = {**world.ids[place], "spare": world.spares.get(who, ""), "hero": world.heroes.get(who, ""),
                 "login": world.logins.get(who, "")}  # fmt: skip
        from tests.routes.matrix import filled

        path, body = cell.path.format(**known), filled(cell.body, known)
        heads = {k.replace("-", "_"): v for k, v in world.people[who].items()}
        first, again = (
            world.client.send(cell.method, path, body, user=None, Idempotency_Key="once-1", **heads)
            for _ in range(2)
        )
        assert first[0] == again[0] < 400, (cell.name, again)
        assert first[1]["result"] == again[1]["result"], cell.name
        if cell.body:
            other = {**body, **_other(cell.name)}
            refused = world.client.send(
                cell.method, path, other, user=None, Idempotency_Key="once-1", **heads
            )
            assert error(refused)[:2] == (422, "idempotency_mismatch"), cell.name
        world.restore()
    assert done >= 11


def _other(name: str) -> dict[str, Any]:
    return {
        "characters.create": {"hero": "nell_tarrow"}, "characters.change_part": {"id": "front"},
        "sessions.create": {"mode": "free"}, "sessions.join": {"character_id": "another"},
        "sessions.mode": {"mode": "beats"}, "sessions.act": {"seen_turn": 1}, "sessions.chat": {"text": "Bye"},
        "sessions.roll": {"expression": "2d6"}, "sessions.settings": {"tone": "wry"},
        "sessions.correct": {"text": "The lamp is green."},
        "account.leave": {"password": "another one"}, "memories.add": {"text": "Another"},
        "memories.change": {"pinned": False},
    }[name]  # fmt: skip


def test_the_page_for_people_shows_every_operation_and_needs_no_script(client: Client) -> None:
    answer = client.http.get("/api/v1/docs")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and answer.mimetype == "text/html"
    for path, methods in document(client)["paths"].items():
        for method in methods:
            assert f"<b>{method.upper()}</b> {path}" in page
    assert "<script" not in page and " style=" not in page and not re.search(r"\son\w+=", page)
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    style = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"] and len(style) == 1
    shapes = set(re.findall(r'href="#([^"]+)"', page))
    assert shapes <= set(re.findall(r'id="([^"]+)"', page)), "a link of the page leads nowhere"


def test_what_an_operation_may_answer_follows_from_what_it_declares(client: Client) -> None:
    app = client.http.application
    chat, classes = operation_at(app, "v1.sessions.chat"), operation_at(app, "v1.catalogue.classes")
    assert chat is not None and classes is not None
    assert {"csrf", "rate_limited", "unauthenticated", "not_found"} <= set(
        problem_codes(chat, "POST", has_path=True)
    )
    assert set(problem_codes(classes, "GET", has_path=False)) == {"rate_limited", "unavailable", "internal"}
