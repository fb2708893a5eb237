"""Help that knows where one stands, and the tutorial: five short steps to press through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.cards import ids
from bot.cards.fight_board import fate
from bot.cards.model import (
    BLUE,
    GREEN,
    VIOLET,
    Button,
    Card,
    Draft,
    Field,
    Line,
    Text,
    b,
    line,
    sentence,
    when,
)
from bot.cards.receipt_dice import check
from bot.cards.turns import table_buttons
from bot.texts import N, command, tr

Json = dict[str, Any]
ALWAYS = 2  # of a table's buttons, the last: they are of use when somebody else is to act, too
# In the order in which somebody needs them.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("play", N("take a hero and be in the story within a minute")),
    ("tutorial", N("five short steps, for you alone")),
    ("act", N("say in your own words what your hero does; suggestions appear as you type")),
    ("sheet", N("your hero: health, abilities, what you carry")),
    ("bag", N("what you carry, and the party's cache")),
    ("gear", N("what you wear, and why it counts")),
    ("skills", N("the skill tree, and what you can learn")),
    ("character list", N("all your heroes, and which of them is meant here")),
    ("shop", N("what is sold here, and what it costs")),
    ("journal", N("quests, people, and what they think of you")),
    ("lore", N("look closely at something that you carry or that is sold here")),
    ("party", N("everyone at the table")),
    ("recap", N("the story so far")),
    ("memory", N("what the story remembers; pin it, set it right or forget it")),
    ("why", N("the dice and events behind each sentence of the last passage")),
    ("retry", N("the last passage in other words; the dice stay")),
    ("correct", N("say what was told wrongly")),
    ("x", N("take the last passage back, at once and for any reason; nobody sees who did")),
    ("lines", N("what this table never tells, or only off-stage")),
    ("roll", N("roll dice for fun, for example 2d6+3, 4d6kh3, d20+5 adv, 3d6! or 6x(4d6kh3)")),
    ("say", N("talk to the friends who play in the browser or the game client")),
    ("settings", N("how the story is told: tone, length, content, language (the host changes them)")),
    ("usage", N("how often the game master was asked today for tables that you sponsor, and what it cost")),
    ("help", N("what you can do now")),
    ("campaign start", N("choose a campaign, a mode and a hero")),
    ("campaign end", N("end the adventure of this channel (host)")),
)


def help_card(
    view: Json | None = None, member: Json | None = None, others: Sequence[tuple[str, str]] = ()
) -> Card:
    """What one can do now, with the buttons for it, then all commands.

    `view` is the session of this channel (None: none), `member` the reader's seat there (None: none), `others` are
    commands (name, description) beside those that this page knows.
    """
    now, buttons = _now(view, member)
    draft = Draft()
    draft.lines += now
    draft.gap()
    draft.add(tr("You and your friends act, the game master tells, code rolls the dice."), style="small")
    known = {name for name, _ in COMMANDS}
    every = [*COMMANDS, *(each for each in others if each[0] not in known)]
    rows = tuple(line(b(command(name)), f" — {tr(what)}") for name, what in every)
    footer = tr("Only you see refusals, sheets and this page.")
    return Card(
        "help", tr("What now?"), draft.done(), (Field(tr("Commands"), rows),), footer, BLUE, buttons=buttons
    )


def _now(view: Json | None, member: Json | None) -> tuple[list[Line], tuple[Button, ...]]:
    status = (view or {}).get("status")
    if view is None or status == "completed":
        over = [line(tr("The adventure of this channel is over."))] if view is not None else []
        first = sentence(
            "No adventure runs here. {play} takes a hero and opens one.", play=b(command("play"))
        )
        return [*over, line(*first)], ()
    if member is None:
        return [line(*_without_seat(view))], _join(view) if status == "lobby" else ()
    if status == "lobby":
        return [line(*_in_lobby(view, member))], _begin(view, member)
    if status == "timeout":
        return [line(tr("The table rests. Any action takes the story up again."))], table_buttons(view)
    asked = member["character_id"] in ((view.get("turn") or {}).get("waiting_for") or [])
    buttons = table_buttons(view)
    return [line(*row) for row in _playing(view, member)], buttons if asked else buttons[-ALWAYS:]


def _without_seat(view: Json) -> list[Text]:
    if view["status"] == "lobby":
        return sentence(
            "{host} gathers a party here. Join it.", host=b(str(view.get("host_name") or tr("A friend")))
        )
    return sentence(
        "An adventure runs here without you. {play} in another channel opens your own.",
        play=b(command("play")),
    )


def _join(view: Json) -> tuple[Button, ...]:
    return (Button(tr("Join"), ids.make("lobby", view["id"], "join"), "success", emoji="🙋"),)


def _is_host(view: Json, member: Json) -> bool:
    return bool(view.get("host")) and view.get("host") == member.get("user_id")


def _in_lobby(view: Json, member: Json) -> list[Text]:
    hero = b(str(member["name"]))
    if _is_host(view, member):
        return sentence("You play {hero}. Begin as soon as you like, also alone.", hero=hero)
    host = b(str(view.get("host_name") or tr("The host")))
    return sentence("You play {hero}. {host} begins when everyone is here.", hero=hero, host=host)


def _begin(view: Json, member: Json) -> tuple[Button, ...]:
    if not _is_host(view, member):
        return ()
    least = view.get("min_players") or 1
    return (
        Button(tr("Begin"), ids.make("lobby", view["id"], "begin"), "primary", emoji="⚔️",
               disabled=len(view.get("party") or []) < least),
    )  # fmt: skip


def _playing(view: Json, member: Json) -> list[list[Text]]:
    """Whose turn it is for this reader, and what a hero who is down can hope for."""
    turn, rows = view.get("turn") or {}, []
    me, waiting = member["character_id"], turn.get("waiting_for") or []
    tail: list[Text] = [" · ", when(turn["deadline"])] if turn.get("deadline") else []
    if member.get("down"):
        told = fate(member) or tr("down")
        rows.append(
            ["💀 ", *sentence("Your hero is {fate}. A friend can help: heal, or tend.", fate=b(told))]
        )
    if not turn:
        rows.append(["⏳ ", tr("The game master prepares what comes next…")])
    elif view.get("encounter") and turn.get("actor") == me:
        rows.append(
            [
                "▶️ ",
                tr("A fight, and it is your turn: attack, use an ability or an item, defend, or flee."),
                *tail,
            ]
        )
    elif view.get("encounter"):
        names = {m["character_id"]: str(m["name"]) for m in view.get("party") or []}
        who = b(names.get(turn.get("actor"), tr("somebody else")))
        rows.append(["⚔️ ", *sentence("A fight. {who} is up; you may think ahead.", who=who), *tail])
    elif me in waiting:
        act = b(command("act"))
        rows.append(
            [
                "▶️ ",
                *sentence("It is for you to say what your hero does: press a suggestion, or {act}.", act=act),
                *tail,
            ]
        )
    else:
        rows.append(["⏳ ", tr("You have said what you do. The others are still to speak."), *tail])
    return rows


# --- the tutorial ------------------------------------------------------------------------------------------------

STEPS = 5
_CHECK: Json = {
    "type": "check_rolled", "stat": "wisdom", "kept": 14, "modifier": 2, "total": 16, "difficulty": 12,
    "degree": "success", "margin": 4, "rolls": [14],
}  # fmt: skip


def lesson(step: int, pressed: str = "") -> Card:
    """One step of the tutorial, 1 to 5; `pressed` is the practice button that led here. Nothing of it is played."""
    step = min(max(step, 1), STEPS)
    title, body, buttons = (_scene, _dice, _words, _fight, _table)[step - 1](pressed)
    return Card(
        "lesson",
        title,
        tuple(body),
        footer=tr("Step {number} of {count} · a practice scene, nothing counts", number=step, count=STEPS),
        colour=GREEN if step == STEPS else VIOLET,
        buttons=(*buttons, *_ways(step)),
    )


def _to(step: int, *pressed: str) -> str:
    return ids.make("tutorial", "me", "step", step, *pressed)


def _ways(step: int) -> Sequence[Button]:
    back = [Button(tr("Back"), _to(step - 1), emoji="◀️", row=1)] if step > 1 else []
    on = [Button(tr("Next"), _to(step + 1), "primary", emoji="▶️", row=1)] if step < STEPS else []
    return [*back, *on]


Lesson = tuple[str, list[Line], list[Button]]


def _scene(_: str) -> Lesson:
    body = [
        line(tr("The lake lies black. Three boats lie on the shore, and something rings below."), style="quote"),
        line(),
        line(tr("Under each scene stand suggestions. Press one: that is your action, and it counts at once or with"
                " the others'.")),
    ]  # fmt: skip
    buttons = [
        Button(tr("Search the boats"), _to(2, "boats"), "primary", emoji="🧭"),
        Button(tr("Listen at the water"), _to(2, "water"), "primary", emoji="🧭"),
    ]
    return tr("The scene"), body, buttons


def _dice(pressed: str) -> Lesson:
    did = {"boats": tr("You search the boats."), "water": tr("You listen at the water.")}.get(pressed)
    body = [line(b(did))] if did else []
    body += [
        line(check(_CHECK)),
        line(),
        line(tr("Code rolls, never the game master: a die, what your hero adds, and what it had to reach. Everybody"
                " sees it at once; the story follows, and it cannot change what was rolled.")),
    ]  # fmt: skip
    return tr("The dice"), body, []


def _words(_: str) -> Lesson:
    body = [
        line(*sentence("You are not bound to the suggestions. Say anything: {act}, or the button under the scene.",
                       act=b(command("act")))),
        line(tr("“I wedge the door with the oar and hold my breath.”"), style="quote"),
        line(),
        line(tr("The game master decides what that means in rules, and code rolls it. What you only claim, such as"
                " owning a crown, does not come true.")),
    ]  # fmt: skip
    return tr("Your own words"), body, []


def _fight(pressed: str) -> Lesson:
    did = {
        "attack": tr("⚔️ 15 + 4 = 19 vs 12 — hit, and the hound has 3 HP left."),
        "defend": tr("🛡️ You guard: until your next turn you are harder to hit."),
    }.get(pressed)
    body = [
        line(tr("In a fight one acts after another. The table shows the order, everyone's health, and until when you"
                " may choose; when time is up, your hero defends.")),
    ]  # fmt: skip
    if did:
        body += [line(), line(b(did))]
    buttons = [
        Button(tr("Attack"), _to(4, "attack"), "danger", emoji="⚔️"),
        Button(tr("Defend"), _to(4, "defend"), emoji="🛡️"),
    ]
    return tr("A fight"), body, buttons


def _table(_: str) -> Lesson:
    body = [
        line(*sentence("{sheet} shows your hero, {bag} what you carry, {recap} the story so far, {help} what you can"
                       " do now.", sheet=b(command("sheet")), bag=b(command("bag")), recap=b(command("recap")),
                       help=b(command("help")))),
        line(*sentence("{play} takes a hero and opens a table in this channel. That is all; have fun.",
                       play=b(command("play")))),
    ]  # fmt: skip
    return (
        tr("At the table"),
        body,
        [Button(tr("Play now"), ids.make("tutorial", "me", "play"), "success", emoji="⚔️")],
    )
