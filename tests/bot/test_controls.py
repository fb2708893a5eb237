"""Why, retry, correct, lines and veils and the X-card in Discord, over the wire and with no specification violated."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.bot.bot_process import BotProcess
from tests.bot.canned_api import CannedApi
from tests.bot.canned_stage import Refusal, Session, ulid
from tests.bot.relay_process import settled
from tests.bot.test_commands import Table
from tests.bot.test_relay_once import Start
from tests.fakes.discord import DiscordStandin

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e]
HURT = "A spider the size of a plate crosses her hand."


@pytest_asyncio.fixture
async def table(discord: DiscordStandin, api: CannedApi, bot: BotProcess) -> Table:
    return Table(discord, api, bot)


async def told(table: Table) -> Any:
    """A table whose first turn is told; the message of its passage."""
    await table.open()
    await table.api.resolve(table.session, 1)
    await table.api.narrate(table.session, 1, HURT)
    return await table.discord.message(lambda m: "spider" in m.text, table.thread)


def x_calls(api: CannedApi) -> list[Any]:
    return api.calls_to("POST", ".*/safety/x")


async def test_the_x_button_takes_the_passage_back_and_only_its_player_is_answered(
    table: Table, discord: DiscordStandin
) -> None:
    passage = await told(table)
    pressed = await table.bo.click(passage, "X")
    await pressed.settled()
    await discord.until(lambda: "spider" not in passage.text, what="the passage taken back")
    assert "taken back with the X-card" in passage.text
    assert pressed.message.ephemeral
    assert "Nobody is told that it was you" in pressed.message.text
    public = " ".join(m.text for m in discord.messages(table.thread, visible_to=table.ana))
    assert "bo" not in public.split("X-card")[-1].lower().split()
    await table.api.narrate(table.session, 1, "Something happens. What do you do?", again=True)
    await discord.until(lambda: "Something happens" in passage.text, what="the new text in the same message")
    assert len([m for m in discord.bot_messages(table.thread) if "Turn 1" in m.text]) == 1
    assert not discord.violations, discord.violations


async def test_nothing_that_the_bot_sends_or_logs_names_who_played_the_card(
    table: Table, discord: DiscordStandin
) -> None:
    passage = await told(table)
    before, logged = len(table.api.calls), len(table.bot.log.read_text())
    played = [
        await table.bo.click(passage, "X"),
        await table.bo.slash("x", channel=table.thread, topic="spiders"),
    ]
    for each in played:
        await each.settled()
    table.api.refusals["POST x"] = Refusal(429, "rate_limited", "Too many tries.", retry_after=0)
    refused = await table.bo.slash("x", channel=table.thread)
    await refused.settled()
    assert "Not now" in refused.message.text
    interactions = [str(r.interaction.id) for r in (*played, refused)]
    made = table.api.calls[before:]
    for call in made:
        acting = call.acting == f"discord:{table.bo.id}"
        assert acting is (call.path.endswith("/safety/x")), f"{call.path} names the player as well"
        assert call.key not in interactions
        assert all(i not in repr((call.path, call.body, call.headers)) for i in interactions)
    log = table.bot.log.read_text()[logged:]
    for secret in (*interactions, str(table.bo.id), f"discord:{table.bo.id}"):
        assert secret not in log
    assert not discord.violations, discord.violations


async def test_who_played_it_may_name_a_topic_from_the_list_or_in_words(
    table: Table, discord: DiscordStandin
) -> None:
    passage = await told(table)
    pressed = await table.bo.click(passage, "X")
    await pressed.settled()
    menu = pressed.message
    chosen = await table.bo.select(menu, menu.components[0]["components"][0]["custom_id"], ["snakes"])
    await chosen.settled()
    assert "leaves it out" in chosen.message.text and "slip-of-chance" in chosen.message.text
    asked = await table.bo.click(menu, "In my own words…")
    await asked.acknowledged()
    written = await table.bo.submit(asked, {"topic": "wet wool"})
    await written.settled()
    assert [c.body["topic"] for c in x_calls(table.api)] == ["", "snakes", "wet wool"]
    assert {c.body["turn_id"] for c in x_calls(table.api)} == {ulid(1, "T")}
    assert not discord.violations, discord.violations


async def test_lines_and_veils_are_chosen_alone_and_the_thread_hears_only_that_they_changed(
    table: Table, discord: DiscordStandin
) -> None:
    await table.open()
    asked = await table.bo.slash("lines", channel=table.thread)
    await asked.settled()
    menu = asked.message
    assert menu.ephemeral
    for row, values in ((0, ["gore", "snakes"]), (1, ["snakes"]), (0, [])):
        custom_id = menu.components[row]["components"][0]["custom_id"]
        chosen = await table.bo.select(menu, custom_id, values)
        await chosen.settled()
    words = await table.bo.click(menu, "In my own words…")
    await words.acknowledged()
    written = await table.bo.submit(words, {"lines": "wet wool, clowns", "veils": ""})
    await written.settled()
    slips = table.session.slips
    assert sorted(slips.values()) == [([], []), ([], ["snakes"]), (["wet wool", "clowns"], [])]
    assert len({name.rpartition("-")[0] for name in slips}) == 1, "one code opens all of them again"
    await discord.message(lambda m: "leaves out has changed" in m.text, table.thread)
    cleared = await table.bo.click(menu, "Take mine back")
    await cleared.settled()
    assert all(found == ([], []) for found in slips.values())
    assert not discord.violations, discord.violations


async def test_a_code_opens_ones_own_choices_again_and_nonsense_is_no_code(
    table: Table, discord: DiscordStandin
) -> None:
    await table.open()
    again = await table.bo.slash("lines", channel=table.thread, code="0123456789abcdef")
    await again.settled()
    menu = again.message
    chosen = await table.bo.select(menu, menu.components[0]["components"][0]["custom_id"], ["gore"])
    await chosen.settled()
    assert list(table.session.slips) == ["0123456789abcdef-lines"]
    wrong = await table.bo.slash("lines", channel=table.thread, code="no code: at all")
    await wrong.settled()
    assert "no code of ours" in wrong.message.text
    assert not discord.violations, discord.violations


async def test_the_lobby_offers_lines_and_the_opening_explains_the_card(
    table: Table, discord: DiscordStandin
) -> None:
    await table.bot.start()
    await table.api.feed(table.session, {"type": "session_created"})
    lobby = await discord.message(lambda m: "Begin" in m.labels, discord.general)
    asked = await table.ana.click(lobby, "Lines and veils")
    await asked.settled()
    assert "Blood and gore" in str(asked.message.components)
    await table.api.begin(table.session)
    await table.api.feed(
        table.session,
        {"type": "turn_narrated", "turn_id": ulid(0, "T"), "turn_ids": [ulid(0, "T")], "turn_number": 0,
         "kind": "opening", "text": "It begins.", "narrator": "storyteller", "sentences": []},
    )  # fmt: skip
    opening = await discord.message(lambda m: "It begins." in m.text and "/x" in m.text, None)
    assert "Nobody is told who played it" in opening.text
    assert not discord.violations, discord.violations


async def test_why_shows_each_sentence_with_its_dice_to_whoever_asks(
    table: Table, discord: DiscordStandin
) -> None:
    await told(table)
    asked = await table.bo.slash("why", channel=table.thread)
    await asked.settled()
    assert asked.message.ephemeral
    assert "Mara finds an oar." in asked.message.text and "16" in asked.message.text
    assert (
        asked.message.text.index("oar")
        < asked.message.text.index("16")
        < asked.message.text.index("sea is grey")
    )
    one = await table.bo.slash("why", channel=table.thread, sentence=2)
    await one.settled()
    assert "oar" not in one.message.text and "The sea is grey." in one.message.text
    assert not discord.violations, discord.violations


async def test_retry_from_the_command_and_from_why_and_its_limit(
    table: Table, discord: DiscordStandin
) -> None:
    passage = await told(table)
    asked = await table.bo.slash("retry", channel=table.thread)
    await asked.settled()
    assert "2 more times" in asked.message.text
    await table.api.narrate(table.session, 1, "In other words, an oar.", again=True)
    await discord.until(lambda: "In other words" in passage.text, what="the new text")
    assert "spider" not in passage.text
    why = await table.ana.slash("why", channel=table.thread)
    await why.settled()
    for left in ("1 more time", "last time"):
        again = await table.ana.click(why.message, "Tell it again")
        await again.settled()
        assert left in again.message.text
    refused = await table.bo.slash("retry", channel=table.thread)
    await refused.settled()
    assert "3 times" in refused.message.text
    keys = [c.key for c in table.api.calls_to("POST", ".*/retry")]
    assert len(set(keys)) == 4, "each interaction asks once"
    assert not discord.violations, discord.violations


async def test_a_correction_is_heard_by_the_table_and_offers_other_words(
    table: Table, discord: DiscordStandin
) -> None:
    await told(table)
    put = await table.bo.slash("correct", channel=table.thread, text="Odile is a woman.", sentence=1)
    await put.settled()
    assert "Put right" in put.message.text and "Tell it again" in put.message.labels
    await discord.message(lambda m: "puts it right" in m.text and "Odile is a woman" in m.text, table.thread)
    why = await table.bo.slash("why", channel=table.thread)
    await why.settled()
    asked = await table.bo.click(why.message, "Something is wrong…")
    await asked.acknowledged()
    written = await table.bo.submit(asked, {"words": "The lamp is green."})
    await written.settled()
    assert [c.body for c in table.api.calls_to("POST", ".*/correction")] == [
        {"text": "Odile is a woman.", "sentence": 1}, {"text": "The lamp is green."},
    ]  # fmt: skip
    assert not discord.violations, discord.violations


# --- the relay, killed in between ------------------------------------------------------------------------------------


@pytest.mark.parametrize("killed", ["before", "after"])
async def test_a_bot_that_dies_around_the_card_leaves_the_thread_without_the_passage(
    killed: str, start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    first = await start()
    await api.begin(session)
    await api.resolve(session, 1)
    await api.narrate(session, 1, HURT + " And on it went. " * 500)  # several messages long
    await settled(api, discord, session)
    thread = discord.threads()[0]
    assert "spider" in str([m.text for m in discord.bot_messages(thread)])
    gone = {"type": "narration_withdrawn", "turn_id": ulid(1, "T"), "turn_ids": [ulid(1, "T")],
            "turn_number": 1, "kind": "beat", "reason": "x_card"}  # fmt: skip
    if killed == "before":
        await first.die()
        await api.feed(session, gone)
    else:
        await api.feed(session, gone)
        await settled(api, discord, session)
        await first.die()
    await api.narrate(session, 1, "It goes on.", again=True)
    await start()
    await settled(api, discord, session)
    shown = [m.text for m in discord.bot_messages(thread)]
    assert not [t for t in shown if "spider" in t or "And on it went" in t], discord.transcript()
    assert len([t for t in shown if "It goes on." in t]) == 1
    assert len([t for t in shown if "Turn 1" in t]) == 1
    assert not discord.violations and not discord.rejected


async def test_a_passage_in_the_telling_is_cut_off_by_the_card_whatever_comes_late(
    start: Start, api: CannedApi, discord: DiscordStandin, session: Session
) -> None:
    await start()
    await api.begin(session)
    turn = await api.resolve(session, 1)
    await settled(api, discord, session)

    def piece(offset: int, text: str) -> None:
        api.publish("narration_delta", {"session_id": session.view["id"], "turn_id": turn, "attempt": 1,
                                        "offset": offset, "text": text})  # fmt: skip

    piece(0, HURT)
    thread = discord.threads()[0]
    await discord.until(
        lambda: "spider" in str([m.text for m in discord.bot_messages(thread)]), what="a piece"
    )
    await api.feed(session, {"type": "narration_withdrawn", "turn_id": turn, "turn_ids": [turn], "turn_number": 1,
                             "kind": "beat", "reason": "x_card"})  # fmt: skip
    piece(len(HURT), " It comes closer.")
    await discord.until(
        lambda: "taken back" in str([m.text for m in discord.bot_messages(thread)]), what="the card"
    )
    after = len(discord.calls)
    for word in ("one", "two"):  # what comes late, and then something that the thread surely shows
        piece(0, HURT)
        said = {
            "type": "chat_said",
            "name": "Bo",
            "character_name": "",
            "text": word,
            "source": "web",
            "user_id": "",
        }
        await api.feed(session, said)
        await discord.message(lambda m, word=word: word in m.text, thread)
        await settled(api, discord, session)
    await api.narrate(session, 1, "It goes on.", again=True)
    await settled(api, discord, session)
    assert "spider" not in repr([call.body for call in discord.calls[after:]])
    shown = str([m.text for m in discord.bot_messages(thread)])
    assert "spider" not in shown and "comes closer" not in shown
    assert "It goes on." in shown
