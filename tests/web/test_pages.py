"""What visitors see and do on the website."""

from __future__ import annotations

import re

import pytest

from tests.web.canned_api import EVIL, PASSWORD, CannedApi, hero, turn
from tests.web.conftest import Visitor


def test_the_front_page_says_what_this_is_and_that_the_table_is_open(visitor: Visitor) -> None:
    page = visitor.get("/")
    assert page.status_code == 200
    assert "AI game master" in page.text
    assert "/play" in page.text and "./coc play" in page.text
    assert "The table is open. 2 turns being told right now." in page.text
    assert "The Lamp" in page.text


def test_the_front_page_stands_while_the_api_is_down(visitor: Visitor, api: CannedApi) -> None:
    api.down = True
    page = visitor.get("/")
    assert page.status_code == 200
    assert "The game does not answer right now" in page.text


def test_a_closed_store_is_told_apart(visitor: Visitor, api: CannedApi) -> None:
    api.health["store"] = "down"
    assert "archive is closed" in visitor.get("/").text


def test_signing_in_leads_to_the_heroes_with_a_cookie_that_no_script_reads(visitor: Visitor) -> None:
    answer = visitor.send("/sign-in", email="ann@example.org", password=PASSWORD)
    assert answer.headers["Location"] == "/heroes"
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("coc_session=")]
    assert "coc_session=good-token" in cookie
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Max-Age" not in cookie
    assert "Isaure Venn" in visitor.get("/heroes").text


def test_staying_signed_in_lasts_thirty_days(visitor: Visitor) -> None:
    answer = visitor.send("/sign-in", email="ann@example.org", password=PASSWORD, remember="yes")
    assert any("coc_session=" in c and "Max-Age=2592000" in c for c in answer.headers.getlist("Set-Cookie"))
    assert b'"remember":true' in visitor.api.last("auth/login").content


def test_a_wrong_password_keeps_the_e_mail_and_says_so_plainly(visitor: Visitor) -> None:
    answer = visitor.send("/sign-in", email="ann@example.org", password="wrong")
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.text
    assert 'value="ann@example.org"' in answer.text
    assert "wrong</" not in answer.text and 'value="wrong"' not in answer.text


def test_registering_leads_to_the_letter_and_signs_nobody_in(visitor: Visitor) -> None:
    answer = visitor.send("/register", name="Ann", email="ann@example.org", password=PASSWORD)
    assert answer.headers["Location"] == "/check-mail"
    assert "ann@example.org" in visitor.get("/check-mail").text
    assert visitor.get("/heroes").headers["Location"].startswith("/sign-in")


def test_a_refused_registration_marks_the_field(visitor: Visitor) -> None:
    answer = visitor.send("/register", name="Ann", email="ann@example.org", password="short")
    assert answer.status_code == 422
    assert "A password has at least 10 characters." in answer.text
    assert re.search(r'name="password"[^>]*aria-invalid="true"', answer.text)


def test_signing_out_forgets_the_session_even_when_the_api_is_down(visitor: Visitor, api: CannedApi) -> None:
    visitor.sign_in()
    token = visitor.token("/heroes")
    api.down = True
    answer = visitor.client.post("/sign-out", data={"csrf_token": token})
    assert answer.status_code == 302
    assert visitor.get("/heroes").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/heroes", "/heroes/new", "/story", "/story/01SESSION"])
