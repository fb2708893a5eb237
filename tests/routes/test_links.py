"""Two accounts become one: from either side, with both names shown and both sides' word; and who tries to misuse it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.services.deps import Actor
from api.services.linking import requests
from api.services.linking.codes import ALPHABET, CODE_SECONDS
from api.services.sweeper import sweep
from tests.routes.conftest import Client

PASSWORD = "three words here"


@pytest.fixture
def ann(client: Client) -> Client:
    """Ann's browser, signed in; Discord users are numbers at `client`."""
    client.enrol()
    browser = client.browser()
    token = browser.sign_in()["csrf_token"]
    send = browser.send

    def as_ann(method: str, path: str, body: Any = None, **kw: Any) -> Any:
        kw.setdefault("user", None)
        return send(method, path, body, X_CSRF_Token=token, **kw)

    browser.send = as_ann  # type: ignore[method-assign]
    return browser


def link(client: Client, ann: Client, *, from_discord: bool = True, user: int = 1) -> dict[str, Any]:
    """The whole way; the last answer."""
    if from_discord:
        code = client.ok("POST", "/links", {}, user=user)["code"]
        request = ann.ok("POST", "/links/redeem", {"code": code})
    else:
        code = ann.ok("POST", "/links", {})["code"]
        request = client.ok("POST", "/links/redeem", {"code": code}, user=user)
    path = f"/links/{request['id']}/confirm"
    assert ann.ok("POST", path, {"password": PASSWORD})["state"] == "waiting"
    return dict(client.ok("POST", path, {}, user=user))


def error(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


# --- the way ---


@pytest.mark.parametrize("from_discord", [True, False])
def test_a_code_from_either_side_makes_two_accounts_one(
    client: Client, ann: Client, from_discord: bool
) -> None:
    session, [hero] = client.table()
    own = ann.ok("POST", "/characters", {"hero": "isaure_venn"})["id"]
    assert link(client, ann, from_discord=from_discord) == {"state": "linked", "name": "Ann"}
    ids = {ann.ok("GET", "/auth/me")["id"], client.ok("GET", "/auth/me")["id"]}
    assert len(ids) == 1
    for side in (ann, client):
        assert {c["id"] for c in side.ok("GET", "/characters")["items"]} == {hero, own}
        view = side.ok("GET", f"/sessions/{session}")
        assert (view["host"], view["party"][0]["user_id"]) == (*ids, *ids)
    turn = ann.ok("GET", f"/sessions/{session}")["turn"]["number"]
    body = {"character_id": hero, "kind": "pass", "seen_turn": turn}
    ann.ok("POST", f"/sessions/{session}/action", body)
    assert {one["provider"] for one in ann.ok("GET", "/links")["items"]} == {"email", "discord"}


def test_both_sides_see_both_names_and_what_comes_over_before_they_agree(client: Client, ann: Client) -> None:
    _, [hero] = client.table()
    purse = client.ok("GET", f"/characters/{hero}")["gold"]
    code = client.ok("POST", "/links", {})["code"]
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    seen = ann.ok("POST", "/links/redeem", {"code": f" {code.lower().replace('-', ' ')} "})
    assert (seen["you"]["name"], seen["other"]["name"], seen["stays"]) == ("Ann", "Player 1", "you")
    assert seen["comes"]["gold"] == purse and seen["comes"]["sessions"] == 1 and seen["clashes"] == []
    [theirs] = client.ok("GET", "/links")["requests"]
    assert (theirs["you"]["name"], theirs["other"]["name"], theirs["stays"]) == ("Player 1", "Ann", "other")
    assert theirs["confirmed"] == {"you": False, "other": False}
    assert "ann@example.org" not in json.dumps(theirs), "an address is for its owner alone"


def test_nothing_moves_before_both_have_agreed(client: Client, ann: Client) -> None:
    code = client.ok("POST", "/links", {})["code"]
    request = ann.ok("POST", "/links/redeem", {"code": code})["id"]
    for _ in range(2):
        assert client.ok("POST", f"/links/{request}/confirm", {})["state"] == "waiting"
    assert client.ok("GET", "/auth/me")["id"] != ann.ok("GET", "/auth/me")["id"]
    client.ok("DELETE", f"/links/{request}")
    assert error(ann.send("POST", f"/links/{request}/confirm", {"password": PASSWORD})) == (404, "not_found")
    assert client.ok("GET", "/auth/me")["id"] != ann.ok("GET", "/auth/me")["id"]


def test_two_words_at_the_same_moment_make_one_merge(client: Client, ann: Client) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"]
    asked = ann.ok("POST", "/links/redeem", {"code": client.ok("POST", "/links", {})["code"]})["id"]
    store, deps = client.parts.deps.store, client.parts.deps
    row = store.get("link_requests", asked)
    assert row is not None
    goes = Actor("discord", row.body["giver"], "Player 1", "discord:1")
    stays = Actor("web", row.body["taker"], "Ann", "", "login", True)

    def say(actor: Actor) -> str:
        return str(requests.confirm(deps, actor, asked, proven=True)["state"])

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(say, (goes, stays)))
    assert said == ["linked", "waiting"]
    assert [c["id"] for c in ann.ok("GET", "/characters")["items"]] == [hero]


