"""A seeded world, everybody who may ask in it, and one sound request for every operation: the authorisation matrix.

`World` is one app on one SQLite file that is put back after every write, so that cells do not touch one another.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.app import create_app
from api.policy import RULES, Role
from api.routes.operation import Operation, operation_at
from api.services.narration import serve_turn
from api.store.port import Query
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for
from tests.routes.conftest import Client
from tests.services.test_assets import PNG

Json = dict[str, Any]
PASSWORD = "three words here"
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
FAR = "203.0.113.9"

_PERSON = {Role.ANYONE, Role.USER, Role.SIGNED_IN, Role.VERIFIED}
_VOUCHED = {Role.ANYONE, Role.USER, Role.VOUCHED}
_SERVICE = {Role.ANYONE, Role.SERVICE}
# What each asker is, written down by hand: the roles of the policy are held against this.
ASKERS: dict[str, dict[str, set[Role]]] = {
    "anonymous": {"": {Role.ANYONE}},
    "operator": {"": {Role.ANYONE, Role.OPERATOR}},
    "unconfirmed": {"": _PERSON - {Role.VERIFIED}},
    "other user": {"": _PERSON},
    "owner": {"": _PERSON, "character": {Role.OWNER}},
    "member": {"": _PERSON, "session": {Role.MEMBER}},
    "active player": {"": _PERSON, "session": {Role.MEMBER}},
    "host": {"": _PERSON, "session": {Role.MEMBER, Role.HOST}, "link": {Role.MEMBER}},
    "bot, right user": {
        "": _VOUCHED, "character": {Role.OWNER}, "session": {Role.MEMBER, Role.HOST, Role.LOCAL},
        "surface": {Role.LOCAL}, "link": {Role.MEMBER},
    },
    "bot, member": {"": _VOUCHED, "session": {Role.MEMBER, Role.LOCAL}, "surface": {Role.LOCAL}},
    "bot, wrong user": {"": _VOUCHED, "session": {Role.LOCAL}, "surface": {Role.LOCAL}},
    "bot": {"": _SERVICE, "session": {Role.SHOWS, Role.LOCAL}, "surface": {Role.SHOWS, Role.LOCAL}},
    "wrong service": {"": _SERVICE},
    "wrong service's user": {"": _VOUCHED},
    "website": {"": set()},
}  # fmt: skip
SERVICES = {"bot", "wrong service"}
IN_DISCORD = {
    "bot, right user",
    "bot, member",
    "bot, wrong user",
    "bot",
    "wrong service",
    "wrong service's user",
    "website",
}
# Rights that a route asks for besides its own, in the order of asking.
MORE = {
    "surfaces.create": "session.read",
    "sessions.index": "session.mine",
    "sessions.index by channel": "session.find",
}


@dataclass(frozen=True)
class Cell:
    """One operation: `name` is its endpoint, and what is special about this request of it."""

    name: str
    method: str
    path: str
    operation: Operation
    body: Json | None = None
    query: str = ""
    rights: tuple[str, ...] = ()


@dataclass
class World:
    """Everybody and everything: `people` by name with what they show, `ids` by table (web or discord) and kind."""

    client: Client
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    heroes: dict[str, str] = field(default_factory=dict)
    spares: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    seen: int = 0
    kept: sqlite3.Connection | None = None
    live: sqlite3.Connection | None = None

    def ask(
        self, who: str, cell: Cell, ids: dict[str, str] | None = None, **heads: str
    ) -> tuple[int, str, str]:
        """Status, code and message of one cell's answer, and whether it wrote; the store is as before afterwards."""
        place = "discord" if who in IN_DISCORD else "web"
        known = {
            **self.ids[place], "spare": self.spares.get(who, ULID), "hero": self.heroes.get(who, ULID),
            "login": self.logins.get(who, "0" * 36), **(ids or {}),
        }  # fmt: skip
        path = cell.path.format(**known) + cell.query.format(**known)
        body = filled(cell.body, known)
        address = "127.0.0.1" if who == "operator" else FAR
        self.client.http.environ_base["REMOTE_ADDR"] = address
        headers = {k.replace("-", "_"): v for k, v in {**self.people[who], **heads}.items()}
        status, envelope = self.client.send(cell.method, path, body, user=None, **headers)
        wrote = self.restore()
        for cookie in ("coc_session", "coc_device"):
            self.client.http.delete_cookie(cookie)
            self.client.http.delete_cookie(cookie, path="/api/v1/auth")
        error = envelope.get("error") or {}
        return status, error.get("code", ""), error.get("message", "") + (" (and wrote)" if wrote else "")

    def keep(self) -> None:
        self.kept = sqlite3.connect(":memory:")
        self.live = sqlite3.connect(self.folder / "test.sqlite3")
        self.live.backup(self.kept)
        self.seen = self.version()

    def version(self) -> int:
        """What changes whenever somebody else writes to the file."""
        assert self.live is not None
        return int(self.live.execute("PRAGMA data_version").fetchone()[0])

    def restore(self) -> bool:
        """Put the store back where it was; whether there was anything to put back."""
        if self.version() == self.seen:
            return False
        assert self.kept is not None and self.live is not None
        self.kept.backup(self.live)
        self.seen = self.version()
        return True


