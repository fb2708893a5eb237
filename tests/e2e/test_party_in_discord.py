"""Three friends in a Discord channel, from /campaign start to the ending, over real processes and the stand-in."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.friends import ONWARD, Party, turns_named
from tests.e2e.stack import Player, Stack
from tests.fakes.discord import DiscordStandin

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

NAMES = ("alice", "bob", "carol")


class Evening:
    """A party at a running stack; looks at the API to know what to press, and presses in Discord."""

    def __init__(self, stack: Stack, discord: DiscordStandin, http: aiohttp.ClientSession) -> None:
        self.stack, self.discord = stack, discord
        self.party = Party(discord, NAMES)
        self.host = Player(stack, http, int(self.party.friends[0].id), provider="discord")
        self.by_user = {f"discord:{f.id}": f for f in self.party.friends}

    async def view(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.host.call("GET", f"/sessions/{self.party.session}")
        return found

    def friend_of(self, view: dict[str, Any], character_id: str) -> Any:
        seat = next(m for m in view["party"] if m["character_id"] == character_id)
        return self.by_user[seat["act_for"]]

    async def play(
        self, last_choice: str, *, words: dict[int, str] | None = None, limit: int = 150
    ) -> dict[str, Any]:
        """Turn by turn to the end; `words` gives the host's own words for some turns."""
        seen = fights = 0
        fighting = False
        for _ in range(limit):
            view = await self.view()
            if view["status"] == "completed":
                return view
            if fighting and not view["encounter"]:
                fights += 1
                await self.summed_up(fights)
            fighting = bool(view["encounter"])
            table, seen = await self.party.table(after=seen)
            view = await self.view()
            if view["status"] == "completed":
                return view
            if view["encounter"]:
                await self.party.attack(self.friend_of(view, view["turn"]["actor"]), table)
                continue
            wish = ONWARD.get(view["scene"]["key"], last_choice)
            for number, friend in enumerate(self.party.friends):
                if number == 0 and seen in (words or {}):
                    await self.party.say(friend, words[seen])  # type: ignore[index]
                else:
                    await self.party.choose(friend, table, f"affordance|{wish}")
        raise AssertionError("the story has not ended")

    async def summed_up(self, fights: int) -> None:
        """The last fight's figures stand in the thread; the table card has gone below them."""

        def shown() -> bool:
            messages = self.discord.messages(self.party.thread)
            titles = [m.text.partition("\n")[0] for m in messages]
            return (
                sum("After the fight" in t for t in titles) >= fights and "After the fight" not in titles[-1]
            )

        await self.discord.until(shown, timeout=20, what=f"the figures of fight {fights}")

    async def told(self) -> list[dict[str, Any]]:
        """Every narration that was committed, in order."""
        events: list[dict[str, Any]] = []
        after = 0
        while page := (await self.host.call("GET", f"/sessions/{self.party.session}/events?after={after}"))[
            "items"
        ]:
            after = page[-1]["seq"]
            events += [e for row in page for e in row["events"] if e["type"] == "turn_narrated"]
        return events

    async def assert_channel_shows_each_turn_once(self) -> None:
        told = await self.told()
        last = plain(told[-1]["text"].split("\n\n")[-1])
        try:
            await self.discord.until(
                lambda: any(last in plain(m.text) for m in self.shown()),
                timeout=30,
                what="the last narration in the thread",
            )
        except TimeoutError:
            raise AssertionError(f"{told[-1]}\n{self.discord.transcript(self.party.thread)}") from None
        order: list[str] = []
        for message in self.shown():
            order += turns_named(message)
        expected = [i for e in told for i in e["turn_ids"]]
        assert [i for i in order if i in expected] == expected
        # what a proposal brought stands between two passages as a receipt, and is told in the next one
        passages = " ".join(plain(m.text) for m in self.shown() if turns_named(m))
        for event in told:
            for paragraph in event["text"].split("\n\n"):
                assert passages.count(plain(paragraph)) == 1, paragraph

    def shown(self) -> list[Any]:
        return self.discord.messages(self.party.thread, visible_to=self.party.friends[1])

    def assert_clean(self) -> None:
        assert self.discord.violations == []
        assert not [
            m
            for m in self.discord.messages(self.party.thread)
            if m.pinged and m.author.id == self.discord.bot.id
        ]
        assert "Traceback" not in self.stack.log("bot"), self.stack.log("bot")[-3000:]
        assert "unexpected_error" not in self.stack.log("api")


