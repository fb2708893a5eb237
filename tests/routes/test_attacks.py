"""Attacks on the API besides sign-in, by name; `docs/security.md` lists which test stands against which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.routes.headers import HSTS
from api.routes.http import MAX_BODY, MAX_DEPTH, depth_of
from api.store.port import Insert, Query
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for
from tests.routes.conftest import Client
from tests.routes.matrix import ASKERS, ULID, Cell, World, build_world, cells, expected, filled
from tests.routes.test_bad_input import error

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("attacks"))


def writes(world: World) -> list[tuple[Cell, str, str, Any, dict[str, str]]]:
    """Every write with a body, sound, as somebody who may do it."""
    found = []
    for cell in cells(world):
        if cell.body is None:
            continue
        askers = ("anonymous", "active player", "host", "owner", "bot", "bot, right user")
        who = next(w for w in askers if expected(w, cell) is None)
        place = "discord" if who.startswith("bot") else "web"
        known = {**world.ids[place], "spare": world.spares.get(who, ULID), "hero": world.heroes.get(who, ULID),
                 "login": world.logins.get(who, "0" * 36)}  # fmt: skip
        heads = {k.replace("-", "_"): v for k, v in world.people[who].items()}
        found.append((cell, who, cell.path.format(**known), filled(cell.body, known), heads))
    assert len(found) > 20
    return found


# --- bodies ---

PLANTED = {
    "id": ULID, "user_id": ULID, "gold": 10**6, "level": 20, "is_admin": True, "tier": "ELITE", "verified": True,
    "host_user_id": ULID, "seed": "0" * 64, "revision": 99, "__class__": {"x": 1}, "constructor": {"prototype": {}},
}  # fmt: skip


def test_mass_assignment_no_write_takes_a_field_that_it_does_not_name(world: World) -> None:
    for cell, _, path, body, heads in writes(world):
        for name, value in PLANTED.items():
            if name in body:
                continue
            answer = world.client.send(cell.method, path, {**body, name: value}, user=None, **heads)
            assert error(answer) == (422, "invalid", name), (cell.name, name)
            assert not world.restore(), (cell.name, name)


def test_json_type_confusion_no_field_takes_a_value_of_another_type(world: World) -> None:
    for cell, _, path, body, heads in writes(world):
        for field, right in body.items():
            for wrong in (
                None,
                True,
                3,
                1.5,
                "x" if not isinstance(right, str) else 7,
                ["a"],
                {"$ne": ""},
                [[]],
                {},
            ):
                if (
                    type(wrong) is type(right)
                    or isinstance(right, int | float)
                    and isinstance(wrong, int | float)
                ):
                    continue
                if isinstance(right, dict) and isinstance(wrong, dict):
                    continue
                optional = wrong is None and may_be_null(cell, field)
                status, envelope = world.client.send(
                    cell.method, path, {**body, field: wrong}, user=None, **heads
                )
                world.restore()
                if optional:
                    continue
                assert status == 422, (cell.name, field, wrong, envelope)
                assert envelope["error"]["details"]["field"].split(".")[0] == field, (cell.name, wrong)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
def test_json_of_any_shape_is_refused_or_understood(world: World, body: Any) -> None:
    for path in ("/characters", f"/sessions/{world.ids['web']['session']}/action", "/auth/login"):
        heads = {k.replace("-", "_"): v for k, v in world.people["host"].items()}
        raw = json.dumps(body).encode()
        status, envelope = world.client.send("POST", path, raw=raw, user=None, **heads)
        assert status in (400, 401, 422, 429) and envelope["error"]["message"]


def test_oversized_bodies_are_refused_before_they_are_read(world: World) -> None:
    for cell, _, path, _, heads in writes(world):
        raw = b'{"text": "' + b"x" * MAX_BODY + b'"}'
        answer = world.client.send(cell.method, path, raw=raw, user=None, **heads)
        assert error(answer)[:2] == (413, "too_large"), cell.name


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100, 5_000])
def test_deeply_nested_bodies_are_refused(world: World, depth: int) -> None:
    for cell, _, path, _, heads in writes(world):
        for raw in (b'{"a":' * depth + b"1" + b"}" * depth, b'{"a":' + b"[" * depth + b"]" * depth + b"}"):
            answer = world.client.send(cell.method, path, raw=raw[:MAX_BODY], user=None, **heads)
            assert error(answer)[:2] == (400, "bad_json"), cell.name


def test_the_depth_of_a_body_counts_what_lies_in_one_another() -> None:
    assert [depth_of(x) for x in (1, {}, {"a": []}, {"a": [{"b": 1}]}, [[[[]]]])] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_csrf_a_form_of_another_website_is_no_body(world: World, kind: str) -> None:
    heads = {"Content_Type": kind, **{k.replace("-", "_"): v for k, v in world.people["host"].items()}}
    answer = world.client.send("POST", "/characters", raw=b'{"hero": "aldo_fisk"}', user=None, **heads)
    assert error(answer)[:2] == (400, "bad_json")


# --- ids ---

TRAVERSAL = ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "....//", "a%00b", "%c0%ae%c0%ae", 
             "C:%5Cx", "%252e%252e", "' OR 1=1--", "{{7*7}}", "${jndi:ldap://x}", "x" * 65, "%F0%9F%98%80", "*",
             "discord.*"]  # fmt: skip


@pytest.mark.parametrize("bad", TRAVERSAL)
def test_path_traversal_in_ids_leads_nowhere(world: World, bad: str) -> None:
    for cell in cells(world):
        if "{" not in cell.path:
            continue
        path = cell.path.format_map(EveryId(bad)).replace(" ", "%20")
        for who in ("host", "owner", "bot", "operator", "anonymous"):
            heads = {k.replace("-", "_"): v for k, v in world.people[who].items()}
            world.client.http.environ_base["REMOTE_ADDR"] = "127.0.0.1"
            status, _ = world.client.send(
                cell.method, path, filled(cell.body, EveryId(ULID)), user=None, **heads
            )
            assert status in (307, 308, 401, 403, 404, 405, 422), (cell.name, who, status)
            assert not world.restore()


class EveryId(dict[str, str]):
    """One value for whatever id is asked for."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def __missing__(self, _name: str) -> str:
        return self.value