def filled(value: Any, known: dict[str, str]) -> Any:
    """A body with the ids of this world in the place of their names."""
    if isinstance(value, dict):
        return {k: filled(v, known) for k, v in value.items()}
    return value.format_map(known) if isinstance(value, str) and "{" in value else value


def build_world(folder: Path) -> World:
    client = Client(create_app(settings_for(folder), MovableClock()).test_client())
    world = World(client, folder=folder)
    identity = client.parts.identity
    for name in ("other user", "owner", "member", "active player", "host", "unconfirmed"):
        account = identity.add_account(f"{name.replace(' ', '.')}@example.org", PASSWORD, "Ann Example")
        token, _ = identity.open_login(account, remember=False)
        world.people[name] = {"Authorization": f"Bearer {token}"}
        login = identity.login_of_token(token)
        assert login is not None
        world.logins[name] = login.id
    unconfirm(client, "unconfirmed@example.org")
    bot = {"Authorization": "Bearer bot-token"}
    world.people |= {
        "anonymous": {}, "operator": {}, "bot": bot, "wrong service": {"Authorization": "Bearer terminal-token"},
        "wrong service's user": {"Authorization": "Bearer terminal-token", "X-Act-For": "terminal:ann"},
        "website": {"Authorization": "Bearer web-token"},
        "bot, right user": {**bot, "X-Act-For": "discord:1", "X-Act-Name": "One"},
        "bot, wrong user": {**bot, "X-Act-For": "discord:99", "X-Act-Name": "Nine"},
        "bot, member": {**bot, "X-Act-For": "discord:2", "X-Act-Name": "Two"},
    }  # fmt: skip
    for name in world.people:
        if Role.USER in ASKERS[name][""]:
            world.spares[name] = _hero(world, name)
    world.ids["web"] = _tables(world, "host", ("member", "active player"))
    world.ids["discord"] = _tables(world, "bot, right user", ("bot, member",))
    for place, owner in (("web", "owner"), ("discord", "bot, right user")):
        world.ids[place]["character"] = _hero(world, owner)
    for place, host in (("web", "host"), ("discord", "bot, right user")):
        painter = client.ok("GET", "/auth/me", user=None, **_as(world, host))["id"]
        client.parts.deps.assets.put(painter, f"portrait.{world.ids[place]['host_hero']}", "image/png", PNG)
    letter = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    client.ok("POST", "/auth/forgot-password", {"email": "host@example.org"}, user=None)
    letter = client.deliver()[0]["id"]
    surface = {
        "session_id": world.ids["discord"]["session"],
        "kind": "discord",
        "address": {"channel_id": "42"},
    }
    made = client.ok("POST", "/surfaces", surface, X_Act_For="")
    code = client.ok("POST", "/links", {}, user=None, **_as(world, "bot, right user"))
    asked = client.ok("POST", "/links/redeem", {"code": code["code"]}, user=None, **_as(world, "host"))
    for ids in world.ids.values():
        ids |= {
            "surface": made["id"],
            "letter": letter,
            "link_request": asked["id"],
            "discord_session": surface["session_id"],
        }
    world.keep()
    return world


def unconfirm(client: Client, email: str) -> None:
    """Make a signed-in account one whose address is not confirmed, as after a change by an operator."""
    from api.store.port import Update

    store = client.parts.deps.store
    found = client.parts.identity._accounts.by_address(email)
    assert found is not None
    store.commit([Update("accounts", found.id, found.revision, {**found.body, "verified": False})])


