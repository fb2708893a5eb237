"""`./coc admin` beside the running API: what an operator does is audited, and what players see says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Response

from api.admin import main
from api.app import create_app
from api.routes.http import ok
from api.routes.operation import operation
from api.routes.tiers import require_tier
from api.schemas.answers.base import Nothing
from api.services.replays import replay_session
from api.store.port import Query
from tests.fakes.clock import MovableClock
from tests.fakes.game import settings_for
from tests.routes.conftest import Client

WHY = ("--reason", "for the test", "--as", "olga")


class Desk:
    """Runs commands of `./coc admin` on the API's store."""

    def __init__(self, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = client.parts.deps.settings.database_url
        self.capsys = capsys

    def run(self, *words: str) -> tuple[int, str]:
        """The exit status, and what was printed."""
        status = main([*words, "--store", self.url])
        printed = self.capsys.readouterr()
        return status, printed.out + printed.err

    def ok(self, *words: str) -> Any:
        status, printed = self.run(*words, "--json")
        assert status == 0, printed
        return json.loads(printed)


@pytest.fixture
def desk(client: Client, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(client, capsys)


def me(client: Client, user: int = 1) -> str:
    return str(client.ok("GET", "/auth/me", user=user)["id"])


# --- looking people up ---


def test_people_are_found_by_name_address_id_and_discord_id(client: Client, desk: Desk) -> None:
    client.enrol()
    discord_id = me(client)
    for text in ("discord:1", discord_id, "player 1"):
        assert [one["id"] for one in desk.ok("find", text)["items"]] == [discord_id], text
    found = desk.ok("find", "ANN@example.org")["items"]
    assert found == desk.ok("find", "ann")["items"] and found[0]["email"] == "ann@example.org"
    assert desk.ok("find", "nobody at all")["items"] == []


def test_a_person_is_shown_with_all_that_is_theirs_and_no_secret(client: Client, desk: Desk) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    session, heroes = client.table()
    shown = desk.ok("show", "discord:1")
    assert [c["id"] for c in shown["characters"]] == heroes and shown["sessions"] == [session]
    assert shown["links"] == [{"provider": "discord", "id": "1", "banned": False}]
    text = desk.run("show", "ann@example.org")[1] + json.dumps(desk.ok("show", "ann@example.org"))
    assert "argon2" not in text and token not in text and "sign_ins: 1" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "discord:99"), "There is no account 'discord:99'"),
        (("grant", "discord:1", "PREMIUM", "--reason", " "), "reason: is empty"),
        (("ban", "discord:1", "--until", "2020-01-01", *WHY), "until: must lie in the future"),
        (("ban", "discord:tim", *WHY), "who: must be discord:<id>"),
        (("unban", "discord:1", *WHY), "discord:1 is not shut out"),
        (("revoke", "discord:1", *WHY), "Nothing is granted there by 'operator'"),
        (("gold", "nobody", "+5", *WHY), "There is no character 'nobody'"),
    ],
)
def test_a_refusal_says_what_is_wrong(client: Client, desk: Desk, words: tuple[str, ...], told: str) -> None:
    me(client)
    status, printed = desk.run(*words)
    assert status == 1 and told in printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("grant", "discord:1", "GOLD", *WHY), "invalid choice: 'GOLD'"),
        (("grant", "discord:1", "BASIC"), "--reason"),
        (("ban", "discord:1", "--until", "soon", *WHY), "neither a span such as 30d"),
        (("ban", "discord:1", "--until", "2027-02-31", *WHY), "no day of the calendar"),
        (("gold", "x", "much", *WHY), "no number such as +50"),
        ((), "COMMAND"),
    ],
)
def test_a_command_that_is_none_says_how_it_would_be(desk: Desk, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*words])
    assert stopped.value.code == 2 and told in desk.capsys.readouterr().err


def test_a_store_that_is_not_there_is_not_made(desk: Desk, tmp_path: Any) -> None:
    desk.url = f"sqlite:///{tmp_path / 'away.sqlite3'}"
    assert desk.run("find", "ann") == (2, f"coc admin: there is no save at {tmp_path / 'away.sqlite3'}\n")
    assert not (tmp_path / "away.sqlite3").exists()


# --- tiers ---


