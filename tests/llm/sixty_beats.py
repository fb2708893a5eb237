"""Plays and prints sixty beats of *Standing Water* with the storyteller: three friends, real services, fixed dice.

`python -m tests.llm.sixty_beats` prints what stands in docs/examples/sixty-beats.md. The same seed and content always
give the same text.
"""

from __future__ import annotations

import logging
import tempfile
import textwrap
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from api.content.catalogue import Content
from api.content.loader import load_content
from api.rules import commands as cmd
from bot.cards.receipts import receipt
from tests.content.sensible import choice
from tests.fakes.clock import MovableClock
from tests.fakes.game import Game, RunningTable

ROOT = Path(__file__).resolve().parents[2]
SEED = "h"
BEATS = 80  # at most; the story ends before
PLAYERS = ("Ana", "Ben", "Cleo")
HEROES = ("nell_tarrow", "aldo_fisk", "pim_cardew")
NIGHT = "long"
# Where the friends go and what they mean to do there, in order; what they write in their own words stands apart.
ROUTE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("paddock_hithe", ("ask_strake", "listen_to_the_river", "chip_a_bottle", "race_the_tanners")),
    ("second_anchor", ("ask_about_the_pegs", "buy_ned_a_drink", "listen_to_the_blue_coats")),
    ("tansleys_mill", ("promise_the_miller", "look_from_the_hoist", "free_the_wheel", "climb_to_the_loft",
                       "send_flour_to_the_tow")),
    ("long_moor", ("ask_benna", "talk_to_ivo", "help_level_a_barge")),
    ("dry_mile", ("push_past_the_stakes", "bargain_with_sukey", "sit_with_sukey", "search_the_wreck")),
    ("aldermans_pool", ("ask_the_clerk", "pour_the_river")),
    ("second_anchor", ("hang_up_the_cap", NIGHT)),
    ("navigation_house", ("ask_the_commissioner", "read_the_gauge_books")),
    ("long_moor", ("give_back_the_ring",)),
    ("sluice_house", ("ask_mother_ismay", "read_the_book_of_names", "enter_the_eleventh")),
    ("alder_carr", ("ask_fenner", "catch_mister_pym")),
    ("glass_reach", ("look_at_the_girl", "ask_corin", "bring_home_the_goose", "string_the_net",
                     "go_down_into_the_river", "ask_alys", "speak_the_names", "climb_back_to_the_bridge")),
    ("old_bed", ("ask_dilly", "read_the_old_stone")),
    ("persuader_camp", ("ask_stamp", "attack_the_engine")),
    ("the_lean", ("listen_to_the_amble", "let_the_goose_ask")),
)  # fmt: skip
WRITTEN: dict[str, tuple[str, ...]] = {
    "hithe_quay": ("I lie down and look at the pike through the ice", "I ask the stall holders who skated here first"),
    "anchor_taproom": ("I count the hats, out loud", "I warm my hands and keep an ear on the door"),
    "stopped_mill": ("I listen at the foot of the ladder", "I look for a second way into the loft"),
    "dry_mile": ("I look along the stakes for a name", "I find a chest of gold in the mud"),
    "long_moor": ("I walk the line of boats and look at their moorings", "I sing something slow for the old lady"),
    "sluice_house": ("I watch how the Sisters stand", "I look at the gates and how they are hung"),
    "alder_carr": ("I look for feathers between the roots", "I move quietly after the lights"),
    "glass_reach": ("I lie down and look her in the eye through the ice", "I take the old man's other hand"),
    "bed_of_eleven": ("I look at each of the eleven in turn",),
    "commissioners_office": ("I look at what she has pinned to the wall", "I count the coats on the stand"),
    "aldermans_pool": ("I look down into the pool for that gold eye", "I bow to it, as one does to a chair"),
    "old_bed": ("I look along the old bed, up and down", "I ask the beans how they like it here"),
    "persuader_camp": ("I look at the pin, and how it sits",),
    "the_lean": ("I look for the cow, and nod to it",),
}  # fmt: skip
MOST_IN_ONE_PLACE = 9
# Where they stay for another beat to look about and talk.
LINGER = (
    "hithe_quay",
    "anchor_taproom",
    "long_moor",
    "dry_mile",
    "sluice_house",
    "alder_carr",
    "glass_reach",
    "old_bed",
)