def _as(world: World, name: str) -> dict[str, str]:
    return {k.replace("-", "_"): v for k, v in world.people[name].items()}


def _hero(world: World, name: str) -> str:
    made = world.client.ok("POST", "/characters", {"hero": "aldo_fisk"}, user=None, **_as(world, name))
    return str(made["id"])


def _tables(world: World, host: str, guests: tuple[str, ...]) -> dict[str, str]:
    """A running table in ordered turns at which the last guest is to act, a lobby, and a job of the former."""
    call = world.client.ok
    ids = {}
    for kind in ("session", "lobby"):
        seats = {name: _hero(world, name) for name in (host, *guests)}
        wish = {"campaign": "low_water_ledger", "character_id": seats[host], "mode": "ordered"}
        ids[kind] = call("POST", "/sessions", wish, user=None, **_as(world, host))["id"]
        for guest in guests:
            body = {"character_id": seats[guest]}
            call("POST", f"/sessions/{ids[kind]}/join", body, user=None, **_as(world, guest))
        if kind == "session":
            world.heroes |= seats
    path = f"/sessions/{ids['session']}"
    call("POST", f"{path}/begin", {}, user=None, **_as(world, host))
    for name in (host, *guests)[:-1] if len(guests) > 1 else ():
        body = {"character_id": world.heroes[name], "kind": "pass"}
        acted = call("POST", f"{path}/action", body, user=None, **_as(world, name))
        ids["job"] = acted["job_id"]
    if "job" not in ids:
        turn = call("GET", path, user=None, **_as(world, host))["turn"]["id"]
        ids["job"] = f"narrate-{turn}-1"
    said = call(
        "POST", f"{path}/memories", {"text": "The bond is in the third chest"}, user=None, **_as(world, host)
    )
    ids["memory"] = said["id"]
    ids["host_hero"] = world.heroes[host]
    _tell(world, ids["session"])
    return ids


def _tell(world: World, session: str) -> None:
    """Do what the workers do with all that waits, so that there is a last passage."""
    parts = world.client.parts
    waiting = Query("turns", {"session_id": session, "state": "resolved"})
    for row in parts.deps.store.query(waiting).items:
        asyncio.run(serve_turn(parts.deps, parts.ruler, parts.narrators, row.id))


# One sound request for every operation, by endpoint; ids stand in braces.
BODIES: dict[str, Json] = {
    "auth.register": {"email": "new@example.org", "password": "a long new phrase"},
    "auth.verify_email": {"token": "x" * 40},
    "auth.login": {"email": "host@example.org", "password": PASSWORD},
    "auth.logout": {},
    "auth.forgot_password": {"email": "host@example.org"},
    "auth.reset_password": {"token": "x" * 40, "password": "a long new phrase"},
    "auth.change_password": {"current_password": PASSWORD, "password": "a long new phrase"},
    "auth.change_email": {"password": PASSWORD, "email": "moved@example.org"},
    "auth.look_at_browser_link": {"token": "x" * 40},
    "auth.use_browser_link": {"token": "x" * 40},
    "account.leave": {"password": PASSWORD},
    "links.give_code": {},
    "links.redeem": {"code": "ABCD-EFGH"},
    "links.browser": {},
    "links.confirm": {"password": PASSWORD},
    "links.unlink": {"provider": "discord"},
    "characters.create": {"hero": "pim_cardew"},
    "characters.choose": {},
    "characters.change_part": {"kind": "row", "id": "back"},
    "sessions.create": {"campaign": "low_water_ledger", "character_id": "{spare}"},
    "sessions.join": {"character_id": "{spare}"},
    "sessions.leave": {},
    "sessions.begin": {},
    "sessions.end": {},
    "sessions.mode": {"mode": "free"},
    "sessions.sponsor": {},
    "sessions.settings": {"tone": "grim"},
    "sessions.act": {"character_id": "{hero}", "kind": "pass"},
    "sessions.fight": {"character_id": "{hero}", "kind": "defend"},
    "memories.add": {"text": "The ferryman owes us a crossing"},
    "memories.change": {"pinned": True},
    "sessions.chat": {"text": "Hello there"},
    "sessions.retry": {},
    "sessions.correct": {"text": "Odile is a woman."},
    "sessions.put_slip": {"slip": "a-slip-for-tests", "lines": ["gore"]},
    "sessions.play_x": {},
    "sessions.roll": {"expression": "1d20+2"},
    "surfaces.create": {
        "session_id": "{discord_session}",
        "kind": "discord",
        "address": {"channel_id": "42"},
    },
    "surfaces.lease": {"holder": "bot-a", "seconds": 30},
    "surfaces.write": {"fence": 0, "cursor": 1},
}
PATH_IDS = {
    "session_id": "{session}", "character_id": "{character}", "surface_id": "{surface}", "job_id": "{job}",
    "login_id": "{login}", "memory_id": "{memory}", "request_id": "{link_request}", "letter_id": "{letter}",
    "part": "equipment",
    "turn_id": "last",
}  # fmt: skip
QUERIES = {"sessions.lore": "?item=long%20lancet"}
IN_LOBBY = {"sessions.begin", "sessions.join", "sessions.leave"}


