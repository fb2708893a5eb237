"""From the title to the first scene: take up a running story, or seat a party and begin a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from bot import cards
from bot.api_client import ApiClient, ApiError, Player
from bot.cards.plain import one_line
from bot.errors import sentence_for
from bot.table_terminal.keyboard import Interrupted, Keyboard, Leave, Stirred
from bot.table_terminal.paint import HERO, QUIET, THREAT
from bot.table_terminal.patience import Patience, new_key
from bot.table_terminal.play import Quit
from bot.table_terminal.screen import Screen
from bot.table_terminal.table import Seat, Table, player_of
from bot.table_terminal.typed import pick
from bot.texts import tr

Json = dict[str, Any]
MOST_SEATS = 6
OWN_HEROES = 4  # how many of a player's earlier heroes are offered
NUMERALS = ("", " the Second", " the Third", " the Fourth", " the Fifth", " the Sixth")


def title(screen: Screen) -> None:
    screen.gap()
    screen.line(Text("C O D E   O F   C O N Q U E S T", "bold"), indent=2)
    screen.line(Text(tr("Friends act, the game master tells, code rolls the dice."), QUIET), indent=2)
    screen.gap()


def session_row(row: Json) -> Text:
    """`The Low-Water Ledger — Isaure, Nell and Pim, turn 12` for the list of stories to take up."""
    text = Text(one_line(row.get("campaign_name")), "bold")
    text.append(f" — {', '.join(one_line(n) for n in row.get('party') or [])}")
    text.append(
        ", " + tr("not begun yet")
        if row.get("status") == "lobby"
        else ", " + tr("turn {turn_number}", turn_number=row.get("turn_number")),
        QUIET,
    )
    return text


def running(rows: Sequence[Json]) -> list[Json]:
    """The sessions that can be taken up, the latest played first."""
    alive = [r for r in rows if r.get("status") in ("lobby", "active", "timeout")]
    return sorted(alive, key=lambda r: str(r.get("last_activity") or ""), reverse=True)


def seats_of(view: Json) -> list[Seat]:
    """Our chairs at a session that was begun earlier, by the `terminal:seat-N` behind each hero."""
    seats = []
    for member in view.get("party") or []:
        _, _, name = str(member.get("act_for") or "").partition("terminal:seat-")
        if name.isascii() and name.isdigit():
            player = Player(member["act_for"], str(member.get("player_name") or ""))
            seats.append(Seat(int(name), player, member["character_id"], str(member["name"])))
    return sorted(seats, key=lambda s: s.number)


class Start:
    """Asks what is needed and makes the calls. Raises ApiError, and Quit when the players leave at a question."""

    def __init__(self, client: ApiClient, screen: Screen, keyboard: Keyboard, patience: Patience) -> None:
        self.client = client
        self.screen = screen
        self.keyboard = keyboard
        self.patience = patience

    # --- questions ---------------------------------------------------------------------------------------------------

    async def ask(self, question: str) -> str:
        while True:
            try:
                answer = await self.keyboard.ask(question)
                self.screen.typed()
                return answer.strip()
            except (Interrupted, Leave):
                raise Quit from None
            except Stirred:
                continue

    async def choose(self, question: str, names: Sequence[str]) -> int:
        """The index of one of `names`; the first when the answer is empty."""
        while True:
            index = pick(await self.ask(question), names)
            if index is not None:
                return index
            self.screen.note(tr("A number from 1 to {names}, or a name, please.", names=len(names)), bad=True)

    def numbered(self, rows: Sequence[Text]) -> None:
        for number, row in enumerate(rows, 1):
            text = Text(f"{number:>2}  ", "bold")
            text += row
            self.screen.line(text, indent=1, hang=5)
        self.screen.gap()

    # --- an earlier story --------------------------------------------------------------------------------------------

    async def earlier(self) -> Table | None:
        """The running session that the players choose to take up; None when there is none or they want a new one."""
        rows = running(await self.patience(lambda: self.client.my_sessions(player_of(1))))
        if not rows:
            return None
        self.screen.line(tr("Stories that wait for you:"), indent=2)
        self.numbered([*(session_row(r) for r in rows), Text(tr("A new story"), "bold")])
        names = [*(one_line(r.get("campaign_name")) for r in rows), "new"]
        index = await self.choose("  " + tr("Which? [1]") + " ", names)
        return None if index == len(rows) else await self.resume(rows[index]["id"])

    async def resume(self, session_id: str) -> Table:
        view = await self.patience(lambda: self.client.session(session_id, player=player_of(1)))
        table = Table(self.client, seats_of(view), view, self.patience)
        if view["status"] == "lobby":
            return await self.begin(table)
        return table

    async def previously(self, table: Table) -> None:
        """The way back into a story: what happened, what was chosen last, what threatens, and the last words told."""
        recap = await table.recap()
        self.screen.rule(tr("Previously"))
        self.screen.card(cards.recap(recap))
        told = (table.view.get("last_narration") or {}).get("text")
        if told:
            self.screen.note(tr("The last words that were told:"))
            self.screen.prose(told)

    # --- a new story -------------------------------------------------------------------------------------------------

    async def new(self, party: int | None, campaign: str | None) -> Table:
        chosen = campaign or await self._campaign()
        count = party or await self._party_size()
        seats: list[Seat] = []
        for number in range(1, count + 1):
            seats.append(await self._seat(number, count, [s.hero for s in seats]))
        return await self.begin(await self.open(seats, chosen))

    async def _campaign(self) -> str:
        rows = await self.patience(self.client.campaigns)
        if len(rows) == 1:
            self._campaign_card(rows[0])
            return str(rows[0]["key"])
        self.screen.line(tr("What shall be told?"), indent=2)
        self.numbered(
            [Text(one_line(r["name"]), "bold") + Text(f" — {one_line(r.get('summary'))}") for r in rows]
        )
        return str(
            rows[await self.choose("  " + tr("Which? [1]") + " ", [one_line(r["name"]) for r in rows])]["key"]
        )

    def _campaign_card(self, row: Json) -> None:
        self.screen.line(Text(one_line(row["name"]), "bold"), indent=2)
        self.screen.line(one_line(row.get("summary")), indent=2)
        self.screen.gap()

    async def _party_size(self) -> int:
        while True:
            answer = await self.ask("  " + tr("How many play at this keyboard? [1]") + " ")
            if not answer:
                return 1
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= MOST_SEATS:
                return int(answer)
            self.screen.note(tr("1 to {seats} can sit at one keyboard.", seats=MOST_SEATS), bad=True)

    async def _seat(self, number: int, count: int, taken: Sequence[str]) -> Seat:
        name = ""
        if count > 1:
            self.screen.rule(tr("Seat {number} of {count}", number=number, count=count))
            name = await self.ask("  " + tr("Your name? [Player {number}]", number=number) + " ")
        player = player_of(number, one_line(name, 32))
        while True:
            try:
                character = await self._hero(player, taken)
            except ApiError as error:
                if error.code not in ("invalid", "conflict"):
                    raise
                self.screen.note(sentence_for(error.code, error.message, error.details), bad=True)
                continue
            return self.seated(number, player, character)

    def seated(self, number: int, player: Player, character: Json) -> Seat:
        seat = Seat(number, player, character["id"], str(character["name"]))
        text = Text(one_line(character["name"]), HERO)
        text.append(f", {one_line(character.get('class_name'))}, {one_line(character.get('origin_name'))}.")
        if character.get("want"):
            text.append(" " + tr("Wants {want}.", want=one_line(character["want"])), THREAT)
        self.screen.line(text, indent=2, hang=4)
        return seat

    async def _hero(self, player: Player, taken: Sequence[str]) -> Json:
        """One of the player's own free heroes, a ready-made one, or one of the player's making."""
        ready = await self.patience(self.client.heroes)
        mine = await self._own_heroes(player)
        self.screen.gap()
        self.screen.line(tr("Who will you be?"), indent=2)
        rows = [Text(tr("{name}, level {level} {class_name}", name=one_line(c["name"]), level=c["level"],
                        class_name=one_line(c.get("class_name"))), HERO)
                + Text(" " + tr("— back from an earlier story"), QUIET) for c in mine]  # fmt: skip
        for hero in ready:
            row = Text(one_line(hero["name"]), HERO)
            row.append(f", {one_line(hero.get('class_name'))}, {one_line(hero.get('origin_name'))}", QUIET)
            row.append(" (taken)" if hero["name"] in taken else "", QUIET)
            rows.append(
                row if taken else row + Text(f" — {one_line(hero.get('summary'))}")
            )  # told to the first
        rows.append(Text(tr("Somebody of your own making"), "bold"))
        self.numbered(rows)
        names = [*(c["name"] for c in mine), *(h["name"] for h in ready), "own"]
        free = next((i for i, n in enumerate(names) if n not in taken), 0)
        answer = await self.ask("  " + tr("Which? [{number}]", number=free + 1) + " ")
        index = pick(answer, names) if answer else free
        if index is None:
            self.screen.note(tr("A number from 1 to {names}, or a name, please.", names=len(names)), bad=True)
            return await self._hero(player, taken)
        if index < len(mine):
            return mine[index]
        if index == len(names) - 1:
            return await self._own_hero(player)
        return await self.ready_made(player, ready[index - len(mine)], taken)

    async def _own_heroes(self, player: Player) -> list[Json]:
        """The player's free heroes who have lived through something, the latest of each name."""
        rows = await self.patience(lambda: self.client.characters(player))
        lived = [c for c in rows if c.get("xp") and not c.get("seated_in")]
        return list({c["name"]: c for c in reversed(lived)}.values())[::-1][:OWN_HEROES]

    async def ready_made(self, player: Player, hero: Json, taken: Sequence[str]) -> Json:
        """A second Nell at the table is Nell Tarrow the Second."""
        body: Json = {"hero": hero["key"]}
        same = sum(1 for t in taken if t.startswith(str(hero["name"])))
        if same:
            body["name"] = f"{hero['name']}{NUMERALS[same]}"
        key = new_key()
        return await self.patience(lambda: self.client.create_character(player, body, key))

    async def _own_hero(self, player: Player) -> Json:
        name = ""
        while not name:
            name = await self.ask("  " + tr("The hero's name?") + " ")
        body: Json = {"name": name}
        for field, path, question in (
            ("character_class", "classes", tr("What do they do?")),
            ("origin", "origins", tr("Where do they come from?")),
        ):
            rows = await self._rows(path)
            self.screen.gap()
            self.screen.line(question, indent=2)
            self.numbered(
                [Text(one_line(r["name"]), "bold") + Text(f" — {one_line(r.get('summary'))}") for r in rows]
            )
            body[field] = rows[
                await self.choose("  " + tr("Which? [1]") + " ", [one_line(r["name"]) for r in rows])
            ]["key"]
        words = ("they", "she", "he")
        body["pronouns"] = words[await self.choose("  " + tr("They, she or he? [they]") + " ", words)]
        key = new_key()
        return await self.patience(lambda: self.client.create_character(player, body, key))

    async def _rows(self, path: str) -> list[Json]:
        answer: Json = await self.patience(lambda: self.client.call("GET", path))
        return list(answer["items"])

    # --- calls -------------------------------------------------------------------------------------------------------

    async def open(self, seats: list[Seat], campaign: str) -> Table:
        """The first seat opens the table, the others join. One keyboard needs no clock: the pace is by post."""
        host, key = seats[0], new_key()
        body = {"campaign": campaign, "character_id": host.character_id, "mode": "beats", "pace": "by_post"}
        view = await self.patience(lambda: self.client.create_session(host.player, body, key))
        for seat in seats[1:]:
            view = await self._join(seat, str(view["id"]))
        return Table(self.client, seats, view, self.patience)

    async def _join(self, seat: Seat, session_id: str) -> Json:
        key = new_key()
        return await self.patience(lambda: self.client.join(seat.player, session_id, seat.character_id, key))

    async def begin(self, table: Table) -> Table:
        """The host begins; the story is followed from its first event."""
        host, key = table.host or table.seats[0], new_key()
        table.view = await self.patience(lambda: self.client.begin(host.player, table.id, key))
        return table