def may_be_null(cell: Cell, field: str) -> bool:
    """Whether the body of an operation says of a field that null is as good as nothing."""
    model = cell.operation.body
    assert model is not None
    return type(None) in get_args(model.model_fields[field].annotation)


def test_idor_no_id_of_somebody_else_opens_or_changes_anything(world: World) -> None:
    """Every id that a path or body can hold, of somebody else's thing, tried by everybody else."""
    tried = 0
    for cell in cells(world):
        for who in ASKERS:
            refusal = expected(who, cell)
            if refusal is None or "{" not in f"{cell.path}{cell.body}":
                continue
            tried += 1
            status, code, message = world.ask(who, cell)
            assert (status, code) == refusal and "(and wrote)" not in message, (cell.name, who)
    assert tried > 200


def test_idor_a_hero_of_somebody_else_cannot_be_seated_played_or_named(world: World) -> None:
    everything = {c.name: c for c in cells(world)}
    others = {"spare": world.spares["owner"], "hero": world.heroes["host"]}
    for name, status in (
        ("sessions.create", 404),
        ("sessions.join", 404),
        ("sessions.act", 409),
        ("sessions.fight", 409),
    ):
        who = "other user" if status == 404 else "member"
        answer = world.ask(who, everything[name], others)
        assert answer[0] == status and "(and wrote)" not in answer[2], (name, answer)
    show = everything["sessions.show"]
    named = Cell(show.name, "GET", show.path, show.operation, query="?character_id={host_hero}")
    assert world.ask("member", named)[:2] == (404, "not_found")


# --- headers, addresses, templates ---


@pytest.mark.parametrize("bad", ["a\r\nSet-Cookie: x=1", "a\nb", "a\x00b", "é", "a" * 5000])
def test_header_injection_nothing_that_was_sent_comes_back_in_a_header(world: World, bad: str) -> None:
    sent = [
        ("X-Request-ID", bad.replace("\r\n", "%0d%0a").replace("\n", "%0a")),
        ("X-Forwarded-For", "1.2.3.4"),
    ]
    answer = world.client.http.get("/api/v1/classes", headers=sent)
    assert answer.headers["X-Request-ID"] not in bad and len(answer.headers["X-Request-ID"]) == 26
    stream = world.client.http.get("/api/v1/sessions/a%0d%0aSet-Cookie:%20x=1/stream")
    assert "Set-Cookie" not in stream.headers and "\n" not in stream.headers["Location"]


