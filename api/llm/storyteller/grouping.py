"""Groups a deed's events into units, each of which one sentence tells."""

from __future__ import annotations

from collections.abc import Iterable

from api.llm.facts import BOOKKEEPING
from api.llm.storyteller.units import (
    SPENT,
    Aid,
    Gain,
    Grown,
    Reached,
    Single,
    Strike,
    TimePassed,
    Unit,
)
from api.rules import events as ev

Check = ev.CheckRolled | ev.ContestRolled
_WORKED = frozenset({"critical", "success", "partial", "none"})
_MOVES = (ev.SceneEntered, ev.EncounterStarted, ev.CampaignEnded, ev.LocationReached)
_BY_A_BLOW = frozenset({"woke", "spent", "used"})  # why conditions end with a blow itself
_READ = (
    ev.ClockAdvanced,
    ev.ManaChanged,
    ev.RoundStarted,
    ev.ThreatChanged,
)  # bookkeeping that still counts here
_SILENT = (
    *(kind for kind in BOOKKEEPING if kind not in _READ),
    ev.ChoiceMade,  # told before the deeds
)


class _Parser:
    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.gains: dict[str, Gain] = {}
        self.minutes = 0
        self.degree = ""
        self.check: Check | None = None
        self.grown = Grown()
        self.covered: set[tuple[str, str]] = set()  # (condition, who) that a deed's own sentence speaks of
        self.slipped: set[tuple[str, str]] = set()  # (striker, target) whose miss is told as the slip
        self.over: set[tuple[type[ev.Event], str]] = set()  # kinds of events told already for somebody

    def read(self, event: ev.Event) -> None:
        if isinstance(event, _SILENT) or self._joins_last(event) or self._told_otherwise(event):
            return
        helper = ("", "")
        match event:
            case ev.CheckRolled() | ev.ContestRolled():
                self._lone_check()
                self.check, self.degree = event, event.degree
                return
            case ev.GroupChecked():
                self._all_together(event)
                return
            case ev.AttackHit():
                self.units.append(_strike(event, hit=True, critical=event.critical))
            case ev.AttackMissed():
                self.units.append(_strike(event, hit=False))
            case ev.AbilityUsed():
                self._aid(event)
            case ev.ItemGained() | ev.GoldChanged():
                self._gain(event)
            case ev.ClockAdvanced():
                self.minutes += event.minutes
                return
            case ev.LevelGained():
                if (event.actor, event.actor_name) not in self.grown.people:
                    self.grown.people.append((event.actor, event.actor_name))
                return
            case ev.ConditionEnded() if event.condition == "stunned" and self._lost_turn(event.target):
                self.units.append(Single(event, SPENT))
            case _:
                if isinstance(event, _MOVES):
                    self._place_grown()
                self._note(event)
                if self.check is not None and self.degree in _WORKED:
                    helper = (self.check.helper, self.check.helper_name)
                self.units.append(Single(event, self.degree, helper))
        self.check, self.degree = None, ""

    def _note(self, event: ev.Event) -> None:
        """Remember what the sentence of this event will speak of, so that it is not told a second time."""
        match event:
            case ev.Defended():
                self.covered.add(("guarded", event.actor))
            case ev.Encouraged():
                self.covered.add(("inspired", event.target))
            case ev.ReactionUsed() if event.does == "slip":
                self.slipped.add((event.against, event.actor))
            case ev.DeathChecked() if event.result == "rises":
                self.over.add((ev.Recovered, event.actor))
            case ev.Tended() if event.degree in _WORKED:
                self.over.add((ev.Stabilised, event.target))

    def _told_otherwise(self, event: ev.Event) -> bool:
        """Whether another event's sentence speaks of this one, or nothing is to be said of it."""
        match event:
            case ev.ConditionGained():
                return (event.condition, event.target) in self.covered
            case ev.AttackMissed() if (event.source, event.target) in self.slipped:
                self.slipped.discard((event.source, event.target))
                return True
            case ev.DeathChecked():
                self._lost_turn(event.actor)
                return event.result in ("dead", "stable")  # Died and Stabilised follow
            case ev.Recovered() | ev.Stabilised():
                return (
                    type(event),
                    event.actor if isinstance(event, ev.Stabilised) else event.target,
                ) in self.over
            case ev.SaveRolled():
                return event.moment != "end" or event.saved  # what came of it follows
            case ev.ConditionResisted():
                return event.why == "lasting"
            case ev.ManaChanged():
                return event.mp_after > 0 or event.amount >= 0
            case ev.DispositionChanged():
                return event.reason == "talk" or not event.amount
            case ev.ThreatChanged():
                return True
            case ev.IntentCleared():
                return event.why != "dropped"
        return False

    def _all_together(self, event: ev.GroupChecked) -> None:
        """One unit for everybody's rolls."""
        self.check = None
        self.units = [
            u
            for u in self.units
            if not (
                isinstance(u, Single)
                and isinstance(u.event, ev.CheckRolled)
                and u.event.actor in event.actors
            )
        ]
        self.units.append(Single(event, event.degree))
        self.degree = event.degree

    def finish(self) -> list[Unit]:
        self._lone_check()
        self._power_after_deed()
        self._place_grown()
        if self.minutes:
            self.units.append(TimePassed(self.minutes))
        return self.units

    def _place_grown(self) -> None:
        """Growth is told with what taught it, before the party is elsewhere."""
        if self.grown.people:
            self.units.append(self.grown)
            self.grown = Grown()

    def _lost_turn(self, who: str) -> bool:
        """Whether a turn lost to stunning stands here; then it is told with the stunning's end."""
        for i, unit in enumerate(self.units):
            if isinstance(unit, Single) and isinstance(unit.event, ev.TurnPassed) and unit.event.actor == who:
                del self.units[i]
                return True
        return False

    def _power_after_deed(self) -> None:
        """Mana is paid before a deed and told after it."""
        for i, unit in enumerate(self.units[:-1]):
            if isinstance(unit, Single) and isinstance(unit.event, ev.ManaChanged):
                after = i + 1
                while after < len(self.units) and _by(self.units[after], unit.event.actor):
                    after += 1
                self.units.insert(after, unit)
                del self.units[i]
                return

    def _lone_check(self) -> None:
        if self.check is not None:
            self.units.append(Single(self.check, self.check.degree))
            self.check = None

    def _gain(self, event: ev.ItemGained | ev.GoldChanged) -> None:
        gain = self.gains.get(event.actor)
        if gain is None:
            gain = self.gains[event.actor] = Gain(event.actor, event.actor_name)
            self.units.append(gain)
        if isinstance(event, ev.GoldChanged):
            gain.gold += event.amount
        else:
            had = sum(n for key, _, n in gain.things if key == event.item)
            gain.things = [t for t in gain.things if t[0] != event.item]
            gain.things.append((event.item, event.item_name, had + event.quantity))

    def _aid(self, event: ev.AbilityUsed) -> None:
        last = self.units[-1] if self.units else None
        if isinstance(last, Single) and isinstance(last.event, ev.ItemLost) and event.is_item:
            self.units.pop()
        elif isinstance(last, Aid) and (last.source, last.means_key) == (event.source, event.means_key):
            last.reached.append(Reached(event.target, event.target_name))
            return
        aid = Aid(event.source, event.source_name, event.means, event.means_key, event.is_item)
        aid.reached.append(Reached(event.target, event.target_name))
        self.units.append(aid)

    def _joins_last(self, event: ev.Event) -> bool:
        last = self.units[-1] if self.units else None
        if isinstance(last, Strike):
            return _joins_strike(last, event)
        if isinstance(last, Aid):
            last.more = last.more or isinstance(event, ev.Summoned | ev.RowChanged | ev.ThreatChanged)
            return _joins_aid(last, event)
        return False


