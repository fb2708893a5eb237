"""Buttons, selects, Components V2 and modals: each limit is broken once by a deliberate call."""

import pytest

from tests.fakes.raw_bot import faults

pytestmark = pytest.mark.asyncio

V2 = 1 << 15


def button(number: int = 0, **changes):
    return {"type": 2, "style": 1, "label": f"B{number}", "custom_id": f"b:{number}", **changes}


def row(*parts):
    return {"type": 1, "components": list(parts)}


def select(count: int, **changes):
    options = [{"label": f"L{number}", "value": f"v{number}"} for number in range(count)]
    return {"type": 3, "custom_id": "s", "options": options, **changes}


def text(content: str = "x"):
    return {"type": 10, "content": content}


def separator():
    return {"type": 14}


def legacy(*rows):
    return {"content": "x", "components": list(rows)}


def modern(*parts, **more):
    return {"flags": V2, "components": list(parts), **more}


BROKEN = {
    "6 buttons in a row": (
        legacy(row(*map(button, range(6)))),
        [("components.0.components", "BASE_TYPE_BAD_LENGTH")],
    ),
    "6 rows": (
        legacy(*(row(button(number)) for number in range(6))),
        [("components", "BASE_TYPE_BAD_LENGTH")],
    ),
    "26 options": (
        legacy(row(select(26))),
        [("components.0.components.0.options", "BASE_TYPE_BAD_LENGTH")],
    ),
    "a select beside a button": (
        legacy(row(select(2), button())),
        [("components.0.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED")],
    ),
    "a custom id of 101": (
        legacy(row(button(custom_id="x" * 101))),
        [("components.0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH")],
    ),
    "a custom id twice": (
        legacy(row(button(1)), row(button(1))),
        [("components.1.components.0.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED")],
    ),
    "a button without custom id": (
        legacy(row({"type": 2, "style": 1, "label": "x"})),
        [("components.0.components.0.custom_id", "BASE_TYPE_REQUIRED")],
    ),
    "a button label of 81": (
        legacy(row(button(label="x" * 81))),
        [("components.0.components.0.label", "BASE_TYPE_BAD_LENGTH")],
    ),
    "a link with a custom id": (
        legacy(row(button(style=5))),
        [("components.0.components.0.url", "BASE_TYPE_REQUIRED")],
    ),
    "a button outside a row": (legacy(button()), [("components.0.type", "UNION_TYPE_CHOICES")]),
    "Components V2 without their flag": (
        {"content": "x", "components": [text()]},
        [("components.0.type", "UNION_TYPE_CHOICES")],
    ),
    "content beside Components V2": (
        modern(text(), content="x"),
        [("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")],
    ),
    "an embed beside Components V2": (
        modern(text(), embeds=[{"title": "x"}]),
        [("embeds", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")],
    ),
    "41 components": (
        modern({"type": 17, "components": [separator() for _ in range(39)]}, separator()),
        [("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED")],
    ),
    "4001 characters of text displays": (
        modern(text("x" * 4000), text("x")),
        [("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED")],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_discord_would_not_show_is_rejected_and_recorded(strict_discord, strict_bot, what):
    body, expected = BROKEN[what]
    assert faults(await strict_bot.send(body)) == expected
    assert strict_discord.violations and strict_discord.messages() == []


GOOD = {
    "5 rows of 5 buttons": legacy(*(row(*(button(5 * y + x) for x in range(5))) for y in range(5))),
    "25 options": legacy(row(select(25))),
    "40 components": modern({"type": 17, "components": [separator() for _ in range(39)]}),
    "4000 characters": modern(text("x" * 4000)),
    "a section": modern({"type": 9, "components": [text()], "accessory": button()}),
    "pictures": modern(
        {"type": 12, "items": [{"media": {"url": "https://example.org/a.png"}}]},
        {
            "type": 9,
            "components": [text()],
            "accessory": {"type": 11, "media": {"url": "https://example.org/a.png"}},
        },
    ),
    "people and places": legacy(
        *(row({"type": kind, "custom_id": f"s{kind}"}) for kind in (5, 6, 7, 8)),
    ),
}


@pytest.mark.parametrize("what", GOOD)
async def test_what_is_just_within_the_limits_passes(strict_discord, strict_bot, what):
    status, _ = await strict_bot.send(GOOD[what])
    assert status == 200
    assert strict_discord.violations == []


async def test_a_message_shows_the_text_of_its_displays_and_its_labels(discord, bot):
    await bot.send(modern({"type": 17, "components": [text("A gate."), row(button(label="Bow"))]}))
    [message] = discord.messages()
    assert (message.text, message.labels) == ("A gate.", ["Bow"])


async def test_an_edit_of_a_v2_message_stays_v2(discord, bot):
    _, message = await bot.send(modern(text()))
    path = f"/channels/{discord.general.id}/messages/{message['id']}"
    answer = await bot.call("PATCH", path, {"content": "plain"})
    assert faults(answer) == [("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")]
    assert (await bot.call("PATCH", path, {"components": [text("new")]}))[0] == 200
    assert discord.messages()[0].text == "new"


async def test_stored_components_are_numbered(discord, bot):
    _, message = await bot.send(legacy(row(button(1), button(2))))
    assert message["components"][0]["id"] == 1
    assert [part["id"] for part in message["components"][0]["components"]] == [2, 3]


def text_input(number: int = 0, **changes):
    return {"type": 4, "custom_id": f"t:{number}", "style": 1, "label": f"T{number}", **changes}


def modal(count: int = 1, title: str = "Speak", **changes):
    return {
        "title": title,
        "custom_id": "speak",
        "components": [row(text_input(number)) for number in range(count)],
        **changes,
    }


BROKEN_MODALS = {
    "a title of 46": (modal(title="x" * 46), [("data.title", "BASE_TYPE_BAD_LENGTH")]),
    "6 components": (modal(6), [("data.components", "BASE_TYPE_BAD_LENGTH")]),
    "a custom id of 101": (modal(custom_id="x" * 101), [("data.custom_id", "BASE_TYPE_BAD_LENGTH")]),
    "a button": (
        modal(components=[button()]),
        [("data.components.0.type", "UNION_TYPE_CHOICES")],
    ),
    "a custom id twice": (
        modal(components=[row(text_input(1)), row(text_input(1))]),
        [("data.components.1.components.0.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED")],
    ),
    "an input without label": (
        modal(components=[row({"type": 4, "custom_id": "t", "style": 1})]),
        [("data.components.0.components.0.label", "BASE_TYPE_REQUIRED")],
    ),
}


@pytest.mark.parametrize("what", BROKEN_MODALS)
async def test_a_broken_modal_is_rejected_and_the_interaction_still_waits(strict_discord, strict_bot, what):
    body, expected = BROKEN_MODALS[what]
    await strict_bot.register({"name": "speak", "description": "x"})
    reply = await strict_discord.add_user("alice").slash("speak")
    found = faults(await strict_bot.answer(reply, 9, body))
    assert set(expected) <= set(found) and len({place for place, _ in found}) == len(expected)
    assert not reply.is_acknowledged and reply.errors
    assert (await strict_bot.answer(reply, 9, modal(5)))[0] == 204