class CountedClock(MovableClock):
    """Ids that count up, so that what is drawn by them is drawn alike each time."""

    def __init__(self) -> None:
        super().__init__()
        self._made = 0

    def new_id(self) -> str:
        self._made += 1
        return f"01SIXTYBEATS{self._made:014d}"


SHOWN_OF_A_FIGHT = 3  # turns after its beginning that are printed; then its last one


class Evening:
    """Three players who want to see the story; `lines` is what they wrote and what was told, as Markdown."""

    def __init__(self, content: Content, folder: Path) -> None:
        self.game = Game(folder, content)
        clock = CountedClock()
        deps = self.game.deps
        self.game.clock = clock
        self.game.deps = type(deps)(deps.store, content, clock, deps.publisher, deps.jobs, deps.settings)
        self.game.campaign, self.game.ready = "standing_water", HEROES
        self.content = content
        self.table: RunningTable = self.game.table(3, seed=SEED)
        self.names = [m["name"] for m in self.table.view()["party"]]
        self.lines: list[str] = []
        self.beats = 0
        self._seen = 0
        self._written: dict[str, int] = {}
        self._tried: set[tuple[int, str]] = set()
        self._lingered: set[str] = set()

    def play(self) -> None:
        self._tell()
        for place, keys in ROUTE:
            self._travel(place)
            self._stay(keys)
            if self._over():
                return

    # --- where and what ---

    def _over(self) -> bool:
        return self.beats >= BEATS or self.table.view()["status"] != "active"

    def _stay(self, keys: tuple[str, ...]) -> None:
        """Do what was meant to be done here, a key each, until nobody can; then sleep, where it says so."""
        if NIGHT in keys:
            self._stay(tuple(k for k in keys if k != NIGHT))
            for player in (1, 2, 3):
                self._say(player, "rest", NIGHT)
            self._end_beat()
            return
        for _ in range(MOST_IN_ONE_PLACE):
            open_keys = [k for k in keys if any(self._can(p, "affordance", k) for p in (1, 2, 3))]
            open_keys = [k for k in open_keys if any((p, k) not in self._tried for p in (1, 2, 3))]
            if self._over():
                return
            if not open_keys:
                self._linger()
                return
            self._beat(open_keys)

    def _linger(self) -> None:
        scene = self.table.load().state().scene
        if scene in LINGER and scene not in self._lingered:
            self._lingered.add(scene)
            self._beat([])

    def _beat(self, keys: list[str]) -> None:
        if keys and self._moves(keys[0]):
            for player in (1, 2, 3):
                self._say(player, "affordance", keys[0])
            self._tried |= {(p, keys[0]) for p in (1, 2, 3)}
            self._end_beat()
            return
        left = [k for k in keys if not self._moves(k)]
        for player in self._in_turn():
            mine = next(
                (k for k in left if self._can(player, "affordance", k) and (player, k) not in self._tried), ""
            )
            if mine:
                left.remove(mine)
                self._tried.add((player, mine))
                self._say(player, "affordance", mine)
            else:
                self._pass_time(player)
        self._end_beat()

    def _in_turn(self) -> list[int]:
        """Somebody else goes first in each beat."""
        first = self.beats % 3
        return [(first + i) % 3 + 1 for i in range(3)]

    def _pass_time(self, player: int) -> None:
        """Own words first, then a talk with whoever has not been asked, then a hand for a friend."""
        scene = self.table.load().state().scene
        said = self._written.get(scene, 0)
        if said < len(WRITTEN.get(scene, ())) and self.beats % 2 == 0:
            self._written[scene] = said + 1
            self._act(player, "free", text=WRITTEN[scene][said])
            return
        talk = self._can(player, "talk", "talk")
        people = [t["id"] for t in talk["targets"]] if talk else []
        if people:
            self._act(player, "talk", id="talk", target=people[(self.beats + player) % len(people)])
        else:
            self._act(player, "help", id="help", target=self.table.heroes[player % 3])

    def _travel(self, place: str) -> None:
        for _ in range(12):
            state = self.table.load().state()
            if self._over() or state.location == place:
                return
            step = self._next_step(str(state.location), place)
            for player in (1, 2, 3):
                self._say(player, "travel", step)
            self._end_beat()

    def _next_step(self, here: str, there: str) -> str:
        ahead: deque[list[str]] = deque([[here]])
        seen = {here}
        open_now = {a["id"] for a in self.table.view(1)["legal"] if a["kind"] == "travel" and a["enabled"]}
        while ahead:
            way = ahead.popleft()
            for to in (w.to for w in self.content.locations[way[-1]].ways):
                if to in seen or (len(way) == 1 and to not in open_now):
                    continue
                if to == there:
                    return [*way, to][1]
                seen.add(to)
                ahead.append([*way, to])
        raise LookupError(f"no way from {here} to {there}")

    # --- doing ---

    def _can(self, player: int, kind: str, key: str) -> dict[str, Any] | None:
        legal = self.table.view(player)["legal"]
        return next((a for a in legal if a["kind"] == kind and a["id"] == key and a["enabled"]), None)

    def _moves(self, key: str) -> bool:
        scene = self.content.scenes[self.table.load().state().scene]
        one = next(a for a in scene.affordances if a.key == key)
        return one.success.moves or (one.failure is not None and one.failure.moves)

    def _say(self, player: int, kind: str, key: str) -> None:
        if self._can(player, kind, key):
            self._act(player, kind, id=key)
        else:
            self._act(player, "pass")

    def _act(self, player: int, kind: str, **fields: Any) -> None:
        self.table.act(player, kind, **fields)

    def _end_beat(self) -> None:
        self.beats += 1
        self._tell()
        fought: list[list[str]] = []
        while self.table.view()["encounter"] is not None and self.table.view()["status"] == "active":
            before, self.lines = self.lines, []
            self._fight_turn()
            fought.append(self.lines)
            self.lines = before
        left_out = fought[SHOWN_OF_A_FIGHT:-1]
        for turn in fought[:SHOWN_OF_A_FIGHT]:
            self.lines += turn
        if left_out:
            self.lines.append(f"\n*{len(left_out)} turns of the fight are left out.*\n")
        for turn in fought[max(SHOWN_OF_A_FIGHT, len(fought) - 1) :]:
            self.lines += turn

    def _fight_turn(self) -> None:
        state = self.table.load().state()
        assert state.encounter is not None
        who = state.encounter.actor.id
        kind, fields = _as_action(choice(state, who, self.content))
        self._act(self.table.heroes.index(who) + 1, kind, **fields)
        self._tell()

    # --- what is printed ---

    def _tell(self) -> None:
        self.table.serve_all()
        events = self.table.feed()
        for event in events[self._seen :]:
            self.lines += self._lines_of(event)
        self._seen = len(events)

    def _lines_of(self, event: dict[str, Any]) -> Iterator[str]:
        match event["type"]:
            case "turn_opened" if event["kind"] == "beat":
                yield f"\n### Beat {self.beats + 1}\n"
            case "action_stated":
                who = event["character_name"]
                yield (
                    f"- **{who}**: {event['text']}" if event["button"] else f"- **{who}**: “{event['text']}”"
                )
            case "story_moved":
                yield from (f"- *{text}*" for e in event["events"] if (text := receipt(e)))
            case "turn_narrated":
                for paragraph in str(event["text"]).split("\n\n"):
                    yield ""
                    yield from (f"> {line}" for line in textwrap.wrap(paragraph, 110))
                yield ""
            case "session_ended":
                yield f"\n**{event['ending_name'] or 'Here the evening ends.'}**"


