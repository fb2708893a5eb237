"""Discord's limits on a message's text, embeds and mentions, written out by hand."""

from collections.abc import Iterator
from typing import Any

from tests.fakes.discord import component_rules
from tests.fakes.discord.errors import FormProblem
from tests.fakes.discord.model import COMPONENTS_V2

CONTENT_LIMIT = 2000
EMBEDS_LIMIT = 10
EMBEDS_TEXT_LIMIT = 6000
FIELDS_LIMIT = 25
NONCE_LIMIT = 25

CREATE_FIELDS = frozenset(
    [
        "content",
        "embeds",
        "allowed_mentions",
        "sticker_ids",
        "components",
        "flags",
        "attachments",
        "poll",
        "shared_client_theme",
        "message_reference",
        "nonce",
        "enforce_nonce",
        "tts",
    ]
)
EDIT_FIELDS = frozenset(
    ["tts", "content", "embeds", "flags", "allowed_mentions", "sticker_ids", "components", "attachments"]
)
REPLY_FIELDS = frozenset(
    [
        "content",
        "embeds",
        "allowed_mentions",
        "components",
        "attachments",
        "poll",
        "tts",
        "flags",
        "username",
        "avatar_url",
        "thread_name",
        "applied_tags",
    ]
)

EMBED_LIMITS = {"title": 256, "description": 4096}
EMBED_PART_LIMITS = {("footer", "text"): 2048, ("author", "name"): 256}
FIELD_LIMITS = {"name": 256, "value": 1024}


def too_long(path: tuple[str | int, ...], limit: int) -> FormProblem:
    """The problem of a text or list with more than `limit` characters or items."""
    return FormProblem(path, "BASE_TYPE_BAD_LENGTH", f"Must be {limit} or fewer in length.")


def message_problems(
    body: dict[str, Any], fields: frozenset[str], flags_before: int = 0
) -> Iterator[FormProblem]:
    """What is wrong with a message's body. `flags_before` are those of the message that is edited, if any."""
    for name in sorted(set(body) - fields):
        yield FormProblem((name,), "UNKNOWN_FIELD", "Discord knows no such field here")
    content = body.get("content")
    if content is not None and not isinstance(content, str):
        yield FormProblem(("content",), "BASE_TYPE_BAD_TYPE", "Must be of type string.")
    elif content and len(content) > CONTENT_LIMIT:
        yield too_long(("content",), CONTENT_LIMIT)
    nonce = body.get("nonce")
    if nonce is not None and len(str(nonce)) > NONCE_LIMIT:
        yield too_long(("nonce",), NONCE_LIMIT)
    yield from _embeds_problems(body.get("embeds") or [])
    yield from _allowed_mentions_problems(body.get("allowed_mentions") or {})
    v2 = bool((flags_before | (body.get("flags") or 0)) & COMPONENTS_V2)
    if v2:
        for name in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(name):
                yield FormProblem(
                    (name,),
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
    yield from component_rules.message_component_problems(body.get("components") or [], v2)


def is_empty(body: dict[str, Any], files: int) -> bool:
    """Whether a message would have nothing in it."""
    keys = ("content", "embeds", "components", "poll", "sticker_ids")
    content = body.get("content")
    blank = isinstance(content, str) and not content.strip()
    return not files and not any(body.get(key) for key in keys if not (key == "content" and blank))


def _embeds_problems(embeds: Any) -> Iterator[FormProblem]:
    if not isinstance(embeds, list):
        yield FormProblem(("embeds",), "BASE_TYPE_BAD_TYPE", "Must be of type array.")
        return
    if len(embeds) > EMBEDS_LIMIT:
        yield too_long(("embeds",), EMBEDS_LIMIT)
    total = 0
    for index, embed in enumerate(embeds):
        for path, text, limit in _embed_texts(embed):
            total += len(text)
            if len(text) > limit:
                yield too_long(("embeds", index, *path), limit)
        fields = embed.get("fields") or []
        if len(fields) > FIELDS_LIMIT:
            yield too_long(("embeds", index, "fields"), FIELDS_LIMIT)
        for number, field in enumerate(fields):
            for name in FIELD_LIMITS:
                if not field.get(name):
                    place = ("embeds", index, "fields", number, name)
                    yield FormProblem(place, "BASE_TYPE_REQUIRED", "This field is required")
    if total > EMBEDS_TEXT_LIMIT:
        yield FormProblem(
            ("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBEDS_TEXT_LIMIT}"
        )


def _embed_texts(embed: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, int]]:
    """The texts of an embed that count, each with its place and its own limit."""
    for name, limit in EMBED_LIMITS.items():
        yield (name,), embed.get(name) or "", limit
    for (part, name), limit in EMBED_PART_LIMITS.items():
        yield (part, name), (embed.get(part) or {}).get(name) or "", limit
    for number, field in enumerate(embed.get("fields") or []):
        for name, limit in FIELD_LIMITS.items():
            yield ("fields", number, name), str(field.get(name) or ""), limit


def _allowed_mentions_problems(rules: dict[str, Any]) -> Iterator[FormProblem]:
    for kind in ("users", "roles"):
        if kind in (rules.get("parse") or []) and rules.get(kind):
            yield FormProblem(
                ("allowed_mentions",),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
        if len(rules.get(kind) or []) > 100:
            yield too_long(("allowed_mentions", kind), 100)
