"""Shows what the feed reports: statements, receipts at once, then the story; and knows what is still untold."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.text import Text

from bot import cards
from bot.cards.controls import taken_back_text
from bot.cards.plain import neutralise, one_line
from bot.table_terminal.paint import HERO, QUIET, spoken
from bot.table_terminal.receipt_lines import Block, blocks
from bot.table_terminal.screen import Screen
from bot.texts import tr

Json = dict[str, Any]


class Teller:
    """Feed events in, printed lines out. `untold` are turns whose outcome is known and whose story is not."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.untold: set[str] = set()
        self.closed: set[str] = set()  # turns that nobody can act in any more
        self.open_turn = ""
        self.seen: Counter[str] = Counter()
        self.last_told = ""
        self.last_told_turn = ""
        self.silenced: set[str] = set()  # turns of which no piece is shown any more, only the whole
        self.ended: Json | None = None
        self.echo: str = ""  # the words that stand at the prompt already; not repeated when they are stated
        self._drawn: set[tuple[str, str]] = set()

    def adopt(self, view: Json, untold: list[str]) -> None:
        """Start from a view: nothing before it is printed."""
        turn = view.get("turn") or {}
        self.open_turn = str(turn.get("id") or "")
        self.untold = set(untold)
        if turn and turn.get("state") != "open":
            self.closed.add(self.open_turn)

    def show(self, events: list[Json]) -> None:
        for event in events:
            self.seen[str(event.get("type"))] += 1
            handler = getattr(self, f"_on_{event.get('type')}", None)
            if handler is not None:
                handler(event)

    # --- the turn ----------------------------------------------------------------------------------------------------

    def _on_session_begun(self, event: Json) -> None:
        self.untold.add(str(event["turn_id"]))

    def _on_turn_opened(self, event: Json) -> None:
        self.open_turn = str(event["turn_id"])

    def _on_action_stated(self, event: Json) -> None:
        if not event.get("waiting_for"):
            self.closed.add(str(event["turn_id"]))
        words = one_line(event.get("text"))
        if self.echo and words == one_line(self.echo):
            return  # it stands at the prompt
        text = Text("› ", QUIET)
        text.append(one_line(event.get("character_name")), HERO)
        text.append(f": {words}" if event.get("button") else f": {spoken(words)}")
        self._screen.line(text, hang=4)

    def _on_deed_resolved(self, event: Json) -> None:
        self._deed(str(event["turn_id"]), event, alone=True)

    def _on_turn_resolved(self, event: Json) -> None:
        turn_id = str(event["turn_id"])
        self.untold.add(turn_id)
        self.closed.add(turn_id)
        deeds = [
            d for d in event.get("deeds") or [] if (turn_id, str(d.get("character_id"))) not in self._drawn
        ]
        for deed in deeds:
            self._deed(turn_id, deed, alone=len(deeds) == 1)
        for block in blocks(event.get("closing") or []):
            self._block(Block("", block.lines))
        self._count(event.get("closing") or [])

    def _deed(self, turn_id: str, deed: Json, *, alone: bool) -> None:
        key = (turn_id, str(deed.get("character_id")))
        if key in self._drawn:
            return
        self._drawn.add(key)
        events = deed.get("events") or []
        self._count(events)
        name = str(deed.get("character_name") or tr("The party"))
        found = blocks(events, name)
        for block in found:
            named = block is found[0] and not alone  # creatures' receipts name them themselves
            self._block(Block(name if named else "", block.lines))

    def _block(self, block: Block) -> None:
        if not block.lines:
            return
        if block.who:
            self._screen.line(Text(neutralise(block.who), "bold"), indent=4)
        for row in block.lines:
            self._screen.line(Text(neutralise(row), "cyan"), indent=6 if block.who else 4, hang=9)

    def _count(self, events: list[Json]) -> None:
        self.seen.update(str(e.get("type")) for e in events)

    def _on_turn_narrated(self, event: Json) -> None:
        self.untold -= {str(event["turn_id"]), *(str(t) for t in event.get("turn_ids") or [])}
        self.last_told = str(event.get("text") or "")
        self.last_told_turn = str(event["turn_id"])
        self._screen.prose(self.last_told)

    def _on_turn_renarrated(self, event: Json) -> None:
        if event.get("reason") == "retry":
            self._screen.note(tr("In other words:"))
        self._on_turn_narrated(event)

    def _on_retelling_began(self, event: Json) -> None:
        self.untold.add(str(event["turn_id"]))
        self.silenced.add(str(event["turn_id"]))

    def _on_narration_withdrawn(self, event: Json) -> None:
        """The passage is gone from the screen as well, as far as a screen can be wiped."""
        turn_id = str(event["turn_id"])
        self.untold.add(turn_id)
        self.silenced.add(turn_id)
        if self.last_told and turn_id == self.last_told_turn:
            self.last_told = ""
        if event.get("reason") == "x_card":
            self._screen.wipe()
        self._screen.note(taken_back_text(str(event.get("reason") or "")))

    def _on_narration_corrected(self, event: Json) -> None:
        self._screen.card(cards.corrected(event))

    def _on_safety_changed(self, event: Json) -> None:
        self._screen.note(tr("What this table leaves out has changed. /lines shows it."))

    def _on_turn_withdrawn(self, event: Json) -> None:
        self.untold.discard(str(event["turn_id"]))
        self._screen.note(
            tr("A turn was taken back: {reason}.", reason=event.get("reason") or "it did not happen")
        )

    # --- beside the story --------------------------------------------------------------------------------------------

    def _on_chat_said(self, event: Json) -> None:
        who = one_line(event.get("name"))
        text = Text("💬 ")
        text.append(who, "bold")
        text.append(f": {neutralise(event.get('text') or '')}")
        self._screen.line(text, indent=2, hang=6)

    def _on_memory_changed(self, event: Json) -> None:
        self._screen.card(cards.memory_changed(event))

    def _on_dice_rolled(self, event: Json) -> None:
        self._screen.card(cards.roll(event, str(event.get("name") or "")))

    def _on_sheet_changed(self, event: Json) -> None:
        self._told_at_once(event)

    def _on_story_moved(self, event: Json) -> None:
        self._told_at_once(event)

    def _on_intent_changed(self, event: Json) -> None:
        self._told_at_once(event)

    def _told_at_once(self, event: Json) -> None:
        """Events that belong to no turn and are not narrated."""
        events = event.get("events") or []
        self._count(events)
        for block in blocks(events):
            self._block(Block("", block.lines))

    def _on_fight_summed_up(self, event: Json) -> None:
        self._screen.card(cards.fight_summary(event))

    def _on_member_joined(self, event: Json) -> None:
        self._screen.note(
            tr(
                "{player_name} joins as {name}.",
                player_name=one_line(event.get("player_name")),
                name=one_line(event.get("name")),
            )
        )

    def _on_member_left(self, event: Json) -> None:
        self._screen.note(tr("{name} leaves the table.", name=one_line(event.get("name"))))

    def _on_sponsor_changed(self, event: Json) -> None:
        self._screen.note(tr("{name} sponsors the table from now on.", name=one_line(event.get("name"))))

    def _on_mode_changed(self, event: Json) -> None:
        what = {
            "beats": tr("in beats: everyone states one action, then the story moves"),
            "ordered": tr("in strict order, one hero after the other"),
            "free": tr("freely: whoever speaks, acts"),
        }.get(str(event.get("mode")), str(event.get("mode")))
        self._screen.note(tr("From the next turn on the table plays {what}.", what=what))

    def _on_session_timeout(self, event: Json) -> None:
        if event.get("cliffhanger"):
            self._screen.prose(str(event["cliffhanger"]))
        self._screen.note(tr("The table rests. Any action takes the story up again."))

    def _on_session_resumed(self, event: Json) -> None:
        told = cards.previously(event)
        if told is not None:
            self._screen.card(told)
        self._screen.note(tr("The story goes on."))

    def _on_settings_changed(self, event: Json) -> None:
        self._screen.card(cards.settings_changed(event))

    def _on_notice(self, event: Json) -> None:
        self._screen.card(cards.notice_line(event))

    def _on_session_ended(self, event: Json) -> None:
        self.ended = event