def test_unlinking_gives_the_discord_user_a_new_beginning_and_keeps_what_was_merged(
    client: Client, ann: Client
) -> None:
    session, [hero] = client.table()
    link(client, ann)
    ann.ok("POST", "/links/unlink", {"provider": "discord"})
    assert client.ok("GET", "/characters")["items"] == []
    assert error(client.send("GET", f"/sessions/{session}")) == (404, "not_found")
    view = ann.ok("GET", f"/sessions/{session}")
    assert view["party"][0]["act_for"].startswith("web:") and view["party"][0]["character_id"] == hero
    assert error(ann.send("POST", "/links/unlink", {"provider": "discord"})) == (409, "not_linked")
    link(client, ann)  # and again
    assert client.ok("GET", f"/sessions/{session}")["party"][0]["act_for"] == "discord:1"


# --- what stands in the way is explained ---


def test_two_seats_at_one_table_are_named_and_block_until_one_is_left(client: Client, ann: Client) -> None:
    session, _ = client.table()
    hero = ann.ok("POST", "/characters", {"hero": "isaure_venn"})["id"]
    ann.ok("POST", f"/sessions/{session}/join", {"character_id": hero})
    code = client.ok("POST", "/links", {})["code"]
    seen = ann.ok("POST", "/links/redeem", {"code": code})
    assert [c["session_id"] for c in seen["clashes"]] == [session]
    path = f"/links/{seen['id']}/confirm"
    status, envelope = ann.send("POST", path, {"password": PASSWORD})
    assert (status, envelope["error"]["code"]) == (409, "cannot_link") and "same table" in envelope["error"][
        "message"
    ]
    ann.ok("POST", f"/sessions/{session}/leave", {})
    ann.ok("POST", path, {"password": PASSWORD})
    assert client.ok("POST", path, {})["state"] == "linked"


@pytest.mark.parametrize(
    ("user", "told"),
    [(1, "That code is your own"), (2, "Neither account has an e-mail address")],
)
def test_two_accounts_that_cannot_be_one_are_told_why(client: Client, user: int, told: str) -> None:
    code = client.ok("POST", "/links", {})["code"]
    status, envelope = client.send("POST", "/links/redeem", {"code": code}, user=user)
    assert (status, envelope["error"]["code"]) == (409, "cannot_link") and told in envelope["error"][
        "message"
    ]


def test_two_addresses_and_two_discord_accounts_are_told_why(client: Client, ann: Client) -> None:
    client.enrol("bob@example.org")
    bob = client.browser()
    csrf = bob.sign_in("bob@example.org")["csrf_token"]
    code = ann.ok("POST", "/links", {})["code"]
    status, envelope = bob.send("POST", "/links/redeem", {"code": code}, user=None, X_CSRF_Token=csrf)
    assert status == 409 and "Both accounts have an e-mail address" in envelope["error"]["message"]
    link(client, ann)
    code = ann.ok("POST", "/links", {})["code"]
    status, envelope = client.send("POST", "/links/redeem", {"code": code}, user=2)
    assert (
        status == 409
        and "linked to another Discord account. Unlink that one first" in envelope["error"]["message"]
    )


def test_heroes_over_the_limit_are_announced_and_stay(client: Client, ann: Client) -> None:
    object.__setattr__(client.parts.deps.settings, "default_tier", "FREE")
    heroes = {client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"],
              ann.ok("POST", "/characters", {"hero": "isaure_venn"})["id"]}  # fmt: skip
    code = client.ok("POST", "/links", {})["code"]
    request = ann.ok("POST", "/links/redeem", {"code": code})
    assert "You will have 2 characters. All stay playable" in request["comes"]["notes"][0]
    ann.ok("POST", f"/links/{request['id']}/confirm", {"password": PASSWORD})
    client.ok("POST", f"/links/{request['id']}/confirm", {})
    assert {c["id"] for c in client.ok("GET", "/characters")["items"]} == heroes
    assert error(client.send("POST", "/characters", {"hero": "aldo_fisk"})) == (409, "tier_limit")