def test_ssrf_no_field_takes_an_address_and_none_is_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request model has a field for a URL, and with a URL in every text the process opens no connection."""
    import socket

    called: list[Any] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[1] != 1:  # Redis is away at port 1, on purpose
            called.append(address)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    document = world.client.http.get("/api/v1/openapi.json").get_json()
    fields = {
        name
        for methods in document["paths"].values()
        for op in methods.values()
        if (body := op.get("requestBody"))
        and (ref := body["content"].get("application/json", {}).get("schema", {}).get("$ref"))
        for name in document["components"]["schemas"][ref.rpartition("/")[2]].get("properties", {})
    }
    assert not {
        f for f in fields if any(word in f for word in ("url", "uri", "href", "link", "host", "callback"))
    }
    for cell, _, path, body, heads in writes(world):
        for field, value in body.items():
            if isinstance(value, str):
                lure = {**body, field: "http://169.254.169.254/latest"}
                world.client.send(cell.method, path, lure, user=None, **heads)
                world.restore()
    assert called == []


TEMPLATES = [
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{config}}",
    "{% raw %}",
    "%(secret)s",
    "{0.__class__}",
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_template_injection_what_people_write_stays_what_they_wrote(world: World, text: str) -> None:
    heads = {k.replace("-", "_"): v for k, v in world.people["host"].items()}
    path = f"/sessions/{world.ids['web']['session']}"
    said = world.client.ok("POST", f"{path}/chat", {"text": text}, user=None, **heads)
    assert said["text"] == text
    lines = world.client.ok("GET", f"{path}/chat", user=None, **heads)["items"]
    assert lines[-1]["text"] == text
    world.restore()


@pytest.mark.parametrize("text", TEMPLATES)
def test_template_injection_a_letter_holds_a_name_as_it_is(client: Client, text: str) -> None:
    wish = {"email": "t@example.org", "password": "a long new phrase", "name": text}
    assert error(client.send("POST", "/auth/register", wish, user=None)) == (422, "invalid", "name")
    wish["name"] = "Ann O'Hara"
    client.ok("POST", "/auth/register", wish, user=None)
    assert all(
        "49" not in letter["text"].partition("?token=")[0] for letter in client.letters("t@example.org")
    )


@pytest.mark.parametrize(
    "session",
    ["//evil.example", "https:%2f%2fevil.example", "%2f%2fevil.example", "..%2f..%2f..", "@evil.example"],
)
def test_open_redirect_the_stream_is_always_our_own(world: World, session: str) -> None:
    answer = world.client.http.get(f"/api/v1/sessions/{session}/stream")
    place = answer.headers.get("Location", "")
    own = world.client.parts.deps.settings.stream_base_url
    assert answer.status_code in (307, 308, 404)
    assert not place or place.startswith((f"{own}/api/v1/sessions/", "http://localhost/api/v1/", "/api/v1/"))


# --- what browsers are told ---


def test_every_answer_tells_browsers_to_guess_frame_and_keep_nothing(world: World) -> None:
    for path in ("/auth/me", "/classes", "/dragons", f"/characters/{ULID}", "/health"):
        heads = world.client.http.get(f"/api/v1{path}", headers=world.people["host"]).headers
        assert heads["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in heads["Content-Security-Policy"]
        assert "default-src 'none'" in heads["Content-Security-Policy"]
        assert heads["Referrer-Policy"] == "no-referrer"
        kept = heads["Cache-Control"]
        assert kept == ("public, max-age=300" if path == "/classes" else "no-store"), path
        assert "Strict-Transport-Security" not in heads


def test_in_production_browsers_are_told_to_stay_with_https(tmp_path: Path) -> None:
    made = settings_for(tmp_path, flask_env="production", mail_folder=None, secure_cookies=True)
    client = create_app(made, MovableClock()).test_client()
    assert client.get("/api/v1/health").headers["Strict-Transport-Security"] == HSTS


def test_what_is_the_same_for_everybody_is_not_sent_twice(world: World) -> None:
    first = world.client.http.get("/api/v1/classes")
    again = world.client.http.get("/api/v1/classes", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    other = world.client.http.get("/api/v1/classes", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.fixture
def open_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("WEB_ORIGINS", "https://godot.test")
    return Client(create_app(settings_for(tmp_path), MovableClock()).test_client())


def preflight(client: Client, origin: str) -> Any:
    ask = {"Origin": origin, "Access-Control-Request-Method": "POST",
           "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}  # fmt: skip
    return client.http.options("/api/v1/characters", headers=ask)


@pytest.mark.parametrize("origin", ["http://web.test", "https://godot.test"])
def test_cors_admits_the_website_and_the_browser_client(open_to: Client, origin: str) -> None:
    answer = preflight(open_to, origin)
    assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://web.test.evil.example", 
                                    "https://web.test", "http://web.test:81", "https://godot.test.evil.example",
                                    "https://xgodot.test"])  # fmt: skip
def test_cors_admits_nobody_else(open_to: Client, origin: str) -> None:
    for answer in (
        preflight(open_to, origin),
        open_to.http.get("/api/v1/classes", headers={"Origin": origin}),
    ):
        assert answer.headers.get("Access-Control-Allow-Origin") != origin
        assert answer.headers.get("Access-Control-Allow-Origin") != "*"


# --- edits at the same time ---


def test_an_edit_of_an_older_revision_is_refused_with_the_present_one(client: Client) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"})
    path = f"/characters/{hero['id']}"
    who = {"Authorization": "Bearer bot-token", "X-Act-For": "discord:1"}
    tag = client.http.get(f"/api/v1{path}", headers=who).headers["ETag"]
    assert tag == '"1"' and hero["revision"] == 1
    change = {"kind": "row", "id": "back"}
    client.ok("POST", f"{path}/equipment", change, If_Match=tag)
    status, envelope = client.send("POST", f"{path}/equipment", {**change, "id": "front"}, If_Match=tag)
    assert (status, envelope["error"]["code"], envelope["error"]["details"]["revision"]) == (
        412,
        "stale_revision",
        2,
    )
    assert client.ok("GET", f"{path}/equipment")["row"] == "back"
    assert client.send("DELETE", path, If_Match='"1"')[0] == 412
    for bad in ("1", 'W/"1"', '"x"', '"1", "2"'):
        assert error(client.send("DELETE", path, If_Match=bad)) == (422, "invalid", "If-Match")
    client.ok("DELETE", path, If_Match='"2"')


def test_a_list_that_grows_comes_in_pages_whose_cursors_lead_through_all_of_it(client: Client) -> None:
    made = [client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"] for _ in range(7)]
    seen, cursor = [], ""
    while True:
        page = client.ok("GET", f"/characters?limit=3{cursor}")
        seen += [hero["id"] for hero in page["items"]]
        assert len(page["items"]) <= 3
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == list(reversed(made))
    for path in ("/characters", "/sessions", "/surfaces?kind=discord", "/account/sessions"):
        client.enrol() if path == "/account/sessions" else None
        heads = (
            {"Authorization": f"Bearer {client.sign_in()['token']}"} if path == "/account/sessions" else {}
        )
        who: dict[str, Any] = (
            {"user": None, **heads} if heads else {"X_Act_For": ""} if "surfaces" in path else {}
        )
        join = "&" if "?" in path else "?"
        assert error(client.send("GET", f"{path}{join}cursor=made-up", **who)) == (
            422,
            "invalid",
            "cursor",
        ), path
        for bad in ("0", "101", "-1", "many"):
            assert error(client.send("GET", f"{path}{join}limit={bad}", **who)) == (
                422,
                "invalid",
                "limit",
            ), path


def test_the_longest_page_is_served_where_each_row_needs_a_look_at_another_document(client: Client) -> None:
    """Found by the fuzz: pages could be longer than what the store looks up at once."""
    store, clock = client.parts.deps.store, client.clock
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"]
    wish = {
        "campaign": "low_water_ledger",
        "character_id": hero,
        "surface": {"kind": "discord", "channel_id": "1"},
    }
    made = client.ok("POST", "/sessions", wish)
    surface = store.get("surfaces", f"discord.{made['id']}")
    (seat,) = store.query(Query("seats", {"session_id": made["id"]})).items
    assert surface is not None
    for number in range(150):
        ids = f"{number:04}"
        session = {**store.get("game_sessions", made["id"]).body}  # type: ignore[union-attr]
        store.commit([
            Insert("game_sessions", f"copy.{ids}", session),
            Insert("surfaces", f"discord.copy.{ids}", {**surface.body, "session_id": f"copy.{ids}"}),
            Insert("seats", clock.new_id(), {**seat.body, "session_id": f"copy.{ids}"}),
        ])  # fmt: skip
    for path, who in (("/surfaces?kind=discord&limit=100", {"X_Act_For": ""}), ("/sessions?limit=100", {})):
        page = client.ok("GET", path, **who)
        rest = client.ok("GET", f"{path}&cursor={page['next_cursor']}", **who)
        assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (100, 51, None)
