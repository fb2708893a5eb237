"""Cards of play: a turn (outcome, then narration), the table, a noted action and a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bot.cards import choices, ids
from bot.cards.controls import safety_field, taken_back_text, x_button
from bot.cards.fight_board import condition as condition
from bot.cards.fight_board import fate, gauges, order_lines
from bot.cards.milestones import milestones, shown
from bot.cards.model import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    RED,
    VIOLET,
    Button,
    Card,
    Draft,
    Field,
    Line,
    Text,
    b,
    i,
    line,
    names_of,
    sentence,
    when,
)
from bot.cards.plain import one_line
from bot.cards.receipt_brief import brief
from bot.cards.receipts import GOOD, deed_title, receipts
from bot.texts import N, tr, trn

Json = dict[str, Any]
MAX_BRIEFS = 10
MANY = 5  # heroes; from here on they are counted, and a line each has less room
WAITING_PROSE = N("The game master is finding the words…")


def why_button(session_id: str, turn_id: str) -> Button:
    """Shows the full receipts to whoever asks; its custom_id also marks the message as that turn's."""
    return Button(tr("What happened?"), ids.make("turn", turn_id, "why", session_id), emoji="🎲")


def _deed_fields(deeds: Sequence[Json], closing: Sequence[Json]) -> tuple[Field, ...]:
    fields = []
    for deed in deeds:
        name = one_line(
            f"{deed.get('character_name') or tr('The party')}: {deed.get('text') or tr('acts')}", 200
        )
        rows = receipts(deed.get("events") or []) or [line(i(tr("Nothing to roll.")))]
        fields.append(Field(name, tuple(rows)))
    last = receipts(closing)
    if last:
        fields.append(Field(tr("And then"), tuple(last)))
    return tuple(fields[:20])


def _mood(events: Iterable[Json]) -> int:
    kinds = [str(e.get("type")) for e in events]
    if "died" in kinds or any(e.get("type") == "went_down" and e.get("is_hero") for e in events):
        return RED
    if "encounter_started" in kinds or "damage_dealt" in kinds:
        return AMBER
    degrees = [str(e.get("degree")) for e in events if e.get("type") == "check_rolled"]
    if degrees:
        return GREEN if degrees[-1] in GOOD else AMBER
    return BLUE


def all_events(turn: Json) -> list[Json]:
    return [e for d in turn.get("deeds") or [] for e in d.get("events") or []] + list(
        turn.get("closing") or []
    )


def outcome(session_id: str, turn: Json, *, still_open: bool = False) -> Card:
    """A resolved turn, posted at once: every roll as a receipt. `turn` is the feed's `turn_resolved`."""
    events = all_events(turn)
    body = () if still_open else (line(i(tr(WAITING_PROSE))),)
    return Card(
        kind="outcome",
        title=turn_title(turn),
        body=body,
        fields=_deed_fields(turn.get("deeds") or [], turn.get("closing") or []),
        colour=_mood(events),
        buttons=(why_button(session_id, turn["turn_id"]),),
    )


def prelude(session_id: str, turn_id: str, view: Json) -> Card:
    """Stands where the opening will be told, so that a begun session shows something at once."""
    quest = str(view.get("quest") or "")
    body = (*((line(i(quest)), line()) if quest else ()), line(tr(WAITING_PROSE)))
    title = str(view.get("campaign_name") or tr("The story opens"))
    return Card("opening", title, body, colour=VIOLET, buttons=(marker(session_id, turn_id),))


def turn_title(turn: Json) -> str:
    kind = turn.get("kind")
    if kind == "opening":
        return str(turn.get("title") or tr("The story opens"))
    number = turn.get("turn_number")
    return tr("Turn {number}", number=number) if number is not None else tr("This turn")


