"""Cards about people: the lobby, choosing a hero, a character sheet, the party."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import ids
from bot.cards.fight_board import condition, fate, gauges
from bot.cards.model import (
    AMBER,
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
    sentence,
)
from bot.cards.plain import one_line
from bot.cards.words import word
from bot.texts import N, tr, trn

Json = dict[str, Any]
MODES = {
    "beats": N("beats — everyone states one action, then the story moves"),
    "ordered": N("strict turns"),
    "free": N("free play"),
}
PACES = {"live": N("live"), "by_post": N("by post (a day for each beat)")}
PER_SELECT = 25
FEW = 5  # heroes of whom everything is told; of more only what counts
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
        invitation = sentence(
            "{host} gathers a party. Join with a hero of your own or a ready-made one; the host begins when"
            " everyone is here.",
            host=b(str(view.get("host_name") or tr("Somebody"))),
        )
        draft.add(*invitation)
    elif status in ("active", "timeout"):
        where: list[Text] = []
        if thread_id:
            where = [" ", *sentence("Follow it in {thread}.", thread=channel(thread_id, tr("the story")))]
        draft.add("📖 ", tr("The adventure is under way."), *where)
    else:
        ending = (view.get("ending") or {}).get("name")
        draft.add(
            "🏁 ",
            tr("The adventure is over: {ending}.", ending=ending) if ending else tr("The adventure is over."),
        )
    members = tuple(_seat_line(m, wants=len(party) <= FEW) for m in party)
    least, most = view.get("min_players") or 1, view.get("max_players") or len(party)
    fields = [
        Field(
            tr("The party ({party} of {most})", party=len(party), most=most),
            members or (line(i(tr("Nobody yet."))),),
        )
    ]
    buttons: tuple[Button, ...] = ()
    if status == "lobby":
        buttons = (
            Button(
                tr("Join"),
                ids.make("lobby", session, "join"),
                "success",
                emoji="🙋",
                disabled=len(party) >= most,
            ),
            Button(tr("Leave"), ids.make("lobby", session, "leave")),
            Button(
                tr("Begin"),
                ids.make("lobby", session, "begin"),
                "primary",
                emoji="⚔️",
                disabled=len(party) < least,
            ),
            Button(tr("Lines and veils"), ids.make("lobby", session, "lines"), emoji="🛡️"),
        )
    mode = tr(MODES.get(str(view.get("mode")), str(view.get("mode") or "")))
    pace = tr(PACES.get(str(view.get("pace")), ""))
    over = status not in ("lobby", "active", "timeout")
    notes = (
        ()
        if over
        else (mode, pace, trn("from {count} player", "from {count} players", least) if least > 1 else "")
    )
    return Card(
        kind="lobby",
        title=str(view.get("campaign_name") or tr("An adventure")),
        body=draft.done(),
        fields=tuple(fields),
        footer=" · ".join(x for x in notes if x),
        colour=GOLD if status == "lobby" else GREEN if status in ("active", "timeout") else GREY,
        buttons=buttons,
    )


def _seat_line(m: Json, *, wants: bool) -> Line:
    want: list[Text] = [" — ", i(str(m["want"]))] if wants and m.get("want") else []
    cls, player = one_line(m.get("class_name") or "", 40), one_line(m.get("player_name") or "", 40)
    return line("🛡️ ", b(str(m["name"])), f", {cls} ({player})", *want)


def hero_choice(custom_id: str, heroes: Sequence[Json], mine: Sequence[Json], headline: str) -> Card:
    """Whom to play: one's own free characters first, then the ready-made heroes."""
    rows = [
        Option(
            one_line(
                tr(
                    "{name}, level {level} {class_name}",
                    name=c["name"],
                    level=c["level"],
                    class_name=c.get("class_name") or "",
                ),
                100,
            ),
            f"c|{c['id']}",
            tr("Your hero"),
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
    target = ids.parse(custom_id)
    more = ids.make(target.kind, target.id, "heroes", *target.args) if target is not None else custom_id
    parts = [(custom_id, rows[:PER_SELECT]), (more, rows[PER_SELECT : 2 * PER_SELECT])]
    selects = tuple(Select(each, tr("Choose your hero"), tuple(part)) for each, part in parts if part)
    buttons: tuple[Button, ...] = ()
    if target is not None:
        buttons = (
            Button(
                tr("Any hero, now"),
                ids.make(target.kind, target.id, "any", *target.args),
                "primary",
                emoji="🎲",
            ),
            Button(
                tr("Make my own…"),
                ids.make(target.kind, target.id, "make", *target.args),
                "success",
                emoji="✍️",
            ),
        )
    return Card("heroes", tr("Who will you be?"), draft.done(), colour=GOLD, selects=selects, buttons=buttons)


def hero_refused(name: str, details: Json, message: str, again: str) -> Card:
    """A hero that could not be made: why, and the way back to the form, which still knows what was typed."""
    problem = str(details.get("problem") or message or tr("not accepted"))
    title = tr("Not quite yet")
    draft = Draft()
    if details.get("field") == "name":
        title = tr("Not that name")
        draft.add(
            *sentence("{name}: {problem}.", name=b(one_line(name, 40) or "…"), problem=problem.rstrip("."))
        )
    else:
        draft.add(problem)
    draft.add(tr("Nothing that you typed is lost."), style="small")
    return Card("refusal", title, draft.done(), colour=AMBER,
                buttons=(Button(tr("Try again"), again, "primary", emoji="✍️"),))  # fmt: skip


def roster(mine: Sequence[Json], here: str, page: int = 0) -> Card:
    """One's own heroes, `here` (an id) marked, with a choice of another; pages of 25."""
    pages = max(1, -(-len(mine) // PER_SELECT))
    page = min(max(page, 0), pages - 1)
    rows = list(mine)[page * PER_SELECT : (page + 1) * PER_SELECT]
    draft = Draft()
    if not mine:
        draft.add(tr("You have no hero yet."))
    for c in rows:
        told = tr(
            "level {level} {class_name}", level=c["level"], class_name=c.get("class_name") or ""
        ).rstrip()
        seat = " · " + tr("at a table") if c.get("seated_in") else ""
        meant = " · " + tr("meant here") if c["id"] == here else ""
        draft.add(
            "▶️ " if c["id"] == here else "▫️ ", b(str(c["name"])), f", {told}{seat}", i(meant) if meant else ""
        )
    options = tuple(Option(one_line(c["name"], 100), str(c["id"])) for c in rows if c["id"] != here)
    selects = (
        (Select(ids.make("hero", "me", "switch"), tr("Who is meant here?"), options),) if options else ()
    )
    buttons = [Button(tr("Make my own…"), ids.make("hero", "me", "make"), "success", emoji="✍️")]
    if pages > 1:
        buttons += [
            Button(
                label, ids.make("hero", "me", "list", to), emoji=emoji, disabled=not 0 <= to < pages, row=1
            )
            for label, emoji, to in ((tr("Before"), "◀️", page - 1), (tr("After"), "▶️", page + 1))
        ]
    footer = tr("page {number} of {count}", number=page + 1, count=pages) if pages > 1 else ""
    return Card("roster", tr("Your heroes"), draft.done(), footer=footer, colour=BLUE, buttons=tuple(buttons),
                selects=selects)  # fmt: skip


def seated(view: Json, hero: str, thread_id: str | None) -> Card:
    """The way to the table where one sits already."""
    name = str(view.get("campaign_name") or tr("the adventure"))
    draft = Draft()
    draft.add(*sentence("You play {hero} in {adventure}.", hero=b(hero), adventure=i(name)))
    if thread_id:
        draft.add(*sentence("The story goes on in {thread}.", thread=channel(thread_id, name)))
    elif view.get("status") == "lobby":
        draft.add(tr("The lobby stands in this channel; the host begins when everyone is here."))
    return Card("notice", tr("You have a seat here"), draft.done(), colour=GREEN)


def sheet(c: Json) -> Card:
    """A character, as its owner sees it."""
    draft = Draft()
    level = tr(
        "Level {level} {class_name}",
        level=c["level"],
        class_name=c.get("class_name") or c.get("character_class") or "",
    ).rstrip()
    draft.add(b(level), f" · {c.get('origin_name') or c.get('origin') or ''} · ", _experience(c))
    if c.get("want"):
        draft.add(*sentence("Wants {want}", want=i(str(c["want"]))))
    draft.gap()
    draft.add(f"❤️ {bar(c['hp'], c['hp_max'])} ", tr("{have}/{most} HP", have=c["hp"], most=c["hp_max"]))
    if c.get("mp_max"):
        draft.add(f"💧 {bar(c['mp'], c['mp_max'])} ", tr("{have}/{most} MP", have=c["mp"], most=c["mp_max"]))
    draft.add(
        "🛡️ ",
        tr("Evade {evade}", evade=c.get("evade", "—")),
        "   🪙 ",
        tr("{gold} gold", gold=c.get("gold", 0)),
    )
    stats = c.get("stats") or {}
    ordered = [s for s in STATS if s in stats] + [s for s in stats if s not in STATS]
    fields = [
        Field(
            tr("Stats"),
            tuple(line(f"{word(s).capitalize()} ", b(str(stats[s]))) for s in ordered),
            inline=True,
        )
    ]
    abilities = tuple(
        line(b(str(a["name"])), f" ({tr('{cost_mp} MP', cost_mp=a['cost_mp'])})" if a.get("cost_mp") else "",
             f" — {one_line(a['summary'], 90)}" if a.get("summary") else "")
        for a in c.get("abilities") or []
    )  # fmt: skip
    if abilities:
        fields.append(Field(tr("Abilities"), abilities, inline=True))
    bag = tuple(
        line(b(str(it["name"])), f" ×{it['quantity']}" if it.get("quantity", 1) != 1 else "",
             f" — {one_line(it['summary'], 90)}" if it.get("summary") else "")
        for it in c.get("inventory") or []
    )  # fmt: skip
    fields.append(Field(tr("Carries"), bag or (line(i(tr("Nothing."))),)))
    return Card("sheet", str(c["name"]), draft.done(), tuple(fields), colour=BLUE)


def _experience(c: Json) -> str:
    if c.get("xp_next"):
        return tr("{xp} of {following} XP", xp=c.get("xp", 0), following=c["xp_next"])
    return tr("{xp} XP", xp=c.get("xp", 0))


def party(view: Json) -> Card:
    """Everyone at the table."""
    fields, everyone = [], view.get("party") or []
    for m in everyone:
        rows = [line(*gauges(m))]
        tags = [fate(m)] if fate(m) else []
        tags += [condition(c) for c in m.get("conditions") or []]
        if tags:
            rows.append(line("🌀 ", i(", ".join(tags))))
        if len(everyone) <= FEW:
            rows.append(
                line("🪙 ", tr("{gold} gold", gold=m.get("gold", 0)), f" · {m.get('origin_name') or ''}")
            )
            rows += [line(i(one_line(m["want"], 120)))] if m.get("want") else []
        title = tr(
            "{name} · level {level} {class_name} · {player_name}",
            name=m["name"],
            level=m.get("level", 1),
            class_name=m.get("class_name") or "",
            player_name=m.get("player_name") or "",
        )
        fields.append(Field(one_line(title, 200), tuple(rows)))
    spans: list[Text | Span] = [b(str(view.get("campaign_name") or ""))]
    if view.get("quest"):
        spans += [" — ", i(str(view["quest"]))]
    return Card("party", tr("The party"), (line(*spans),), tuple(fields[:25]), colour=BLUE)