def test_a_subscription_comes_along(client: Client, ann: Client) -> None:
    from api.services.admin.changes import Operator, grant_tier

    object.__setattr__(client.parts.deps.settings, "default_tier", "FREE")
    client.ok("GET", "/auth/me")
    grant_tier(client.parts.deps, Operator("olga", "a test"), "discord:1", "PREMIUM", None)
    grant_tier(client.parts.deps, Operator("olga", "a test"), "ann@example.org", "BASIC", None)
    link(client, ann)
    assert ann.ok("GET", "/account/tier")["tier"] == "PREMIUM"


# --- attacks ---


def test_code_brute_force_is_paused_and_never_pays(client: Client, ann: Client) -> None:
    client.ok("POST", "/links", {})
    answers = []
    for number in range(60):
        code = "".join(ALPHABET[(number * 7 + i) % 32] for i in range(8))
        answers.append(error(ann.send("POST", "/links/redeem", {"code": code})))
    assert answers[:5] == [(422, "invalid")] * 5 and answers.count((422, "invalid")) < 12
    assert set(answers) == {(422, "invalid"), (429, "rate_limited")}


def test_code_brute_force_by_many_users_of_a_service_shuts_nobody_out(client: Client, ann: Client) -> None:
    answers = [
        error(client.send("POST", "/links/redeem", {"code": f"0000-{n:04d}"}, user=n + 10))
        for n in range(330)
    ]
    assert answers[:300] == [(422, "invalid")] * 300 and (429, "rate_limited") in answers
    code = client.ok("POST", "/links", {})["code"]
    assert ann.ok("POST", "/links/redeem", {"code": code})["other"]["name"] == "Player 1", (
        "another place goes on"
    )
    client.clock.advance(31)
    code = ann.ok("POST", "/links", {})["code"]
    assert client.ok("POST", "/links/redeem", {"code": code}, user=2)["other"]["name"] == "Ann"


def test_code_brute_force_from_one_network_is_paused(client: Client) -> None:
    answers = []
    for number in range(7):
        client.enrol(f"m{number}@example.org")
        token = client.browser().sign_in(f"m{number}@example.org")["token"]
        for _ in range(5):
            bearer = {"Authorization": f"Bearer {token}"}
            answers.append(
                error(client.send("POST", "/links/redeem", {"code": "0000-0000"}, user=None, **bearer))
            )
    assert answers[:20] == [(422, "invalid")] * 20 and answers[-1] == (429, "rate_limited")


def test_code_replay_is_refused_like_a_code_that_never_was(client: Client, ann: Client) -> None:
    code = client.ok("POST", "/links", {})["code"]
    ann.ok("POST", "/links/redeem", {"code": code})
    assert error(ann.send("POST", "/links/redeem", {"code": code})) == (422, "invalid")


def test_a_code_ends_after_ten_minutes_and_with_the_next_one(client: Client, ann: Client) -> None:
    first = client.ok("POST", "/links", {})["code"]
    second = client.ok("POST", "/links", {})["code"]
    assert error(ann.send("POST", "/links/redeem", {"code": first})) == (422, "invalid")
    client.clock.advance(CODE_SECONDS + 1)
    assert error(ann.send("POST", "/links/redeem", {"code": second})) == (422, "invalid")


def test_linking_somebody_elses_account_needs_their_own_word(client: Client, ann: Client) -> None:
    """Mallory overheard a code of Ann's and entered it; Ann sees Mallory's name and does nothing."""
    code = ann.ok("POST", "/links", {})["code"]
    request = client.ok("POST", "/links/redeem", {"code": code}, user=66)["id"]
    for _ in range(3):
        assert client.ok("POST", f"/links/{request}/confirm", {}, user=66)["state"] == "waiting"
    stolen = {"password": PASSWORD}
    assert client.ok("POST", f"/links/{request}/confirm", stolen, user=66)["state"] == "waiting"
    assert error(client.send("POST", f"/links/{request}/confirm", {}, user=67)) == (404, "not_found")
    assert error(client.send("DELETE", f"/links/{request}", user=67)) == (404, "not_found")
    [shown] = ann.ok("GET", "/links")["requests"]
    assert shown["other"]["name"] == "Player 66"
    client.clock.advance(3600)
    assert error(ann.send("POST", f"/links/{request}/confirm", stolen)) == (404, "not_found")


