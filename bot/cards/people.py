"""Cards about people: the lobby, choosing a hero, a character sheet, the party."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import ids
from bot.cards.fight_board import condition, fate
from bot.cards.model import (
    BLUE,
    GOLD,
    GREEN,
    GREY,
    Button,
    Card,
    Draft,
    Field,
    Line,
    Option,
    Select,
    Span,
    Text,
    b,
    bar,
    channel,
    i,
    line,
)
from bot.cards.plain import one_line

Json = dict[str, Any]
MODES = {
    "beats": "beats — everyone states one action, then the story moves",
    "ordered": "strict turns",
    "free": "free play",
}
PACES = {"live": "live", "by_post": "by post (a day for each beat)"}
STATS = ("strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma")


def lobby(view: Json, thread_id: str | None = None) -> Card:
    """The invitation in the channel: who is in, and the buttons to join, leave and begin."""
    status, session = view.get("status"), view["id"]
    draft = Draft()
    if view.get("quest"):
        draft.add(i(str(view["quest"])))
        draft.gap()
    party = view.get("party") or []
    if status == "lobby":
        draft.add(
            b(str(view.get("host_name") or "Somebody")), " gathers a party. Join with a hero of your own or a"
        )
        draft.lines[-1] = line(
            *draft.lines[-1].spans, " ready-made one; the host begins when everyone is here."
        )
    elif status in ("active", "timeout"):
        where: list[Text] = [" Follow it in ", channel(thread_id, "the story"), "."] if thread_id else []
        draft.add("📖 The adventure is under way.", *where)
    else:
        ending = (view.get("ending") or {}).get("name")
        draft.add("🏁 The adventure is over", f": {ending}." if ending else ".")
    members = tuple(_seat_line(m) for m in party)
    least, most = view.get("min_players") or 1, view.get("max_players") or len(party)
    fields = [Field(f"The party ({len(party)} of {most})", members or (line(i("Nobody yet.")),))]
    buttons: tuple[Button, ...] = ()
    if status == "lobby":
        buttons = (
            Button(
                "Join", ids.make("lobby", session, "join"), "success", emoji="🙋", disabled=len(party) >= most
            ),
            Button("Leave", ids.make("lobby", session, "leave")),
            Button(
                "Begin",
                ids.make("lobby", session, "begin"),
                "primary",
                emoji="⚔️",
                disabled=len(party) < least,
            ),
            Button("Lines and veils", ids.make("lobby", session, "lines"), emoji="🛡️"),
        )
    mode = MODES.get(str(view.get("mode")), str(view.get("mode") or ""))
    pace = PACES.get(str(view.get("pace")), "")
    return Card(
        kind="lobby",
        title=str(view.get("campaign_name") or "An adventure"),
        body=draft.done(),
        fields=tuple(fields),
        footer=" · ".join(x for x in (mode, pace, f"from {least} players" if least > 1 else "") if x),
        colour=GOLD if status == "lobby" else GREEN if status in ("active", "timeout") else GREY,
        buttons=buttons,
    )


def _seat_line(m: Json) -> Line:
    want: list[Text] = [" — ", i(str(m["want"]))] if m.get("want") else []
    cls, player = one_line(m.get("class_name") or "", 40), one_line(m.get("player_name") or "", 40)
    return line("🛡️ ", b(str(m["name"])), f", {cls} ({player})", *want)


def hero_choice(custom_id: str, heroes: Sequence[Json], mine: Sequence[Json], headline: str) -> Card:
    """Whom to play: one's own free characters first, then the ready-made heroes."""
    rows = [
        Option(
            one_line(f"{c['name']}, level {c['level']} {c.get('class_name') or ''}", 100),
            f"c|{c['id']}",
            "Your hero",
        )
        for c in mine
        if not c.get("seated_in") and c.get("is_active", True)
    ]
    rows += [
        Option(
            one_line(h.get("name") or h["key"], 100), f"h|{h['key']}", one_line(h.get("summary") or "", 100)
        )
        for h in heroes
    ]
    draft = Draft()
    draft.add(headline)
    for h in list(heroes)[:6]:
        draft.add("• ", b(str(h.get("name") or h["key"])), f" — {one_line(h.get('summary') or '', 140)}")
    select = Select(custom_id, "Choose your hero", tuple(rows[:25]))
    return Card("heroes", "Who will you be?", draft.done(), colour=GOLD, selects=(select,) if rows else ())