def test_private_pages_lead_to_the_sign_in_page_and_back(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 302
    entry = answer.headers["Location"]
    assert entry.startswith("/sign-in?next=")
    assert f'name="next" value="{path}"' in visitor.get(entry).text
    back = visitor.send("/sign-in", email="a@b.example", password=PASSWORD, next=path)
    assert back.headers["Location"] == path


def test_a_session_that_the_api_forgot_leads_to_the_sign_in_page(visitor: Visitor, api: CannedApi) -> None:
    visitor.sign_in()
    api.tokens.clear()
    answer = visitor.get("/heroes")
    assert answer.status_code == 302
    assert "coc_session=;" in answer.headers["Set-Cookie"]
    assert "You have been signed out" in visitor.get(answer.headers["Location"]).text


def test_a_sheet_shows_what_a_hero_has(visitor: Visitor) -> None:
    visitor.sign_in()
    page = visitor.get("/heroes").text
    for words in (
        "Noble Exile · Vanguard · level 2",
        "18/24",
        "4/6",
        "Shield Wall",
        "Torch ×3",
        "/story/01SESSION",
    ):
        assert words in page


def test_a_ready_made_hero_takes_one_form(visitor: Visitor, api: CannedApi) -> None:
    visitor.sign_in()
    answer = visitor.send("/heroes/new", hero="heroes_one", key="web-key-1")
    assert answer.headers["Location"] == "/heroes"
    request = api.last("characters")
    assert request.headers["Idempotency-Key"] == "web-key-1"
    assert request.content == b'{"hero":"heroes_one"}'
    assert "is ready." in visitor.get("/heroes").text


def test_ones_own_hero_is_sent_as_chosen(visitor: Visitor, api: CannedApi) -> None:
    visitor.sign_in()
    fields = {"name": " Nell ", "character_class": "classes_one", "origin": "origins_one", "pronouns": "she"}
    visitor.send("/heroes/new", **fields)
    assert b'"name":"Nell","character_class":"classes_one","origin":"origins_one","pronouns":"she"' in (
        next(r for r in reversed(api.requests) if r.method == "POST").content
    )


def test_a_refused_hero_comes_back_with_the_reason_and_what_was_typed(visitor: Visitor) -> None:
    visitor.sign_in()
    answer = visitor.send("/heroes/new", name="", character_class="classes_one", origin="origins_one")
    assert answer.status_code == 422
    assert "A name has 1 to 40 letters." in answer.text
    assert re.search(r'value="classes_one" checked', answer.text)


def test_the_story_reads_from_old_to_new_and_pages_back(visitor: Visitor) -> None:
    visitor.sign_in()
    latest = visitor.get("/story/01SESSION").text
    assert latest.index("Passage 28.") < latest.index("Passage 29.")
    assert "Passage 9." not in latest
    assert "You came ashore." in latest and "The tide rises." in latest
    link = re.search(r'href="(/story/01SESSION\?cursor=[^"]+)"', latest)
    assert link
    earlier = visitor.get(link[1]).text
    assert "Passage 9." in earlier and "Passage 0." in earlier
    assert "To the latest page" in earlier and "Earlier pages" not in earlier


def test_a_turn_that_waits_for_its_telling_shows_the_deeds_already(visitor: Visitor, api: CannedApi) -> None:
    api.turns = [turn(1, None, combat_log=["Isaure hits"])]
    visitor.sign_in()
    page = visitor.get("/story/01SESSION").text
    assert "deed 1" in page and "Not told yet." in page and "Isaure hits" in page


def test_whatever_was_written_is_shown_harmlessly(visitor: Visitor, api: CannedApi) -> None:
    api.heroes = [hero(name=EVIL, want=EVIL)]
    api.turns = [turn(1, EVIL, entries=[{"character_name": EVIL, "action": EVIL}], combat_log=[EVIL])]
    visitor.sign_in()
    for path in ("/heroes", "/story", "/story/01SESSION"):
        page = visitor.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
        assert "\u202e" not in page
        assert "\u0301\u0301\u0301" not in page


def test_somebody_elses_story_stays_closed(visitor: Visitor) -> None:
    visitor.sign_in()
    page = visitor.get("/story/01OTHERS")
    assert page.status_code == 403
    assert "Only its members may read this." in page.text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/story/none", "/story/..%2F..%2Fauth%2Fme", "/static/../app.py"]
)
def test_what_does_not_exist_is_said_plainly(visitor: Visitor, path: str) -> None:
    visitor.sign_in()
    page = visitor.get(path)
    assert page.status_code == 404
    assert "Off the map" in page.text
    assert "Traceback" not in page.text


def test_when_the_api_is_down_pages_say_so_with_a_number_to_name(visitor: Visitor, api: CannedApi) -> None:
    visitor.sign_in()
    api.down = True
    page = visitor.get("/heroes")
    assert page.status_code == 503
    assert "Nothing is lost" in page.text
    assert page.headers["X-Request-ID"] in page.text


def test_health_answers_without_the_api(visitor: Visitor, api: CannedApi) -> None:
    api.down = True
    assert visitor.get("/health").json == {"status": "ok", "process": "web"}
