"""Origin hooks: every origin's want is answered in every campaign, once, and told by whoever tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.content.catalogue import Content
from api.llm.facts import Facts
from api.llm.port import CastMember, NarrationRequest
from api.llm.storyteller import Storyteller
from api.rules import commands as cmd
from api.rules import engine
from api.rules import events as ev
from api.rules.state import Note, PlayState
from tests.content.sensible import ready_made
from tests.fakes.dice import LoadedDice

BY_ORIGIN = {"debt_runner": "nell_tarrow", "noble_exile": "isaure_venn", "lapsed_oath": "aldo_fisk",
             "salt_orphan": "pim_cardew"}  # fmt: skip
CAMPAIGNS = ("low_water_ledger", "standing_water")


def due_in(content: Content, campaign: str, origin: str) -> str:
    """The first scene of a campaign that answers this origin."""
    scenes = content.campaigns[campaign].scenes
    return next(s for s in scenes if any(h.origin == origin for h in content.scenes[s].hooks))


def there(content: Content, campaign: str, origin: str, *, ready: bool = True) -> PlayState:
    """A hero of that origin in the scene that answers it, with what it asks for done."""
    heroes = ready_made(content, [BY_ORIGIN[origin]])
    (hero,) = heroes.values()
    assert hero.origin == origin
    state = engine.begin(content, campaign, heroes)
    scene = due_in(content, campaign, origin)
    (hook,) = [h for h in content.scenes[scene].hooks if h.origin == origin]
    flags = hook.requires.flags if ready else ()
    notes = {flag: Note(hero.id, hero.name, 1) for flag in flags}
    return replace(state, scene=scene, visited=(*state.visited, scene), notes=notes)


def beat(state: PlayState, content: Content) -> engine.Resolved:
    who = next(iter(state.heroes))
    return engine.resolve_together(state, [cmd.Pass(who)], LoadedDice(0.0), content, tolerant=False)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
@pytest.mark.parametrize("origin", BY_ORIGIN)
def test_what_an_origin_wants_is_answered_once_in_every_campaign(
    content: Content, campaign: str, origin: str
) -> None:
    assert set(BY_ORIGIN) == set(content.origins) and set(CAMPAIGNS) == set(content.campaigns)
    first = beat(there(content, campaign, origin), content)
    (due,) = [e for e in first.closing if isinstance(e, ev.HookCameDue)]
    assert due.origin == origin
    again = beat(first.state, content)
    assert not any(isinstance(e, ev.HookCameDue) for e in again.closing)


def test_a_hook_waits_until_what_it_asks_for_is_done(content: Content) -> None:
    early = beat(there(content, "low_water_ledger", "salt_orphan", ready=False), content)
    assert not any(isinstance(e, ev.HookCameDue) for e in early.closing)


def test_two_heroes_are_answered_one_after_the_other(content: Content) -> None:
    state = there(content, "low_water_ledger", "debt_runner")
    other = ready_made(content, ["isaure_venn", "aldo_fisk"])
    oath = next(h for h in other.values() if h.origin == "lapsed_oath")
    state = replace(
        state,
        heroes={**state.heroes, oath.id: oath},
        notes={**state.notes, "promised_tib": Note("x", "X", 1)},
    )
    first = beat(state, content)
    second = beat(first.state, content)
    told = [e.origin for done in (first, second) for e in done.closing if isinstance(e, ev.HookCameDue)]
    assert told == ["debt_runner", "lapsed_oath"]


@pytest.mark.parametrize("campaign", CAMPAIGNS)
@pytest.mark.parametrize("origin", BY_ORIGIN)
def test_both_the_storyteller_and_a_model_tell_it(content: Content, campaign: str, origin: str) -> None:
    state = there(content, campaign, origin)
    (hero,) = state.heroes.values()
    done = beat(state, content)
    (due,) = [e for e in done.closing if isinstance(e, ev.HookCameDue)]
    member = CastMember(hero.id, hero.name, hero.pronouns, "Hero", origin, "to know", 9, 9)
    request = NarrationRequest(
        "s", ("t",), 5, "beat", campaign, state.scene, (member,), (), done.closing, (), words=120
    )
    (hook,) = [h for h in content.scenes[state.scene].hooks if h.origin == origin]
    words = hook.tell[due.tell].replace("{name}", hero.name).split()
    passage = " ".join(Storyteller(content).compose(request))
    assert " ".join(words[-6:]) in passage and hero.name.split()[0] in passage
    assert " ".join(words) in Facts(content, request).fact(due)