def cells(world: World) -> list[Cell]:
    """Every operation of the app once, and the special questions that have a right of their own."""
    import re

    found = []
    app = world.client.http.application
    for route in app.url_map.iter_rules():
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            declared = operation_at(app, route.endpoint)
            assert declared is not None
            name = route.endpoint.removeprefix("v1.")
            path = re.sub(
                r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: PATH_IDS[m[1]], route.rule.removeprefix("/api/v1")
            )
            if name == "characters.portrait":  # of a hero at a table
                path = path.replace("{character}", "{host_hero}")
            if name in IN_LOBBY:
                path = path.replace("{session}", "{lobby}")
            body = BODIES[name] if declared.body is not None else None
            rights = tuple(filter(None, (declared.right, MORE.get(name))))
            found.append(Cell(name, method, path, declared, body, QUERIES.get(name, ""), rights))
    index = next(c for c in found if c.name == "sessions.index")
    found.append(Cell(f"{index.name} by channel", "GET", index.path, index.operation, query="?channel=42",
                      rights=("session.list", "session.find")))  # fmt: skip
    act = next(c for c in found if c.name == "sessions.act")
    other = {"character_id": "{host_hero}", "kind": "pass"}
    found.append(Cell(f"{act.name} with the host's hero", "POST", act.path, act.operation, other,
                      rights=("session.act", "seat.play")))  # fmt: skip
    return found


def held_by(who: str, right: str) -> set[Role]:
    """What an asker is to the thing of a right, by the hand-written list."""
    first = right.partition(".")[0]
    family = {"job": "session", "portrait": "session"}.get(first, first)
    held = set(ASKERS[who][""])
    if right == "session.find":  # a place in Discord, whose service is the bot
        family = "surface"
    if right == "seat.play":
        return held | ({Role.OWNER} if who in ("host", "bot, right user") else set())
    return held | ASKERS[who].get(family, set())


def expected(who: str, cell: Cell) -> tuple[int, str] | None:
    """The refusal that an asker must get, as status and code; None for who is let in. Read off the table's rows."""
    for right in cell.rights:
        rule = RULES[right]
        held = held_by(who, right)
        if who == "website" and Role.ANYONE not in rule.who and Role.OPERATOR not in rule.who:
            return 403, "scope"
        if held & rule.who or Role.ANYONE in rule.who:
            continue
        if right == "seat.play":
            return 409, "not_in_session"
        if rule.who == {Role.OPERATOR}:
            return 404, "not_found"
        if who in ("anonymous", "operator"):
            return 401, "unauthenticated"
        if Role.VERIFIED in rule.who and Role.SIGNED_IN in held:
            return 403, "email_unverified"
        personal = {
            Role.USER,
            Role.VOUCHED,
            Role.SIGNED_IN,
            Role.VERIFIED,
            Role.OWNER,
            Role.MEMBER,
            Role.HOST,
        }
        mine = {Role.SERVICE, Role.SHOWS, Role.LOCAL} if who in SERVICES else personal | {Role.LOCAL}
        stopped_at_the_door = not mine & rule.who or (Role.USER in held and rule.who <= {Role.SIGNED_IN})
        if rule.known_to and not held & rule.known_to and not stopped_at_the_door:
            return 404, "not_found"
        return 403, "forbidden"
    return None
