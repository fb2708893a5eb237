"""Tells what heroes gain, share, pay and lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.llm.storyteller.english import join_list
from api.llm.storyteller.grammar import Value
from api.llm.storyteller.memory import words_of
from api.llm.storyteller.telling import Teller
from api.llm.storyteller.units import Gain
from api.rules import events as ev


def tell_gain(teller: Teller, gain: Gain) -> None:
    """Every thing by name and all gold as a number, unless the deed's own sentences named it just now."""
    hero = teller.hero(gain.actor, gain.actor_name)
    said = " ".join(teller.blocks[-1].sentences).casefold()
    known = teller.speaks_of(hero, teller.blocks[-1].sentences)
    things = [t for t in gain.things if not (known and t[2] == 1 and t[1].casefold() in said)]
    hinted = [known and t[2] == 1 and _hinted(t[1], said) for t in things]
    phrases = [
        teller.lore.the_thing(t[1]) if heard else teller.lore.thing(*t)
        for t, heard in zip(things, hinted, strict=True)
    ]
    if gain.gold > 0:
        phrases.append(f"{gain.gold} gold")
    if phrases:
        pool = "gains_hinted" if any(hinted) else "gains_more" if len(phrases) > 1 else "gains"
        teller.say(pool, {"actor": hero, "gain": join_list(phrases)})
    if gain.gold < 0:
        teller.say("pays", {"actor": hero, "gold": f"{-gain.gold} gold"})


def _hinted(name: str, said: str) -> bool:
    """Whether a thing was spoken of, if not by its full name: `a key` for the strongroom key."""
    return bool({w for w in words_of(name) if len(w) > 2 and w != "the"} & set(words_of(said)))


def tell_gains_together(teller: Teller, gains: Sequence[Gain]) -> None:
    """Spoils: what each of them gets is told once; so are heroes who get the same gold and nothing else."""
    common = [t for t in gains[0].things if len(gains) > 1 and all(t in g.things for g in gains)]
    if common:
        everyone = teller.all_of([(g.actor, g.actor_name) for g in gains])
        things = join_list([teller.lore.thing(*t) for t in common])
        teller.say("gains_each", {"actor": everyone, "gold": things})
        gains = [replace(g, things=[t for t in g.things if t not in common]) for g in gains]
    shared: dict[int, list[Gain]] = {}
    for gain in gains:
        if gain.gold > 0 and not gain.things:
            shared.setdefault(gain.gold, []).append(gain)
    for gain in gains:
        alike = shared.get(gain.gold, []) if not gain.things else []
        if len(alike) < 2:
            tell_gain(teller, gain)
        elif gain is alike[0]:
            people = teller.all_of([(g.actor, g.actor_name) for g in alike])
            teller.say("gains_each", {"actor": people, "gold": f"{gain.gold} gold"})


def tell_loss(teller: Teller, event: ev.ItemLost) -> None:
    pool = f"loses_{event.reason}"
    thing = teller.lore.the_thing(event.item_name)
    if event.quantity > 1:
        thing = teller.lore.thing(event.item, event.item_name, event.quantity)
    scope: dict[str, Value] = {"actor": teller.hero(event.actor, event.actor_name), "item": thing}
    teller.say(pool if teller.grammar.has(pool) else "loses_given", scope)
