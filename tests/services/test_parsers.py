"""What reads words from outside: whatever they are, an answer or a refusal, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Invalid
from api.identity.accounts import plain_address
from api.identity.logins import device_name
from api.identity.throttle import network
from api.routes.browsers import COOKIE
from api.routes.http import depth_of
from api.services.idempotency import check_key
from api.services.texts import clean_text
from api.store.cursor import decode_cursor, encode_cursor
from api.store.port import BadChange

TEXT = st.text(max_size=300)


@given(TEXT)
def test_a_cursor_is_one_that_a_page_gave_or_is_refused(text: str) -> None:
    try:
        value, document_id = decode_cursor(text)
    except BadChange:
        return
    assert isinstance(document_id, str) and isinstance(value, str | int | None)


@given(st.none() | st.integers() | st.text(max_size=40), st.text(min_size=1, max_size=36))
def test_a_cursor_comes_back_as_it_was_given(value: object, document_id: str) -> None:
    assert decode_cursor(encode_cursor(value, document_id)) == (value, document_id)


@given(TEXT)
def test_an_idempotency_key_is_64_plain_characters_at_most(text: str) -> None:
    plain = 1 <= len(text) <= 64 and text.isascii() and all(c.isalnum() or c in "_:.-" for c in text)
    try:
        check_key(text)
    except Invalid as refused:
        assert not plain and refused.details["field"] == "Idempotency-Key"
    else:
        assert plain


@given(TEXT)
def test_an_address_is_kept_in_one_plain_form_or_refused(text: str) -> None:
    for candidate in (text, f"{text}@example.org", f"ann@{text}"):
        try:
            address = plain_address(candidate)
        except Invalid:
            continue
        assert address == plain_address(address) == address.lower() and address.count("@") == 1
        assert address.isascii() and not any(c.isspace() or ord(c) < 32 for c in address)


@given(TEXT)
def test_what_a_header_says_of_browser_and_network_is_never_kept_as_it_is(text: str) -> None:
    assert device_name(text) == "Unknown device" or " " in device_name(text) or device_name(text).isalnum()
    assert all(c in "0123456789abcdef.:/unkow" for c in network(text))
    assert COOKIE not in device_name(text)


@given(TEXT, st.booleans())
def test_a_cleaned_text_is_clean_already(text: str, lines: bool) -> None:
    try:
        cleaned = clean_text(text, "text", limit=200, lines=lines)
    except Invalid as refused:
        assert refused.details["field"] == "text"
        return
    assert 0 < len(cleaned) <= 200 and cleaned == cleaned.strip()
    assert all(
        c.isprintable() or c in "\n\u200c\u200d" or ord(c) > 0xE0000 or not c.isascii() for c in cleaned
    )
    assert "\n" not in cleaned or lines


@pytest.mark.parametrize("depth", [0, 1, 12, 13, 20_000])
def test_the_depth_of_a_body_is_counted_without_descending(depth: int) -> None:
    nested: object = 1
    for _ in range(depth):
        nested = [nested]
    assert depth_of(nested) == depth
