"""The stand-in answers as a real Appwrite 1.9.6 did: every recording is replayed, every difference explained here."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.fakes.appwrite import AppwriteStandin
from tests.fakes.appwrite.contract import contract_file

DELAY = 0.02


@dataclass(frozen=True)
class Difference:
    """A difference that is allowed: at which requests, at which place of the answer, and why."""

    request: str
    place: str
    because: str


ALLOWED = [
    Difference(
        r".",
        r"(^|\.)(\$createdAt|\$updatedAt|expiresAt)$",
        "times are those of the day; they must have the recorded form",
    ),
    Difference(
        r"^GET /v1/tablesdb/transactions$",
        r"^(total|transactions)$",
        "the recorded server had 367 transactions of earlier trials; the form of ours is checked by the description",
    ),
]

# What the stand-in does not serve: the first cut of the adapter uses nothing of it.
NOT_SERVED = {
    r"/v1/(account|users)": "identity comes with the sign-in adapter",
    r"/v1/(storage|tokens)": "files come with the storage adapter",
    r"/v1/health": "the adapter asks the database itself whether it is there",
}

# Ids that the server makes up: the recorded one stands for ours from the answer on that gives it.
MADE_UP = re.compile(r"^POST /v1/tablesdb/transactions$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$")


def recordings() -> list[dict[str, Any]]:
    path = contract_file("recordings.jsonl")
    if path is None:
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def differences(recorded: Any, given: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two answers differ; a place is keys joined by dots, without list positions."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        for key in sorted(recorded.keys() | given.keys()):
            inner = f"{place}.{key}".lstrip(".")
            yield from differences(recorded.get(key, "(missing)"), given.get(key, "(missing)"), inner)
    elif isinstance(recorded, list) and isinstance(given, list) and len(recorded) == len(given):
        for one, other in zip(recorded, given, strict=True):
            yield from differences(one, other, place)
    elif recorded != given or type(recorded) is not type(given):
        yield place, recorded, given


def test_every_recording_is_answered_as_recorded() -> None:
    exchanges = recordings()
    if not exchanges:
        pytest.skip("the recordings are not here")
    unexplained: list[str] = []
    used: set[Difference] = set()
    replayed = 0
    with AppwriteStandin(delay=DELAY) as standin:
        headers = {"x-appwrite-project": standin.project, "x-appwrite-key": standin.key}
        # The recorded server had a database before.
        first = json.dumps({"databaseId": "main", "name": "Main"}).encode()
        standin.answer("POST", "/v1/tablesdb", headers, first)
        ours: dict[str, str] = {}
        for exchange in exchanges:
            name = f"{exchange['method'].upper()} {exchange['url'].partition('?')[0]}"
            if any(re.search(pattern, exchange["url"]) for pattern in NOT_SERVED):
                continue
            replayed += 1
            url, body, answer = exchange["url"], json.dumps(exchange["req"]), json.dumps(exchange["resp"])
            for recorded_id, our_id in ours.items():
                url, body = url.replace(recorded_id, our_id), body.replace(recorded_id, our_id)
                answer = answer.replace(recorded_id, our_id)
            if exchange["method"] == "get" and re.search("columns$|indexes$", url):
                time.sleep(DELAY)  # the recorded client waited for them too
            response = requests.request(
                exchange["method"],
                standin.endpoint.removesuffix("/v1") + url,
                data=None if exchange["req"] is None else body,
                headers=headers,
                timeout=10,
            )
            given = response.json() if response.content else None
            if MADE_UP.match(name) and isinstance(given, dict):
                ours[exchange["resp"]["$id"]] = given["$id"]
                answer = answer.replace(exchange["resp"]["$id"], given["$id"])
            found = list(differences(json.loads(answer), given))
            found += differences(
                (exchange["status"], exchange["ct"]),
                (response.status_code, response.headers["content-type"]),
                "http",
            )
            for place, recorded, actual in found:
                explained = [d for d in ALLOWED if re.search(d.request, name) and re.search(d.place, place)]
                used |= set(explained)
                is_time = isinstance(recorded, str) and TIME.match(recorded)
                if not explained or (is_time and not TIME.match(str(actual))):
                    unexplained.append(f"{name}: {place} was {recorded!r:.200}, is {actual!r:.200}")
        violations = list(standin.violations)
    assert unexplained == []
    assert violations == []
    assert used == set(ALLOWED), "an allowed difference that does not occur any more"
    assert replayed == 59


def test_what_is_not_replayed_is_named() -> None:
    for exchange in recordings():
        served = exchange["url"].startswith("/v1/tablesdb")
        assert served != any(re.search(pattern, exchange["url"]) for pattern in NOT_SERVED), exchange["url"]
