"""The turns that the hand-written passages of `passages/` tell: real content, facts made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.llm.port import CastMember, Deed, NarrationRequest
from api.rules import events as ev

NELL = CastMember("nell", "Nell Tarrow", "she", "Vanguard", "debt_runner", "to owe nobody", 12, 14)
ALDO = CastMember("aldo", "Aldo Fisk", "he", "Chirurgeon", "lapsed_oath", "to be forgiven", 9, 10)
ISAURE = CastMember("isaure", "Isaure Venn", "she", "Vanguard", "noble_exile", "to go home", 14, 14)
PIM = CastMember("pim", "Pim Cardew", "they", "Lampwright", "salt_orphan", "to be called by name", 8, 9)


def _request(*deeds: Deed, closing: tuple[ev.Event, ...] = (), **more: Any) -> NarrationRequest:
    given: dict[str, Any] = {
        "session_id": "s",
        "turn_ids": ("t5",),
        "turn_number": 5,
        "kind": "combat" if more.get("in_encounter") else "beat",
        "campaign": "low_water_ledger",
        "scene": "candle_quay",
        "party": (NELL, ALDO, ISAURE, PIM),
        "history": (),
    }
    return NarrationRequest(deeds=tuple(deeds), closing_events=closing, **(given | more))


def _check(who: CastMember, stat: str, degree: str) -> ev.CheckRolled:
    return ev.CheckRolled(who.id, who.name, stat, "standard", 13, (14,), 14, 2, 16, degree)


def _deed(who: CastMember, *events: ev.Event, text: str = "") -> Deed:
    return Deed(who, text, None, events)


def _used(who: CastMember, scene: str, key: str, label: str, degree: str, tell: int = 0) -> ev.AffordanceUsed:
    return ev.AffordanceUsed(who.id, who.name, scene, key, label, degree, tell)


def _hit(
    who: str, name: str, target: str, shown: str, means: str, amount: int, after: int, critical: bool = False
) -> tuple[ev.Event, ...]:
    return (
        ev.AttackHit(who, name, target, shown, means, "", 15, 18, 11, critical),
        ev.DamageDealt(who, name, target, shown, amount, "slashing", after),
    )


DRUDGES = {"brine_drudge.1": "Brine Drudge 1", "brine_drudge.2": "Brine Drudge 2"}


def porters_watched() -> NarrationRequest:
    return _request(
        _deed(
            NELL,
            _check(NELL, "wisdom", "success"),
            _used(NELL, "candle_quay", "watch_the_porters", "Watch where the porters go", "success"),
            ev.ItemGained(NELL.id, NELL.name, "drowned_shillings", "purse of drowned shillings", 1),
            ev.XpGained(NELL.id, NELL.name, 10, 30),
            ev.ClueFound(
                NELL.id,
                NELL.name,
                "The porters carry everything to a pound under the slip, and nobody counts them back in.",
            ),
            text="I lean on the rail and watch where they take it all",
        )
    )


def wardrobes_in_vain() -> NarrationRequest:
    return _request(
        _deed(
            ALDO,
            _check(ALDO, "intelligence", "failure"),
            _used(ALDO, "bailiffs_pound", "search_the_wardrobes", "Go through the wardrobes", "failure"),
        ),
        scene="bailiffs_pound",
    )


def talk_with_ketch() -> NarrationRequest:
    return _request(
        _deed(
            ISAURE,
            ev.Spoke(ISAURE.id, ISAURE.name, "ketch", "Bruna Ketch", 1),
            text="I ask the harbour-mistress what kind of tide this is",
        )
    )


def a_heartbeat_in_the_bell() -> NarrationRequest:
    return _request(
        _deed(
            PIM,
            _check(PIM, "wisdom", "success"),
            ev.Improvised(PIM.id, PIM.name, "look", "success"),
            text="I put my ear to the bell frame and listen for a heartbeat",
        )
    )


def a_claim() -> NarrationRequest:
    return _request(
        _deed(
            NELL,
            ev.ClaimRefused(NELL.id, NELL.name, "There is no crown here to be worn."),
            text="I already own the crown of Sallowmouth and put it on",
        )
    )


def trading_blows() -> NarrationRequest:
    return _request(
        _deed(
            ALDO,
            *_hit(ALDO.id, ALDO.name, "brine_drudge.1", "Brine Drudge 1", "Measured Cut", 5, 8),
            ev.AttackMissed("brine_drudge.1", "Brine Drudge 1", ALDO.id, ALDO.name, "haul", "haul", 4, 7, 12),
        ),
        in_encounter=True,
        encounter="causeway_drudges",
        scene="causeway",
        next_actor="Isaure Venn",
        foes=DRUDGES,
        words=70,
    )


def a_drudge_down() -> NarrationRequest:
    return _request(
        _deed(
            NELL,
            *_hit(NELL.id, NELL.name, "brine_drudge.2", "Brine Drudge 2", "Measured Cut", 9, 0, True),
            ev.WentDown("brine_drudge.2", "Brine Drudge 2", NELL.id, NELL.name, False),
        ),
        in_encounter=True,
        encounter="causeway_drudges",
        scene="causeway",
        next_actor="Pim Cardew",
        foes={"brine_drudge.1": "Brine Drudge 1"},
        words=70,
    )


def aldo_down() -> NarrationRequest:
    down = CastMember("aldo", "Aldo Fisk", "he", "Chirurgeon", "lapsed_oath", "to be forgiven", 0, 10, True)
    return _request(
        _deed(
            down,
            ev.AttackMissed(
                ALDO.id, ALDO.name, "brine_drudge.1", "Brine Drudge 1", "Measured Cut", "", 3, 5, 11
            ),
            *_hit("brine_drudge.1", "Brine Drudge 1", ALDO.id, ALDO.name, "haul", 7, 0),
            ev.WentDown(ALDO.id, ALDO.name, "brine_drudge.1", "Brine Drudge 1", True),
        ),
        party=(NELL, down, ISAURE, PIM),
        in_encounter=True,
        encounter="causeway_drudges",
        scene="causeway",
        next_actor="Isaure Venn",
        foes=DRUDGES,
        words=70,
    )


def an_eel_bites() -> NarrationRequest:
    return _request(
        _deed(
            NELL,
            ev.Defended(NELL.id, NELL.name),
            *_hit("silt_eel.1", "Silt Eel", NELL.id, NELL.name, "lash", 3, 9),
            ev.ConditionGained(NELL.id, NELL.name, "poisoned", 3, "silt_eel.1", condition_name="Poisoned"),
        ),
        in_encounter=True,
        encounter="pound_gate",
        scene="bailiffs_pound",
        next_actor="Aldo Fisk",
        foes={"silt_eel.1": "Silt Eel"},
        words=70,
    )


def aldo_recovers() -> NarrationRequest:
    return _request(
        _deed(
            ISAURE,
            ev.AbilityUsed(ISAURE.id, ISAURE.name, ALDO.id, ALDO.name, "Tie Off", "tie_off", False),
            ev.Healed(ISAURE.id, ISAURE.name, ALDO.id, ALDO.name, 6, 6),
            ev.Recovered(ALDO.id, ALDO.name, 6),
        ),
        in_encounter=True,
        encounter="causeway_drudges",
        scene="causeway",
        next_actor="Brine Drudge 1",
        foes=DRUDGES,
        words=70,
    )


def pim_drinks() -> NarrationRequest:
    return _request(
        _deed(
            PIM,
            ev.AbilityUsed(PIM.id, PIM.name, PIM.id, PIM.name, "red cordial", "red_cordial", True),
            ev.ItemLost(PIM.id, PIM.name, "red_cordial", "red cordial", 1, "used"),
            ev.Healed(PIM.id, PIM.name, PIM.id, PIM.name, 5, 8),
        ),
        scene="counting_house",
    )


def up_the_hill() -> NarrationRequest:
    return _request(
        _deed(
            NELL,
            _used(
                NELL, "candle_quay", "climb_to_the_counting_house", "Climb the hill to the counting house",
                "success", 1,
            ),
        ),
        closing=(
            ev.ChoiceMade(
                "climb_to_the_counting_house",
                "Climb the hill to the counting house",
                ("nell", "aldo", "pim"),
                ("isaure",),
            ),
            ev.ClockAdvanced(15, 1100),
            ev.SceneEntered("counting_house", "The Counting House", "the counting house on the hill", True),
        ),
        words=200,
    )  # fmt: skip


def the_opening() -> NarrationRequest:
    return _request(kind="opening", scene="drowned_library", turn_number=0, words=200)


def a_fight_begins() -> NarrationRequest:
    return _request(
        _deed(ALDO, ev.TurnPassed(ALDO.id, ALDO.name, "chosen")),
        closing=(
            ev.EncounterStarted(
                "causeway_drudges",
                "The Sea's Own Porters",
                ("nell", "brine_drudge.1", "aldo", "gull_parliament.1"),
                ("Nell Tarrow", "Brine Drudge 1", "Aldo Fisk", "Gull Parliament"),
                (19, 14, 9, 4),
            ),
        ),
        scene="causeway",
        in_encounter=True,
        kind="beat",
        encounter="causeway_drudges",
        foes={"brine_drudge.1": "Brine Drudge 1", "gull_parliament.1": "Gull Parliament"},
        next_actor="Nell Tarrow",
        words=200,
    )


def a_fight_is_won() -> NarrationRequest:
    return _request(
        _deed(
            ISAURE,
            *_hit(ISAURE.id, ISAURE.name, "brine_drudge.1", "Brine Drudge 1", "Grudge Blow", 8, 0),
            ev.WentDown("brine_drudge.1", "Brine Drudge 1", ISAURE.id, ISAURE.name, False),
        ),
        closing=(
            ev.EncounterEnded("causeway_drudges", "The Sea's Own Porters", "victory", 4, 1),
            ev.ItemGained(ISAURE.id, ISAURE.name, "warm_salt", "bottle of warm salt", 1),
            ev.GoldChanged(ISAURE.id, ISAURE.name, 6, 16),
            ev.XpGained(ISAURE.id, ISAURE.name, 40, 120),
            ev.SceneEntered("weighing_floor", "The Weighing Floor", "the lamp room", True),
        ),
        scene="causeway",
        kind="combat",
        words=200,
    )


def a_candle() -> NarrationRequest:
    return _request(
        _deed(
            PIM,
            _used(PIM, "candle_quay", "light_a_candle", "Buy a candle and light it", "success", 1),
            ev.FlagSet("candle_lit", PIM.id, PIM.name),
            ev.GoldChanged(PIM.id, PIM.name, -1, 9),
            ev.Healed("", "", PIM.id, PIM.name, 2, 8),
        )
    )


def rest_and_wait() -> NarrationRequest:
    return _request(
        _deed(ALDO, ev.TurnPassed(ALDO.id, ALDO.name, "chosen")),
        _deed(
            ISAURE,
            ev.Rested(ISAURE.id, ISAURE.name, 14, 6),
            ev.Healed("", "", ISAURE.id, ISAURE.name, 4, 14),
            ev.ClockAdvanced(60, 1200),
        ),
        scene="drowned_library",
    )


def poison_passes() -> NarrationRequest:
    return _request(
        _deed(
            NELL,
            ev.AttackMissed(NELL.id, NELL.name, "silt_eel.1", "Silt Eel", "Measured Cut", "", 2, 5, 12),
            ev.ConditionEnded(NELL.id, NELL.name, "poisoned", "saved", "Poisoned"),
        ),
        in_encounter=True,
        encounter="pound_gate",
        scene="bailiffs_pound",
        next_actor="Silt Eel",
        foes={"silt_eel.1": "Silt Eel"},
        words=70,
    )


def said_aloud() -> NarrationRequest:
    return _request(
        _deed(
            PIM,
            _check(PIM, "charisma", "failure"),
            ev.Improvised(PIM.id, PIM.name, "other", "failure"),
            text='I set my lamp down and call to the porters: "We mean no harm, put the cradle back!"',
        ),
        _deed(
            ALDO,
            _used(ALDO, "candle_quay", "promise_tib", "Hear out the ferry child", "success", 1),
            ev.FlagSet("promised_tib", ALDO.id, ALDO.name),
            ev.XpGained(ALDO.id, ALDO.name, 10, 20),
        ),
    )


def a_spear_changes_hands() -> NarrationRequest:
    return _request(
        _deed(
            ALDO, ev.ItemHanded(ALDO.id, ALDO.name, NELL.id, NELL.name, "eel_spear", "eel spear", 1)
        ),
        _deed(NELL, ev.TurnPassed(NELL.id, NELL.name, "deadline")),
        scene="drowned_library",
    )  # fmt: skip


def the_bell_tongue() -> NarrationRequest:
    return _request(
        _deed(
            ISAURE,
            _check(ISAURE, "strength", "success"),
            _used(
                ISAURE, "bailiffs_pound", "take_the_bell_tongue", "Lift down the tongue of the harbour bell",
                "success", 1,
            ),
            ev.ItemGained(ISAURE.id, ISAURE.name, "bell_tongue", "bell tongue", 1),
        ),
        _deed(
            PIM,
            _check(PIM, "strength", "failure"),
            ev.DamageDealt("", "", PIM.id, PIM.name, 3, "bludgeoning", 5),
            text="I try to hold the wardrobe while she lifts",
        ),
        scene="bailiffs_pound",
    )  # fmt: skip


SCENARIOS: dict[str, Callable[[], NarrationRequest]] = {
    make.__name__: make
    for make in (
        porters_watched, wardrobes_in_vain, talk_with_ketch, a_heartbeat_in_the_bell, a_claim, trading_blows,
        a_drudge_down, aldo_down, an_eel_bites, aldo_recovers, pim_drinks, up_the_hill, the_opening,
        a_fight_begins, a_fight_is_won, a_candle, rest_and_wait, poison_passes, said_aloud,
        a_spear_changes_hands, the_bell_tongue,
    )
}  # fmt: skip