def _as_action(command: cmd.Command) -> tuple[str, dict[str, Any]]:
    match command:
        case cmd.Attack(target=target):
            return "attack", {"id": "attack", "target": target}
        case cmd.UseAbility(ability=key, target=target):
            return "ability", {"id": key, "target": target}
        case cmd.UseItem(item=key, target=target):
            return "item", {"id": key, "target": target}
    return "defend", {"id": "defend"}


def transcript(content: Content, folder: Path) -> tuple[str, Evening]:
    """The evening as Markdown, without the head of the file."""
    evening = Evening(content, folder)
    evening.play()
    text = "\n".join(evening.lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n", evening


HEAD = """# Sixty beats, as the storyteller tells them

Printed by `python -m tests.llm.sixty_beats`: three friends, the campaign *Standing Water* from its opening to an
ending, no model. The players choose as `tests/llm/sixty_beats.py` says; dice and ids are fixed, so the same content and
words give the same text (`tests/llm/test_sixty_beats.py`). Of each fight the middle is left out. Lines in italics are
proposals of the storyteller that came true. What was found in reading it, and what mended that: [README](README.md).

"""


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        text, evening = transcript(load_content(ROOT / "data"), Path(folder))
    print(HEAD + text, end="")


if __name__ == "__main__":
    main()
