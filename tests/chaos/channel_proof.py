"""What Discord's channels must show in the end: every told turn once, in order, and one lobby, thread and table."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.chaos.chronicle import Chronicle
from tests.chaos.discord_table import ChannelParty
from tests.chaos.store_proof import Json
from tests.e2e.friends import targets, turns_named


def plain(text: str) -> str:
    """Words alone: the card escapes markdown, and the narration may be split over embeds."""
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def shown(party: ChannelParty) -> list[Any]:
    messages: list[Any] = party.discord.messages(party.thread, visible_to=party.friends[0])
    return messages


def is_complete(party: ChannelParty, told: list[Json]) -> bool:
    """Whether the channel shows the last narration already."""
    last = plain(told[-1]["text"].split("\n\n")[-1]) if told else ""
    return any(last in plain(m.text) for m in shown(party))


def prove_channel(party: ChannelParty, told: list[Json], chronicle: Chronicle, nonce_seconds: float) -> None:
    """`told` are the committed narrations of the party's session, in order."""
    messages = shown(party)
    places: dict[str, list[Any]] = {}
    for message in messages:
        for turn_id in turns_named(message):
            places.setdefault(turn_id, []).append(message)
    expected = [turn_id for event in told for turn_id in event["turn_ids"]]
    about = {"session_id": party.session}
    for turn_id in expected:
        found = places.get(turn_id, [])
        if not found:
            chronicle.broken("channel", "a turn has no message", turn_id=turn_id, **about)
        for extra in found[1:]:
            _doubled(found[0], extra, turn_id, chronicle, nonce_seconds, party.session)
    order = [turn_id for turn_id in sorted(places, key=lambda t: int(places[t][0].id)) if turn_id in expected]
    if order != [t for t in expected if t in places]:
        chronicle.broken("channel", f"the turns stand in the order {order}, not {expected}", **about)
    everything = " ".join(plain(m.text) for m in messages)
    for event in told:
        for paragraph in event["text"].split("\n\n"):
            # A storyteller may say the same short thing twice; what was told twice may stand there twice.
            wanted = sum(plain(e["text"]).count(plain(paragraph)) for e in told)
            times = everything.count(plain(paragraph))
            if times != wanted:
                there = " | ".join(m.text for m in places.get(event["turn_id"], []))
                story = (
                    f"{paragraph[:60]!r} stands there {times} times, told {wanted} times; there is {there!r}"
                )
                chronicle.broken("channel", story, turn_id=event["turn_id"], **about)
    _prove_single_parts(party, messages, chronicle)
    chronicle.counts["channel_turns_proved"] += len(expected)


def _doubled(
    first: Any, extra: Any, turn_id: str, chronicle: Chronicle, nonce_seconds: float, session_id: str
) -> None:
    apart = ((int(extra.id) >> 22) - (int(first.id) >> 22)) / 1000
    if apart > nonce_seconds:
        chronicle.counts["doubled_after_nonce_window"] += 1
        chronicle.blow(
            f"turn {turn_id} stands twice: {apart:.0f} s apart, Discord's nonce lasts {nonce_seconds:.0f} s"
        )
        return
    story = f"a turn stands twice, {apart:.1f} s apart"
    chronicle.broken("channel", story, turn_id=turn_id, session_id=session_id)


def _prove_single_parts(party: ChannelParty, messages: list[Any], chronicle: Chronicle) -> None:
    cards = Counter(
        "table"
        for m in messages
        if any((t.kind, t.verb, t.id) == ("act", "more", party.session) for t in targets(m))
    )
    lobbies = [
        m
        for m in party.discord.messages(party.channel)
        if any(t.kind == "lobby" and t.id == party.session for t in targets(m)) and not m.ephemeral
    ]
    threads = party.discord.threads(party.channel)
    for name, count in (("table card", cards["table"]), ("lobby", len(lobbies)), ("thread", len(threads))):
        if count > 1:
            chronicle.broken("channel", f"there are {count} of the {name}", session_id=party.session)
