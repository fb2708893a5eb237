"""Walks the campaigns as a party would, flag by flag, and shows that every ending is reached and nobody gets stuck.

Campaigns with a map are too wide for this search; `test_walks.py` plays those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef, Outcome
from api.content.loader import load_content

DATA = Path(__file__).resolve().parents[2] / "data"
CONTENT = load_content(DATA)
CAMPAIGNS = sorted(key for key, one in CONTENT.campaigns.items() if one.location is None)
ENDINGS = [(c, e) for c in CAMPAIGNS for e in CONTENT.campaigns[c].endings]
SEARCH_LIMIT = 300_000


@dataclass(frozen=True)
class Stand:
    """Where one party stands: the scene or ending, what it did, carries and used up."""

    scene: str
    flags: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    ending: str = ""
    path: tuple[str, ...] = field(default=(), compare=False)


def wanted(content: Content, campaign: str) -> tuple[set[str], set[str]]:
    """The flags and items on which an affordance of the campaign depends; others cannot change the path."""
    flags, items = set(), set()
    for key in content.campaigns[campaign].scenes:
        for one in content.scenes[key].affordances:
            flags |= {*one.requires.flags, *one.requires.without}
            items |= {one.requires.item} if one.requires.item else set()
    return flags, items


def open_affordances(content: Content, stand: Stand) -> list[AffordanceDef]:
    """What a party of one may do: a roll that failed is closed to it, a thing that is done is done."""
    return [
        one
        for one in content.scenes[stand.scene].affordances
        if f"{stand.scene}.{one.key}" not in stand.used
        and set(one.requires.flags) <= stand.flags
        and not set(one.requires.without) & stand.flags
        and (one.requires.item is None or one.requires.item in stand.items)
    ]


def results(content: Content, one: AffordanceDef) -> Iterator[tuple[str, list[Outcome]]]:
    """Each way that it can go, fights won, lost or fled. A failure that moves nobody is as good as not trying."""
    for mark, outcome in ((one.key, one.success), (f"{one.key} (failed)", one.failure)):
        if outcome is None or (outcome is one.failure and not outcome.moves):
            continue
        if outcome.encounter is None:
            yield mark, [outcome]
            continue
        fight = content.encounters[outcome.encounter]
        for name, then in (("won", fight.victory), ("lost", fight.defeat), ("fled", fight.flight)):
            if then is not None:
                yield f"{mark}, {outcome.encounter} {name}", [outcome, then]


def after(
    stand: Stand, one: AffordanceDef, mark: str, told: list[Outcome], keys: tuple[set[str], set[str]]
) -> Stand:
    flags, items, scene, ending = set(stand.flags), set(stand.items), stand.scene, ""
    for outcome in told:
        flags |= set(outcome.flags) & keys[0]
        items = (items - set(outcome.take)) | (set(outcome.give) & keys[1])
        scene, ending = outcome.goto or scene, outcome.ending or ending
    failed = mark.startswith(f"{one.key} (failed)")
    closes = told[0].moves and (one.once or failed)
    used = stand.used | {f"{stand.scene}.{one.key}"} if closes else stand.used
    path = (*stand.path, f"{stand.scene}.{mark}")
    return Stand(scene, frozenset(flags), frozenset(items), frozenset(used), ending, path)


def changes_path(one: AffordanceDef, keys: tuple[set[str], set[str]]) -> bool:
    """Affordances that move nobody and give nothing that is asked for elsewhere are left out of the search."""
    told = [o for o in (one.success, one.failure) if o is not None]
    return any(o.moves or set(o.flags) & keys[0] or set(o.give) & keys[1] for o in told)


def search(content: Content, campaign: str, start_items: set[str]) -> tuple[dict[str, Stand], list[Stand]]:
    """The shortest stand for each ending, and all stands where a hero alone who fails every roll is stuck."""
    keys = wanted(content, campaign)
    start = Stand(content.campaigns[campaign].start, items=frozenset(start_items & keys[1]))
    endings: dict[str, Stand] = {}
    seen, queue, stuck = {start}, [start], list[Stand]()
    for stand in queue:
        assert len(queue) < SEARCH_LIMIT, "the campaign is too large for this search"
        ahead = [one for one in open_affordances(content, stand) if changes_path(one, keys)]
        if not any(all(o.moves for o in (one.success, one.failure) if o is not None) for one in ahead):
            stuck.append(stand)
        for one in ahead:
            for mark, told in results(content, one):
                then = after(stand, one, mark, told, keys)
                if then.ending:
                    endings.setdefault(then.ending, then)
                elif then not in seen:
                    seen.add(then)
                    queue.append(then)
    return endings, stuck


@pytest.fixture(scope="module")
def plain_hero() -> dict[str, tuple[dict[str, Stand], list[Stand]]]:
    """A party that carries nothing of any origin: the hardest case."""
    return {campaign: search(CONTENT, campaign, set()) for campaign in CAMPAIGNS}


@pytest.mark.parametrize(("campaign", "ending"), ENDINGS)
def test_every_ending_is_reached_without_any_origins_item(
    plain_hero: dict[str, tuple[dict[str, Stand], list[Stand]]], campaign: str, ending: str
) -> None:
    assert ending in plain_hero[campaign][0]


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_a_hero_alone_who_fails_every_roll_is_never_stuck(
    plain_hero: dict[str, tuple[dict[str, Stand], list[Stand]]], campaign: str
) -> None:
    assert [stand.path for stand in plain_hero[campaign][1]] == []


@pytest.mark.parametrize("origin", sorted(CONTENT.origins))
@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_an_origins_item_closes_no_ending(campaign: str, origin: str) -> None:
    items = set(CONTENT.origins[origin].starting_items)
    endings, stuck = search(CONTENT, campaign, items)
    assert set(endings) == set(CONTENT.campaigns[campaign].endings)
    assert stuck == []


@pytest.mark.parametrize(("campaign", "ending"), ENDINGS)
def test_two_fights_are_offered_on_the_way_to_every_ending(
    plain_hero: dict[str, tuple[dict[str, Stand], list[Stand]]], campaign: str, ending: str
) -> None:
    """Even on the shortest path: met, or open as a choice in a scene that the party passes."""
    stand = plain_hero[campaign][0][ending]
    passed = {step.split(".", 1)[0] for step in stand.path}
    offered = {
        outcome.encounter
        for key in passed
        for one in CONTENT.scenes[key].affordances
        for outcome in (one.success, one.failure)
        if outcome is not None and outcome.encounter is not None
    }
    assert len(offered) >= 2