def narration(session_id: str, turn: Json, resolved: Json | None, *, title: str = "") -> Card:
    """A told turn: the prose, and one short line for each deed beneath it."""
    draft = Draft()
    draft.prose(str(turn.get("text") or "").strip() or "…")
    events = all_events(resolved or {})
    rows = _brief_lines(resolved or {})
    if rows:
        draft.gap()
        draft.lines += rows
    return Card(
        kind="opening" if turn.get("kind") == "opening" else "narration",
        title=title or turn_title(turn),
        body=draft.done(),
        fields=milestones(events) if turn.get("kind") != "opening" else (safety_field(),),
        colour=VIOLET if turn.get("kind") == "opening" else _mood(events),
        buttons=(
            (why_button if resolved else marker)(session_id, turn["turn_id"]),
            x_button(session_id, turn["turn_id"]),
        ),
    )


def taken_back(session_id: str, event: Json, resolved: Json | None) -> Card:
    """A passage that is gone: the outcome stands, and other words are on their way."""
    shown = outcome(session_id, resolved, still_open=True) if resolved else None
    title = turn_title(event)
    body = (line(i(taken_back_text(str(event.get("reason") or "")))),)
    if shown is None:
        return Card("outcome", title, body, colour=GREY, buttons=(marker(session_id, event["turn_id"]),))
    return replace(shown, body=body, colour=GREY)


def marker(session_id: str, turn_id: str) -> Button:
    """The button of a turn without deeds; like `why_button` it tells the relay whose message this is."""
    return Button(tr("The story so far"), ids.make("turn", turn_id, "recap", session_id), emoji="📜")


def _brief_lines(resolved: Json) -> list[Line]:
    rows: list[Line] = []
    told = shown(all_events(resolved))  # these stand in blocks of their own
    for deed in (resolved.get("deeds") or [])[:MAX_BRIEFS]:
        short = brief(_besides(deed.get("events") or [], told), str(deed.get("character_id") or ""))
        spans: list[Text] = [b(str(deed.get("character_name") or tr("The party")))]
        spans.append(": " + one_line(deed.get("text") or tr("acts"), 90))
        if short:
            spans.append(" — " + short)
        rows.append(line(*spans, style="small"))
    closing = brief(_besides(resolved.get("closing") or [], told))
    if closing:
        rows.append(line(closing, style="small"))
    return rows


def _besides(events: Iterable[Json], told: frozenset[str]) -> list[Json]:
    return [e for e in events if e.get("type") not in told]


def withdrawn(session_id: str, turn_id: str, reason: str) -> Card:
    return Card("outcome", tr("A turn was taken back"), (line(reason or tr("It did not happen.")),), colour=GREY,
                buttons=(marker(session_id, turn_id),))  # fmt: skip


def why(turn: Json, session_id: str = "") -> Card:
    """The full receipts of a turn (API shape `turn`, or the feed's `turn_resolved`), for whoever asks."""
    draft = Draft()
    deeds = turn.get("deeds")
    if deeds is not None:
        for deed in deeds:
            draft.add(*deed_title(deed))
            draft.lines += receipts(deed.get("events") or [])
            draft.gap()
        draft.lines += receipts(turn.get("closing") or [])
    else:
        for entry in turn.get("entries") or []:
            draft.add(
                b(str(entry.get("character_name") or tr("The party"))),
                ": ",
                str(entry.get("action") or tr("acts")),
            )
        draft.gap()
        draft.lines += receipts(turn.get("events") or []) or [
            line(str(t)) for t in turn.get("combat_log") or []
        ]
    number = turn.get("turn_number", turn.get("turn"))
    body = draft.done() or (line(tr("Nothing was rolled in this turn.")),)
    told = session_id and turn.get("id") and turn.get("dm_response")
    more = Button(tr("Sentence by sentence"), ids.make("turn", turn.get("id"), "sentences", session_id))
    return Card("why", tr("How turn {number} was decided", number=number), body, colour=GREY,
                buttons=(more,) if told else (),
                footer=tr("Dice are rolled by code from a seed that is shown when the story ends."))  # fmt: skip


# --- the table -----------------------------------------------------------------------------------------------------