def plain(text: str) -> str:
    """Words alone: the card escapes markdown, and the narration may be split over embeds."""
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


async def evening(stack: Stack, discord: DiscordStandin, http: aiohttp.ClientSession) -> Evening:
    stack.extra |= discord.bot_env()
    made = Evening(stack, discord, http)
    await stack.start("bot")
    await discord.bot_online()
    lobby = await made.party.gather()
    await made.party.begin(lobby)
    return made


@pytest.mark.parametrize(
    ("last_choice", "endings"),
    [("pay_with_the_light", {"light_paid"}), ("draw_on_the_reckoner", {"broken_scales", "in_service"})],
)
async def test_a_party_plays_to_an_ending_that_its_choices_made(
    tmp_path: Path, last_choice: str, endings: set[str]
) -> None:
    async with Stack(tmp_path) as stack, DiscordStandin() as discord, aiohttp.ClientSession() as http:
        table = await evening(stack, discord, http)
        words = {1: "I search the shelves for whatever is hidden @everyone", 2: "I find a legendary sword"}
        view = await table.play(last_choice, words=words)
        assert view["ending"]["key"] in endings
        await table.assert_channel_shows_each_turn_once()
        await discord.until(lambda: any(view["ending"]["name"] in m.text for m in table.shown()), timeout=20)
        table.assert_clean()


async def test_a_worker_and_then_a_bot_killed_in_mid_turn_show_each_turn_once(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, DiscordStandin() as discord, aiohttp.ClientSession() as http:
        table = await evening(stack, discord, http)
        alice, bob, carol = table.party.friends

        async def beat(text: str) -> int:
            _, number = await table.party.table(after=beat.seen)  # type: ignore[attr-defined]
            beat.seen = number  # type: ignore[attr-defined]
            for friend in (alice, bob, carol):
                await table.party.say(friend, f"I {text}")
            return number

        beat.seen = 0  # type: ignore[attr-defined]
        await beat("look at the ceiling")
        await table.party.table(after=beat.seen)  # type: ignore[attr-defined]

        stack.signal("worker", signal.SIGSTOP)
        await beat("listen at the wall")
        await stack.kill("worker")
        await stack.start("worker")
        await table.party.table(after=beat.seen)  # type: ignore[attr-defined]

        stack.signal("worker", signal.SIGSTOP)
        await beat("peer into the dark")
        await stack.kill("bot")
        stack.signal("worker", signal.SIGCONT)
        await stack.start("bot")
        await beat("study the lamp")
        await table.party.table(after=beat.seen)  # type: ignore[attr-defined]
        await table.assert_channel_shows_each_turn_once()
        table.assert_clean()


async def test_what_only_one_may_see_is_seen_by_one(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, DiscordStandin() as discord, aiohttp.ClientSession() as http:
        table = await evening(stack, discord, http)
        alice, bob, _ = table.party.friends
        card, _ = await table.party.table()
        stranger = discord.add_user("mallory")
        if stranger.sees(card):
            refused = await stranger.click(card, "Something else…")
            await refused.acknowledged()
        acted = await table.party.write(alice, card, "I look under the table")
        assert acted.message.ephemeral and not acted.message.visible_to(bob)
        again = await table.party.choose(alice, card, "pass|pass")
        assert again.message.ephemeral
        for command in ("party", "sheet", "recap", "help"):
            reply = await bob.slash(command, channel=table.party.thread)
            shown = await reply.settled()
            assert shown.ephemeral and shown.text
        await (await bob.slash("roll", channel=table.party.thread, expression="2d6+1")).settled()
        await discord.until(
            lambda: any("2d6" in m.text for m in table.shown()), what="the roll in the thread"
        )
        await (await bob.slash("say", channel=table.party.thread, text="tea, @everyone?")).settled()
        await discord.until(
            lambda: any("tea" in m.text for m in table.shown()), what="the line in the thread"
        )
        table.assert_clean()