def test_fixation_a_click_alone_hands_no_account_over(client: Client, ann: Client) -> None:
    """Mallory shows Ann a code of his own: without her password her yes counts for nothing."""
    code = client.ok("POST", "/links", {}, user=66)["code"]
    request = ann.ok("POST", "/links/redeem", {"code": code})
    assert request["needs_password"] is True
    client.ok("POST", f"/links/{request['id']}/confirm", {}, user=66)
    assert error(ann.send("POST", f"/links/{request['id']}/confirm", {})) == (403, "forbidden")
    wrong = ann.send("POST", f"/links/{request['id']}/confirm", {"password": "three words there"})
    assert error(wrong) == (422, "invalid")
    assert client.ok("GET", "/characters", user=66)["items"] == []
    assert client.ok("GET", "/auth/me", user=66)["id"] != ann.ok("GET", "/auth/me")["id"]


def test_a_banned_discord_account_does_not_slip_in_by_a_link(client: Client, ann: Client) -> None:
    from api.services.admin.changes import Operator, ban

    code = client.ok("POST", "/links", {})["code"]
    request = ann.ok("POST", "/links/redeem", {"code": code})["id"]
    ban(client.parts.deps, Operator("olga", "a test"), "discord:1", None)
    ann.ok("POST", f"/links/{request}/confirm", {"password": PASSWORD})
    assert error(client.send("POST", f"/links/{request}/confirm", {})) == (403, "banned")


def test_old_sign_ins_of_an_account_that_went_up_in_another_end(client: Client, ann: Client) -> None:
    url = client.ok("POST", "/links/browser", {})["url"]
    browser = client.browser()
    token = browser.ok("POST", "/auth/browser", {"token": url.split("token=")[1]}, user=None)["token"]
    link(client, ann)
    bearer = {"Authorization": f"Bearer {token}"}
    assert error(client.send("GET", "/auth/me", user=None, **bearer)) == (401, "unauthenticated")


# --- a browser for a Discord user ---


def enter(client: Client, url: str) -> tuple[int, dict[str, Any]]:
    return client.browser().send("POST", "/auth/browser", {"token": url.split("token=")[1]}, user=None)


def test_web_gives_a_discord_user_a_browser_once(client: Client) -> None:
    hero = client.ok("POST", "/characters", {"hero": "aldo_fisk"})["id"]
    given = client.ok("POST", "/links/browser", {})
    assert given["url"].startswith("http://web.test/enter?token=") and given["expires_in"] == 600
    looked = client.browser().ok(
        "POST", "/auth/browser/look", {"token": given["url"].split("token=")[1]}, user=None
    )
    assert looked == {"name": "Player 1"}
    status, envelope = enter(client, given["url"])
    assert status == 200
    bearer = {"Authorization": f"Bearer {envelope['result']['token']}"}
    assert [c["id"] for c in client.ok("GET", "/characters", user=None, **bearer)["items"]] == [hero]
    assert error(enter(client, given["url"])) == (422, "invalid")


def test_a_browser_link_ends_after_ten_minutes_and_opens_nothing_else(client: Client) -> None:
    given = client.ok("POST", "/links/browser", {})
    token = given["url"].split("token=")[1]
    for path in ("/auth/verify-email", "/auth/reset-password"):
        body = {"token": token} | ({"password": PASSWORD} if "reset" in path else {})
        assert error(client.send("POST", path, body, user=None)) == (422, "invalid")
    client.clock.advance(601)
    assert error(enter(client, given["url"])) == (422, "invalid")


def test_only_who_comes_by_a_service_gets_a_browser_link(client: Client, ann: Client) -> None:
    assert error(ann.send("POST", "/links/browser", {})) == (403, "forbidden")
    head = {"Authorization": "Bearer bot-token"}
    assert error(client.send("POST", "/links/browser", {}, user=None, **head)) == (403, "forbidden")


def test_browser_links_are_not_handed_out_without_end(client: Client) -> None:
    answers = [client.send("POST", "/links/browser", {})[0] for _ in range(9)]
    assert answers[:5] == [201] * 5 and answers[-1] == 429


def test_no_code_and_no_link_lies_in_the_store(client: Client, ann: Client) -> None:
    code = client.ok("POST", "/links", {})["code"].replace("-", "")
    token = client.ok("POST", "/links/browser", {})["url"].split("token=")[1]
    from api.store.pages import every
    from api.store.schema import COLLECTIONS

    kept = [json.dumps([d.id, d.body]) for name in COLLECTIONS for d in every(client.parts.deps.store, name)]
    assert not any(code in one or token in one for one in kept)


def test_requests_that_nobody_confirmed_are_swept_away(client: Client, ann: Client) -> None:
    code = client.ok("POST", "/links", {})["code"]
    request = ann.ok("POST", "/links/redeem", {"code": code})["id"]
    client.clock.advance(3600)
    sweep(client.parts.deps)
    assert client.parts.deps.store.get("link_requests", request) is None