def _by(unit: Unit, actor: str) -> bool:
    return isinstance(unit, Strike | Aid) and unit.source == actor


def _strike(event: ev.AttackHit | ev.AttackMissed, *, hit: bool, critical: bool = False) -> Strike:
    return Strike(
        event.source, event.source_name, event.target, event.target_name, event.means_key, hit, critical
    )


def _joins_strike(strike: Strike, event: ev.Event) -> bool:
    match event:
        case ev.DamageDealt() if (event.source, event.target) == (
            strike.source,
            strike.target,
        ) and strike.hit:
            strike.amount += event.amount
            strike.damage_type, strike.hp_after = event.damage_type, event.hp_after
        case ev.WentDown() if event.target == strike.target and strike.hit:
            strike.downed = True
        case ev.ConditionGained() if event.target == strike.target and strike.hit:
            strike.conditions.append(event.condition)
        case ev.ConditionResisted() if event.target == strike.target and strike.hit:
            if event.why != "lasting":
                strike.resisted.append(event)
        case ev.ConditionEnded() if (
            event.target in (strike.target, strike.source) and event.why in _BY_A_BLOW
        ):
            strike.ended.append(event)
        case ev.SaveRolled() if event.target == strike.target and event.moment == "gain":
            pass  # whether it took follows
        case ev.DeathChecked() if event.roll == 0 and event.actor == strike.target:
            strike.lying = True
        case ev.AttackHit() | ev.AttackMissed() if _again(strike, event):
            strike.blows += 1
            strike.hit = strike.hit or isinstance(event, ev.AttackHit)
            strike.critical = strike.critical or (isinstance(event, ev.AttackHit) and event.critical)
        case _:
            return False
    return True


def _again(strike: Strike, event: ev.AttackHit | ev.AttackMissed) -> bool:
    """Whether this is another blow of the same attack on the same target."""
    same = (event.source, event.target, event.means_key) == (strike.source, strike.target, strike.means_key)
    return same and not strike.downed


def _joins_aid(aid: Aid, event: ev.Event) -> bool:
    who = getattr(event, "target", getattr(event, "actor", ""))
    reached = aid.target(who)
    if reached is None or getattr(event, "source", aid.source) not in (aid.source, ""):
        return False
    match event:
        case ev.Healed():
            reached.healed += event.amount
        case ev.Recovered():
            reached.recovered = True
        case ev.Revived():
            reached.revived = True
        case ev.ConditionEnded() if event.why in ("cured", "dispelled", *_BY_A_BLOW):
            reached.ended.append(event)
        case ev.ConditionResisted():
            if event.why != "lasting":
                reached.resisted.append(event)
        case ev.SaveRolled() if event.moment == "gain":
            pass  # whether it took follows
        case ev.ManaChanged() if event.amount > 0:
            reached.restored += event.amount
        case ev.ConditionGained():
            reached.conditions.append(event.condition)
        case ev.DamageDealt() if event.source == aid.source:
            reached.harmed += event.amount
            reached.damage_type, reached.hp_after = event.damage_type, event.hp_after
        case ev.WentDown():
            reached.downed = True
        case _:
            return False
    return True


def group(events: Iterable[ev.Event]) -> list[Unit]:
    """The units of a deed or of a closing, in the order of their events."""
    parser = _Parser()
    for event in events:
        parser.read(event)
    return parser.finish()
