"""What schemathesis loads: who asks, ids that are really there in every other request, and a count of all answers."""

from __future__ import annotations

import atexit
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis

from tests.fuzz.crew import PASSWORD, Crew, Person

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40

SEED = int(os.environ["FUZZ_SEED"])
CREW = Crew(os.environ["FUZZ_API"], SEED)
DICE = random.Random(SEED)
COUNTS: Counter[str] = Counter()
SOUND: Counter[str] = Counter()
MADE_SOUND: set[str] = set()  # the ids of those cases
LOUD: list[str] = []
ENDS = ("/end", "/leave", "/begin")
OFTEN = 0.5  # of the requests that fit the schema hit something


@schemathesis.auth(refresh_interval=None)
class Asking:
    """Somebody of the crew, by what the operation is for; now and then the wrong one."""

    def get(self, case: Any, _context: Any) -> Person:
        path = case.operation.path
        usual = CREW.player
        if path.startswith(("/api/v1/surfaces", "/api/v1/metrics")):
            usual = CREW.bot
        elif DICE.random() < 0.25 and "/a" not in path.removeprefix("/api/v1"):
            usual = CREW.vouched
        if path.startswith("/api/v1/links"):
            usual = CREW.vouched if path.endswith("/browser") else CREW.player
        always = SOUND[case.operation.label] < 3
        return usual if always or DICE.random() < 0.9 else DICE.choice(CREW.people())

    def set(self, case: Any, data: Person, _context: Any) -> None:
        case.headers = {**(case.headers or {}), **data.heads}


def whose(case: Any) -> Person | None:
    shown = dict(case.headers or {})
    for person in CREW.people():
        if person.heads and all(shown.get(k) == v for k, v in person.heads.items()):
            if person is CREW.bot and "X-Act-For" in shown:
                continue
            return person
    return None


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    case.headers = dict(case.headers or {})
    if not case.operation.path.startswith("/api/v1/dev/"):  # those letters are for the machine itself alone
        case.headers = CREW.heads(case.headers)
    if case.headers.get("Authorization") in CREW.ended:  # made before another request ended that sign-in
        case.headers |= CREW.player.heads
    mode = case.meta.generation.mode if case.meta else None
    if mode is None or not mode.is_positive:
        return
    person, label = whose(case), case.operation.label
    first = SOUND[label] < 3
    if not first and DICE.random() > OFTEN:
        return
    if (
        case.operation.path.startswith(("/api/v1/auth/", "/api/v1/links", "/api/v1/account/sessions/"))
        and not first
    ):
        return  # passwords are hashed slowly on purpose, so only the first few are right
    person = person or CREW.player
    if first and person is CREW.nobody:
        person = CREW.player
    SOUND[label] += 1
    MADE_SOUND.add(case.id)
    make_sound(case, person)


def make_sound(case: Any, person: Person) -> None:
    """Give the request ids that are there, and a body that can succeed."""
    owner = CREW.vouched if person in (CREW.bot, CREW.nobody) else person
    path, method = case.operation.path, case.method
    ids = dict(case.path_parameters or {})
    session, hero = "", ""
    if "session_id" in ids:
        table = CREW.session
        if path.endswith(("/begin", "/join")):
            table = CREW.lobby
        elif path.endswith("/combat/action"):
            table = CREW.fight
        session, hero = table(owner)
        ids["session_id"] = session
        if path.endswith("/join"):  # somebody else's
            ids["session_id"] = CREW.lobby(CREW.vouched if owner is CREW.player else CREW.player)[0]
    if "memory_id" in ids:
        ids["memory_id"] = CREW.memory(owner, session)
    if "turn_id" in ids:
        ids["turn_id"] = CREW.turn(owner, session)
    if path.endswith("/lore"):
        case.query = {"item": CREW.thing(owner, hero)}
    if "character_id" in ids:
        ids["character_id"] = CREW.hero(owner)
    if "surface_id" in ids:
        CREW.session(CREW.vouched)
        ids["surface_id"] = DICE.choice(CREW.surfaces)
    if "job_id" in ids:
        ids["job_id"] = CREW.job(owner)
    if "login_id" in ids and owner is CREW.player:
        ids["login_id"] = CREW.spare_login()
    if "request_id" in ids:
        ids["request_id"] = CREW.link_request()
    if path.endswith("/links/unlink"):
        CREW.link_discord()
    if "letter_id" in ids:
        ids["letter_id"] = CREW.letter()
    if "part" in ids and method == "POST":
        ids["part"] = "equipment"
        case.headers = {k: v for k, v in case.headers.items() if k.lower() != "if-match"}
    case.path_parameters = ids or case.path_parameters
    if isinstance(case.query, dict):
        case.query = {k: v for k, v in case.query.items() if k not in ("cursor", "character_id", "wait")}
    body = sound_body(path, method, owner, hero)
    if body is not None and isinstance(case.body, dict):
        case.body = body
    if path.endswith("/portrait") and method.upper() == "PUT":
        case.body, case.media_type = PNG, "image/png"


