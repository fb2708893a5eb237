"""Friends who play in a Discord channel, by its commands, buttons, selects and modals alone."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.cards import ids
from tests.fakes.discord import DiscordStandin

CAMPAIGN = "low_water_ledger"
ONWARD = {
    "drowned_library": "climb_to_the_quay",
    "candle_quay": "climb_to_the_counting_house",
    "bailiffs_pound": "break_the_gate",
    "counting_house": "walk_out_to_the_causeway",
    "causeway": "march_down_the_road",
}


def turns_named(message: Any) -> list[str]:
    """The turns whose passage a message is, each once, however many of its buttons name it."""
    return list(dict.fromkeys(t.id for t in targets(message) if t.kind == "turn" and not t.arg(1)))


def targets(message: Any) -> list[ids.Target]:
    """The custom_ids of a message, taken apart."""
    found: list[ids.Target] = []

    def walk(components: list[dict[str, Any]]) -> None:
        for component in components:
            target = ids.parse(str(component.get("custom_id", "")))
            if target is not None:
                found.append(target)
            walk(component.get("components", []))

    walk(message.components)
    return found


class Party:
    """Friends at one table. `thread` is there once the story has begun."""

    def __init__(self, discord: DiscordStandin, names: tuple[str, ...]) -> None:
        self.discord = discord
        self.friends = [discord.add_user(name) for name in names]
        self.heroes = dict(
            zip(names, ("aldo_fisk", "isaure_venn", "nell_tarrow", "pim_cardew"), strict=False)
        )
        self.thread: Any = None
        self.session = ""

    async def gather(self) -> Any:
        """Open the lobby and take the seats; returns the lobby message."""
        host, *guests = self.friends
        hero = f"h|{self.heroes[host.name]}"
        opened = await host.slash("campaign start", campaign=CAMPAIGN, hero=hero)
        await opened.settled()
        lobby = await self.discord.message(lambda m: "Begin" in m.labels, self.discord.general)
        self.session = next(t.id for t in targets(lobby) if t.kind == "lobby")
        for number, guest in enumerate(guests, start=2):
            asked = await guest.click(lobby, "Join")
            await asked.settled()
            menu = asked.message
            chosen = await guest.select(
                menu, menu.components[0]["components"][0]["custom_id"], [f"h|{self.heroes[guest.name]}"]
            )
            await chosen.settled()
            await self.discord.until(partial(self._seated, lobby, number), what=f"seat {number}")
        return lobby

    @staticmethod
    def _seated(lobby: Any, number: int) -> bool:
        return f"{number}" in lobby.text

    async def begin(self, lobby: Any) -> None:
        begun = await self.friends[0].click(lobby, "Begin")
        await begun.settled()
        self.thread = await self.discord.until(lambda: next(iter(self.discord.threads()), None), timeout=20)
        await self.table()

    async def table(self, after: int = 0, timeout: float = 30) -> tuple[Any, int]:
        """The table card of a turn later than `after`, and its turn number."""

        def found() -> tuple[Any, int] | None:
            for message in reversed(self.discord.messages(self.thread, visible_to=self.friends[0])):
                for target in targets(message):
                    if (target.kind, target.verb) == ("act", "free") and int(target.arg(0, "0")) > after:
                        return message, int(target.arg(0))
            return None

        return await self.discord.until(found, timeout=timeout, what=f"the table card after turn {after}")

    async def choose(self, who: Any, table: Any, action: str) -> Any:
        """Do an action (`kind|id|target`): by its button where there is one, else through "What can I do?"."""
        kind, ident, target = (action.split("|") + ["", ""])[:3]
        for one in targets(table):
            if one.verb == "do" and (one.arg(1), one.arg(2), one.arg(3)) == (kind, ident, target):
                custom_id = ids.make(one.kind, one.id, one.verb, *one.args)
                return await self._settled(await who.click(table, custom_id=custom_id))
        asked = await who.click(table, "What can I do?")
        await asked.settled()
        return await self._pick(who, asked.message, action)

    async def _pick(self, who: Any, menu: Any, action: str) -> Any:
        for row in menu.components:
            for component in row.get("components", []):
                values = [o["value"] for o in component.get("options", [])]
                wanted = next((v for v in values if v == action or v.rstrip("|") == action), None)
                if wanted is not None:
                    return await self._settled(await who.select(menu, component["custom_id"], [wanted]))
        raise AssertionError(f"{action} is not offered: {menu.text} {menu.components}")

    async def attack(self, who: Any, table: Any) -> Any:
        """Press Attack and take the first means and target that the menu shows."""
        asked = await who.click(table, "Attack")
        await asked.settled()
        menu = asked.message
        select = menu.components[0]["components"][0]
        return await self._settled(
            await who.select(menu, select["custom_id"], [select["options"][0]["value"]])
        )

    async def say(self, who: Any, text: str) -> Any:
        return await self._settled(await who.slash("act", channel=self.thread, text=text))

    async def write(self, who: Any, table: Any, text: str) -> Any:
        """Free words through the button and its modal."""
        asked = await who.click(table, "Something else…")
        await asked.acknowledged()
        return await self._settled(await who.submit(asked, {"words": text}))

    async def _settled(self, reply: Any) -> Any:
        await reply.acknowledged()
        await reply.settled()
        return reply