def seated(view: Json, hero: str, thread_id: str | None) -> Card:
    """The way to the table where one sits already."""
    name = str(view.get("campaign_name") or "the adventure")
    draft = Draft()
    draft.add("You play ", b(hero), " in ", i(name), ".")
    if thread_id:
        draft.add("The story goes on in ", channel(thread_id, name), ".")
    elif view.get("status") == "lobby":
        draft.add("The lobby stands in this channel; the host begins when everyone is here.")
    return Card("notice", "You have a seat here", draft.done(), colour=GREEN)


def sheet(c: Json) -> Card:
    """A character, as its owner sees it."""
    draft = Draft()
    level = f"Level {c['level']} {c.get('class_name') or c.get('character_class') or ''}".rstrip()
    draft.add(b(level), f" · {c.get('origin_name') or c.get('origin') or ''}", f" · {c.get('xp', 0)} XP")
    if c.get("want"):
        draft.add("Wants ", i(str(c["want"])))
    draft.gap()
    draft.add(f"❤️ {bar(c['hp'], c['hp_max'])} {c['hp']}/{c['hp_max']} HP")
    if c.get("mp_max"):
        draft.add(f"💧 {bar(c['mp'], c['mp_max'])} {c['mp']}/{c['mp_max']} MP")
    draft.add(f"🛡️ Evade {c.get('evade', '—')}   🪙 {c.get('gold', 0)} gold")
    stats = c.get("stats") or {}
    ordered = [s for s in STATS if s in stats] + [s for s in stats if s not in STATS]
    fields = [
        Field("Stats", tuple(line(f"{s.capitalize()} ", b(str(stats[s]))) for s in ordered), inline=True)
    ]
    abilities = tuple(
        line(b(str(a["name"])), f" ({a['cost_mp']} MP)" if a.get("cost_mp") else "",
             f" — {one_line(a['summary'], 90)}" if a.get("summary") else "")
        for a in c.get("abilities") or []
    )  # fmt: skip
    if abilities:
        fields.append(Field("Abilities", abilities, inline=True))
    bag = tuple(
        line(b(str(it["name"])), f" ×{it['quantity']}" if it.get("quantity", 1) != 1 else "",
             f" — {one_line(it['summary'], 90)}" if it.get("summary") else "")
        for it in c.get("inventory") or []
    )  # fmt: skip
    fields.append(Field("Carries", bag or (line(i("Nothing.")),)))
    return Card("sheet", str(c["name"]), draft.done(), tuple(fields), colour=BLUE)


def party(view: Json) -> Card:
    """Everyone at the table."""
    fields = []
    for m in view.get("party") or []:
        rows = [line(f"❤️ {bar(m['hp'], m['hp_max'])} {m['hp']}/{m['hp_max']}")]
        if m.get("mp_max"):
            rows.append(line(f"💧 {bar(m['mp'], m['mp_max'])} {m['mp']}/{m['mp_max']}"))
        tags = [fate(m)] if fate(m) else []
        tags += [condition(c) for c in m.get("conditions") or []]
        if tags:
            rows.append(line("🌀 ", i(", ".join(tags))))
        rows.append(line(f"🪙 {m.get('gold', 0)} · {m.get('origin_name') or ''}"))
        if m.get("want"):
            rows.append(line(i(one_line(m["want"], 120))))
        title = f"{m['name']} · level {m.get('level', 1)} {m.get('class_name') or ''} · {m.get('player_name') or ''}"
        fields.append(Field(one_line(title, 200), tuple(rows)))
    spans: list[Text | Span] = [b(str(view.get("campaign_name") or ""))]
    if view.get("quest"):
        spans += [" — ", i(str(view["quest"]))]
    return Card("party", "The party", (line(*spans),), tuple(fields[:25]), colour=BLUE)