def hero_line(member: Json, turn: Json | None, *, narrow: bool = False) -> Line:
    """⏳ Mara (still to speak)  ▰▰▰▱ 14/22 HP  ▰▰▱▱ 4/8 MP  poisoned 2; `narrow` where many stand below each other."""
    mark, state = _state(member, turn)
    spans: list[Text] = [f"{mark} ", b(str(member["name"]))]
    spans += [f" ({state})"] if state else []
    spans += ["  ", *gauges(member, narrow=narrow)]
    tags = [condition(c) for c in member.get("conditions") or []]
    if tags:
        spans += ["  ", i(", ".join(tags))]
    return line(*spans)


def _state(member: Json, turn: Json | None) -> tuple[str, str]:
    """What is to be known of a hero in this turn: a sign, and the same in words."""
    waiting = (turn or {}).get("waiting_for") or []
    if member.get("down"):
        return "💀", fate(member)
    if turn is None:
        return "▫️", ""
    if turn.get("actor") == member["character_id"]:
        return "▶️", tr("is up")
    if member["character_id"] in waiting:
        return "⏳", tr("still to speak")
    if member.get("stated"):
        return "✅", tr("has spoken")
    return "▫️", ""


def table(view: Json) -> Card:
    """What everyone at the table needs now: scene, party, whose turn it is, until when, and what one may do."""
    scene, turn, encounter = view.get("scene") or {}, view.get("turn"), view.get("encounter")
    draft = Draft()
    if scene.get("threat"):
        draft.add(i(str(scene["threat"])))
        draft.gap()
    draft.lines += _waiting(view)
    party = view.get("party") or []
    if encounter:
        fields = [_fight(encounter, turn, party)]
    else:
        asked = turn if view.get("status") != "timeout" else None
        rows = tuple(hero_line(m, asked, narrow=len(party) > MANY) for m in party)
        fields = [Field(tr("The party"), rows)]
    quests = [one_line(f"{q['name']}: {q['objective']}", 200) for q in (view.get("quests") or [])[:2]]
    if quests and not encounter:
        fields.append(Field("📜 " + tr("Under way"), tuple(line(q) for q in quests)))
    quest = str(view.get("quest") or "")
    return Card(
        kind="table",
        title=_place(scene, view),
        body=draft.done(),
        fields=tuple(fields),
        footer=one_line(tr("Quest: {quest}", quest=quest), 300) if quest else "",
        colour=RED if encounter else BLUE,
        buttons=table_buttons(view),
    )


def _fight(encounter: Json, turn: Json | None, party: Sequence[Json]) -> Field:
    """The fighters by initiative, under the name of the fight."""
    stakes = str(encounter.get("stakes") or "")
    head = (line(i(stakes)),) if stakes else ()
    title = tr("{name} — round {round}", name=encounter["name"], round=encounter.get("round", 1))
    members = {m["character_id"]: m for m in party}
    return Field(f"⚔️ {title}", head + order_lines(encounter, turn, members, narrow=len(party) > MANY))


def _place(scene: Json, view: Json) -> str:
    name, place = (
        str(scene.get("name") or view.get("campaign_name") or tr("The table")),
        str(scene.get("place") or ""),
    )
    told = name.lower().removeprefix("the ") in place.lower()
    return f"{name} — {place}" if place and not told else name


def many_heroes(count: int) -> str:
    return trn("{count} hero", "{count} heroes", count)


def _waiting(view: Json) -> list[Line]:
    turn = view.get("turn")
    if view.get("status") == "timeout":
        return [line("💤 ", tr("The table rests. Any action takes the story up again."))]
    if not turn:
        return [line("⏳ ", tr("The game master prepares what comes next…"))]
    party = {m["character_id"]: m for m in view.get("party") or []}
    waiting = [party[c] for c in turn.get("waiting_for") or [] if c in party]
    if not waiting:
        return [line("⏳ ", tr("Everyone is in. The story turns…"))]
    heroes = names_of(str(m["name"]) for m in waiting) if len(waiting) < MANY else many_heroes(len(waiting))
    tail: list[Text] = []
    if turn.get("deadline"):
        tail = [" · ", when(turn["deadline"])]
    if turn.get("kind") in ("encounter", "ordered"):
        return [line("▶️ ", *sentence("It is {who}’s turn.", who=b(heroes)), *tail)]
    if turn.get("kind") == "free":
        return [line("▶️ ", tr("Whoever wants to may act."), *tail)]
    if len(party) == 1:
        return [line("▶️ ", *sentence("What does {who} do?", who=b(heroes)), *tail)]
    done = sum(1 for m in party.values() if m.get("stated"))
    return [
        line(
            "⏳ ",
            tr("{done} of {all} are in.", done=done, all=len(party)),
            " ",
            *sentence("Waiting for {who}.", who=b(heroes)),
            *tail,
        )
    ]