def test_a_granted_tier_holds_until_its_day_and_is_audited(client: Client, desk: Desk) -> None:
    mine = me(client)
    done = desk.ok("grant", "discord:1", "premium", "--until", "2027-01-31", *WHY)
    assert done["done"] is True and done["grants"][0]["tier"] == "PREMIUM"
    row = desk.ok("audit", "--user", "discord:1")["items"][0]
    assert (row["what"], row["by"], row["reason"], row["user_id"]) == (
        "tier_granted",
        "operator:olga",
        "for the test",
        mine,
    )
    assert (
        row["before"] == {"grants": None} and row["after"]["grants"][0]["until"] == "2027-01-31T00:00:00.000Z"
    )
    desk.ok("revoke", mine, *WHY)
    assert [r["what"] for r in desk.ok("audit", "--user", mine)["items"]] == ["tier_revoked", "tier_granted"]


def test_a_dry_run_says_what_would_be_and_changes_nothing(client: Client, desk: Desk) -> None:
    session, [hero] = client.table()
    before = {c: [(d.id, d.revision) for d in client.parts.deps.store.query(Query(c)).items]
              for c in ("accounts", "links", "characters", "game_sessions", "audit", "bans", "turns")}  # fmt: skip
    assert desk.ok("grant", "discord:1", "BASIC", "--dry-run", *WHY)["done"] is False
    assert desk.ok("ban", "discord:1", "--dry-run", *WHY)["ban"]["reason"] == "for the test"
    assert desk.ok("gold", hero, "+5", "--dry-run", *WHY)["after"]["gold"] > 0
    assert "dry run: nothing was changed" in desk.run("item", hero, "red_cordial", "+1", "--dry-run", *WHY)[1]
    after = {c: [(d.id, d.revision) for d in client.parts.deps.store.query(Query(c)).items] for c in before}
    assert after == before


# --- bans ---


def test_who_is_banned_is_told_why_and_until_when_on_every_way_in(client: Client, desk: Desk) -> None:
    client.enrol()
    token = client.sign_in()["token"]
    desk.ok("ban", "ann@example.org", "--until", "2027-01-31", *WHY)
    told = "You are shut out of this game until 2027-01-31, 00:00 UTC: for the test"
    bearer = {"Authorization": f"Bearer {token}"}
    for method, path, body in (
        ("GET", "/auth/me", None),
        ("GET", "/characters", None),
        ("POST", "/sessions", {}),
    ):
        status, envelope = client.send(method, path, body, user=None, **bearer)
        assert (status, envelope["error"]["code"], envelope["error"]["message"]) == (403, "banned", told)
    wish = {"email": "ann@example.org", "password": "three words here"}
    status, envelope = client.send("POST", "/auth/login", wish, user=None)
    assert (status, envelope["error"]["code"]) == (403, "banned") and envelope["error"]["details"][
        "until"
    ] is not None
    wrong = client.send("POST", "/auth/login", {**wish, "password": "three words there"}, user=None)
    assert wrong[0] == 401, "only who knows the password hears of the ban"
    desk.ok("unban", "ann@example.org", *WHY)
    client.ok("GET", "/auth/me", user=None, **bearer)


def test_a_ban_ends_by_itself(client: Client, desk: Desk) -> None:
    me(client)
    desk.ok("ban", "discord:1", "--until", "2027-01-31", *WHY)
    assert client.send("GET", "/characters")[0] == 403
    client.clock.advance(90 * 86400)
    client.ok("GET", "/characters")


def test_a_discord_id_can_be_banned_before_it_ever_comes(client: Client, desk: Desk) -> None:
    desk.ok("ban", "discord:7", *WHY)
    for _ in range(2):
        status, envelope = client.send("GET", "/characters", user=7)
        assert (status, envelope["error"]["code"]) == (403, "banned")
    assert "for good" in envelope["error"]["message"]
    desk.ok("unban", "discord:7", *WHY)
    client.ok("GET", "/characters", user=7)
    client.ok("GET", "/characters", user=8)


def test_a_ban_of_the_account_holds_also_when_an_older_one_of_the_id_has_run_out(
    client: Client, desk: Desk
) -> None:
    mine = me(client)
    desk.ok("ban", "discord:1", "--until", "2027-01-01", *WHY)
    desk.ok("ban", mine, "--until", "2027-06-01", *WHY)
    client.clock.advance(60 * 86400)
    assert client.send("GET", "/characters")[0] == 403


def test_a_banned_hosts_friends_play_on_without_them(client: Client, desk: Desk) -> None:
    session, _ = client.table(2)
    assert desk.ok("ban", "discord:1", "--dry-run", *WHY)["left_tables"] == []
    done = desk.ok("ban", "discord:1", *WHY)
    assert done["left_tables"] == [session]
    view = client.ok("GET", f"/sessions/{session}", user=2)
    assert len(view["party"]) == 1 and view["host"] == view["sponsor"] == view["party"][0]["user_id"]
    client.ok("POST", f"/sessions/{session}/end", {}, user=2)
    desk.ok("unban", "discord:1", *WHY)
    assert client.ok("GET", "/characters")["items"][0]["seated_in"] is None