def sound_body(path: str, method: str, owner: Person, hero: str) -> dict[str, Any] | None:
    if method == "GET":
        return None
    session = CREW.session(CREW.vouched)[0] if path.startswith("/api/v1/surfaces") else ""
    bodies: dict[str, Any] = {
        "/account/delete": lambda: {"password": PASSWORD},
        "/characters": lambda: {"hero": "nell_tarrow"},
        "/characters/{character_id}/{part}": lambda: {"kind": "row", "id": DICE.choice(["front", "back"])},
        "/sessions": lambda: {"campaign": "low_water_ledger", "character_id": CREW.hero(owner)},
        "/sessions/{session_id}/join": lambda: {"character_id": CREW.hero(owner)},
        "/sessions/{session_id}/action": lambda: {"character_id": hero, "kind": DICE.choice(["pass", "free"]),
                                                  "text": "I look around"},
        "/sessions/{session_id}/combat/action": lambda: {"character_id": hero, "kind": "defend"},
        "/sessions/{session_id}/rolls": lambda: {"expression": DICE.choice(["1d20", "4d6kh3", "2d8+3"])},
        "/sessions/{session_id}/chat": lambda: {"text": "Hello"},
        "/sessions/{session_id}/memories": lambda: {"text": "The ferryman is not to be trusted."},
        "/sessions/{session_id}/memories/{memory_id}": lambda: {"text": "The ferryman keeps his word."},
        "/sessions/{session_id}/settings": lambda: {"tone": "grim"},
        "/sessions/{session_id}/sponsor": dict,
        "/sessions/{session_id}/turns/{turn_id}/retry": dict,
        "/sessions/{session_id}/turns/{turn_id}/correction": lambda: {"text": "Odile is a woman."},
        "/links/redeem": lambda: {"code": CREW.code()},
        "/links/{request_id}/confirm": lambda: {"password": PASSWORD},
        "/links/unlink": lambda: {"provider": "discord"},
        "/auth/browser": lambda: {"token": CREW.browser_token()},
        "/auth/browser/look": lambda: {"token": CREW.browser_token()},
        "/surfaces": lambda: {"session_id": session, "kind": "discord", "address": {"channel_id": "42"}},
        "/surfaces/{surface_id}": lambda: {"fence": DICE.choice([0, 1]), "cursor": 2},
        "/surfaces/{surface_id}/lease": lambda: {"holder": "fuzz", "seconds": 2},
        "/auth/register": lambda: {"email": CREW.address(), "password": PASSWORD},
        "/auth/login": lambda: {"email": CREW.player.email, "password": PASSWORD},
        "/auth/forgot-password": lambda: {"email": CREW.address()},
        "/auth/verify-email": lambda: {"token": CREW.fresh_link("verify")},
        "/auth/reset-password": lambda: {"token": CREW.fresh_link("reset"), "password": PASSWORD},
        "/auth/change-password": lambda: {"current_password": PASSWORD, "password": PASSWORD},
        "/auth/change-email": lambda: {"password": PASSWORD, "email": CREW.address()},
    }  # fmt: skip
    made = bodies.get(path.removeprefix("/api/v1"))
    return made() if made else None


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    label, status = case.operation.label, response.status_code
    COUNTS[f"{case.method.upper()} {case.operation.path} {status}"] += 1  # also methods that are not there
    if status >= 500:
        LOUD.append(f"{label} {status} {response.text[:500]}")
    path = case.operation.path
    gone = (
        path.endswith(ENDS)
        or case.method == "DELETE"
        or (path.endswith("/join"))
        or status in (404, 409, 410)
    )
    if gone and (status < 400 or status in (404, 409)):
        for thing in (case.path_parameters or {}).values():
            CREW.forget(str(thing))
    if status < 400 and isinstance(case.body, dict) and "character_id" in case.body and "action" not in path:
        CREW.forget(str(case.body["character_id"]))
    shown = dict(case.headers or {}).get("Authorization", "")
    if (
        status < 400
        and path.endswith("/account/delete")
        and case.method == "POST"
        and CREW.player.token in shown
    ):
        CREW.call("DELETE", "/account/delete", heads=CREW.player.heads)
    ended = path.endswith(("/logout", "/change-password", "/change-email")) or "/account/sessions" in path
    if status < 400 and ended and case.method != "GET" and CREW.player.token in shown:
        CREW.sign_in(CREW.player)


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """A request is no wrong one once the crew has made it right, for a header that nobody knows, nor for one that was
    left out on its way."""
    if failure.code != "ST201":
        return True
    if case.id in MADE_SOUND:
        return False
    if " in header - " not in str(failure.message):
        return True
    sent = " ".join(response.request.headers).lower()
    return "unknown-property" not in sent and ("idempotency-key" in sent or "if-match" in sent)


@atexit.register
def _tell() -> None:
    told = {"counts": dict(COUNTS), "server_errors": LOUD}
    Path(os.environ["FUZZ_COUNTS"]).write_text(json.dumps(told), encoding="utf-8")