def table_buttons(view: Json) -> tuple[Button, ...]:
    """Suggestions first, then what is always there. Every press names the turn that this card shows."""
    session, turn = view["id"], view.get("turn")
    if not turn or view.get("status") not in ("active", "timeout"):
        return ()
    number = turn["number"]
    out = [
        Button(str(s["label"]), ids.do(session, number, {"kind": "affordance", "id": s["id"]}), "primary")
        for s in (view.get("suggested") or [])[:3]
    ]
    if view.get("encounter"):
        out += [
            Button(tr("Attack"), ids.make("act", session, "attack", number), "danger", emoji="⚔️", row=1),
            Button(tr("Item"), ids.make("act", session, "item", number), emoji="🎒", row=1),
            Button(tr("Defend"), ids.do(session, number, {"kind": "defend"}), emoji="🛡️", row=1),
            Button(tr("Flee"), ids.do(session, number, {"kind": "flee"}), emoji="🏃", row=1),
        ]
    out += [
        Button(tr("Something else…"), ids.make("act", session, "free", number), "success", emoji="✍️", row=2),
        Button(tr("What can I do?"), ids.make("act", session, "more", number), emoji="❔", row=2),
        Button(tr("My sheet"), ids.make("session", session, "sheet"), emoji="📋", row=2),
    ]
    return tuple(out)


# --- for one player's eyes -------------------------------------------------------------------------------------------


def noted(answer: Json, action_label: str, character_id: str = "") -> Card:
    """The ephemeral answer to an action: it counts, what came of it (for this hero), and who is still awaited."""
    view = answer.get("session") or {}
    party = {m["character_id"]: str(m["name"]) for m in view.get("party") or []}
    waiting = [party[c] for c in answer.get("waiting_for") or [] if c in party]
    draft = Draft()
    if action_label:
        draft.add(i(action_label))
    events = answer.get("events") or []
    if character_id:
        events = [e for e in events if character_id in (e.get("actor"), e.get("source"), e.get("target"))]
    rows = receipts(events)
    draft.lines += rows
    turn = view.get("turn") or {}
    if waiting and not rows:
        tail: list[Text] = [" · ", when(turn["deadline"])] if turn.get("deadline") else []
        draft.add(*sentence("Waiting for {who}.", who=b(names_of(waiting))), *tail)
    elif not rows:
        draft.add(tr("The game master takes it from here."))
    busy = str((answer.get("queue") or {}).get("message") or "")
    if busy:
        draft.add("⏳ ", i(busy))
    return Card("noted", "✅ " + tr("Noted"), draft.done(), colour=GREEN)


def refusal(sentence: str, session_id: str, turn: int | None, legal: Sequence[Json], words: str = "") -> Card:
    """Why not, what is possible instead as buttons, and the player's own words back, so that none are lost."""
    buttons = choices.nearest(session_id, turn, legal) if turn is not None else ()
    body = [line(sentence)]
    if words:
        body += [line(), line(words, style="quote")]
    if buttons:
        body += [line(), line(tr("You could do this instead:"), style="small")]
    elif turn is not None and session_id:
        buttons = (Button(tr("What can I do?"), ids.make("act", session_id, "more", turn), emoji="❔"),)
    return Card("refusal", tr("Not like that"), tuple(body), colour=AMBER, buttons=buttons)