# --- corrections ---


def test_a_correction_at_a_table_is_told_with_its_reason_and_replays(client: Client, desk: Desk) -> None:
    session, [hero] = client.table()
    purse = client.ok("GET", f"/characters/{hero}")["gold"]
    desk.ok("gold", hero, "+40", *WHY)
    desk.ok("item", hero, "red_cordial", "+2", *WHY)
    desk.ok("gold", hero, "-10", *WHY)
    sheet = client.ok("GET", f"/characters/{hero}")
    assert sheet["gold"] == purse + 30
    rows = client.ok("GET", f"/sessions/{session}/events")["items"]
    told = [e for r in rows for e in r["events"] if e["type"] == "sheet_changed"]
    assert [e["corrected"] for e in told] == ["for the test"] * 3
    assert told[0]["events"][0] == {"type": "gold_changed", "actor": hero, "actor_name": sheet["name"], "amount": 40,
                                    "gold_after": purse + 40}  # fmt: skip
    turn = client.ok("GET", f"/sessions/{session}")["turn"]["number"]
    body = {"character_id": hero, "kind": "pass", "seen_turn": turn}
    client.ok("POST", f"/sessions/{session}/action", body)
    report = replay_session(client.parts.deps.store, client.parts.deps.content, session)
    assert report.ok and report.present == ()
    row = desk.ok("audit", "--what", "gold_corrected")["items"][-1]
    assert (row["before"]["gold"], row["after"]["gold"], row["character_id"]) == (purse, purse + 40, hero)


def test_corrections_are_replayed_like_any_other_step(client: Client, desk: Desk) -> None:
    session, [hero] = client.table()
    desk.ok("gold", hero, "+40", *WHY)
    turns = client.parts.deps.store.query(Query("turns", {"session_id": session})).items
    steps = [s for t in turns for s in t.body.get("steps", ())]
    assert [c["type"] for s in steps for c in s["commands"]] == ["CorrectGold"]
    assert replay_session(client.parts.deps.store, client.parts.deps.content, session).ok


def test_a_correction_that_the_rules_forbid_changes_nothing(client: Client, desk: Desk) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"]
    status, printed = desk.run("gold", hero, "-1000000", *WHY)
    assert status == 1 and " gold." in printed
    assert desk.ok("audit")["items"] == []


# --- the security log ---


def test_what_happens_to_an_accounts_safety_is_in_the_audit_trail_without_a_secret(
    client: Client, desk: Desk
) -> None:
    client.enrol()
    signed_in = client.sign_in()
    bearer = {"Authorization": f"Bearer {signed_in['token']}"}
    wish = {"current_password": "three words here", "password": "other words now"}
    client.ok("POST", "/auth/change-password", wish, user=None, **bearer)
    client.ok("POST", "/auth/forgot-password", {"email": "ann@example.org"}, user=None)
    reset = {"token": client.link("ann@example.org"), "password": "yet other words"}
    client.ok("POST", "/auth/reset-password", reset, user=None)
    rows = desk.ok("audit", "--user", "ann@example.org")["items"]
    assert [r["what"] for r in rows] == ["password_reset", "password_changed", "signed_in"]
    text = json.dumps(rows)
    for secret in (signed_in["token"], reset["token"], "words", "ann@example.org", "argon2"):
        assert secret not in text
    assert all(r["by"] == "self" and "expires_at" in r for r in rows)


# --- a route for some tiers alone ---


@pytest.mark.parametrize(
    ("tier", "status"), [("FREE", 403), ("BASIC", 403), ("PREMIUM", 200), ("ELITE", 200)]
)
def test_a_route_can_ask_for_a_right_of_the_askers_own_tier(tmp_path: Any, tier: str, status: int) -> None:
    app = create_app(settings_for(tmp_path, default_tier=tier), MovableClock())

    @operation("account.read", Nothing)
    @require_tier("market")
    def stalls() -> Response:
        return ok({})

    app.add_url_rule("/api/v1/stalls", view_func=stalls)
    answer = Client(app.test_client()).send("GET", "/stalls")
    assert answer[0] == status
    if status == 403:
        error = answer[1]["error"]
        assert error["code"] == "tier_needed" and [one["tier"] for one in error["details"]["enough"]] == [
            "PREMIUM",
            "ELITE",
        ]
    assert Client(app.test_client()).send("GET", "/stalls", user=None)[0] == 401
