"""Every event as one plain sentence for a model that narrates, with the author's words where there are any.

The sentences carry no dice and no hit points; what players may see of those stands in the receipts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.content.catalogue import Content
from api.llm.authored import lines_for, outcome_of, person_of
from api.llm.port import CastMember, NarrationRequest
from api.rules import events as ev

# Kinds of events that no passage speaks of, and why not.
BOOKKEEPING: Mapping[type[ev.Event], str] = {
    ev.XpGained: "a figure on the sheet; the receipts show it, and a level that comes of it is told",
    ev.FlagSet: "the story's own memory; what was done has an event of its own",
    ev.ClockAdvanced: "time passes unsaid; the table shows the hour",
    ev.RoundStarted: "the count of rounds is the table's",
    ev.CombatTurnStarted: "whose turn it is shows in what they do",
    ev.CombatTurnEnded: "only counts conditions and cooldowns down",
    ev.CooldownStarted: "what cannot be used again yet is the player's to know",
    ev.ManaChanged: "a figure; what the power did is told",
    ev.FightersRenewed: "a saved fight is brought up to date; nothing happens in it",
    ev.ThreatChanged: "whom a creature is after shows in whom it attacks",
    ev.IntentLocked: "a plan that may still change; it is told when it is done",
    ev.HelpLapsed: "a help that was not needed; nobody would notice",
    ev.OrdersSet: "what a player leaves behind for a time away",
    ev.RowChosen: "where a hero will stand in the next fight; it is told when it comes",
}
_PRONOUNS = {
    "she": ("she", "her", "her"),
    "he": ("he", "him", "his"),
    "they": ("they", "them", "their"),
}
_REACTIONS = {
    "strike_back": "struck back at {against}",
    "brace": "braced against the blow of {against}",
    "cover": "took for {target} the blow of {against}",
    "slip": "slipped out of the way of {against}",
    "use_effect": "answered {against}",
}
_DEATH = {
    "rises": "fought back from the edge of death",
    "success": "held on to life",
    "failure": "slipped closer to death",
    "stable": "will not die of this",
    "dead": "could not be held",
}
_ENDED = {
    "saved": "shook it off",
    "dispelled": "it was dispelled",
    "cured": "it was cured",
    "woke": "it was broken by the blow",
    "used": "it did its work",
    "spent": "it took its last blow",
}
_RESISTED = {
    "save": "shook it off at once",
    "ward": "is protected",
    "immune": "cannot be affected",
    "lasting": "has it already",
}
_TAKEN = {
    "weak": ", which it cannot bear",
    "resist": ", which it shrugs off in part",
    "immune": ", which cannot harm it",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Turns the events of one request into sentences; empty for bookkeeping."""

    content: Content
    request: NarrationRequest

    def fact(self, event: ev.Event) -> str:
        """One sentence or a few; never raises for things that the content no longer has."""
        if type(event) in BOOKKEEPING:
            return ""
        told = _PLAIN.get(type(event))
        plain = told(event) if told else self._with_content(event)
        return " ".join(part for part in (plain, self._own_words(event)) if part)

    def _with_content(self, event: ev.Event) -> str:
        match event:
            case ev.AffordanceUsed():
                return f'{event.actor_name}: "{event.label}" ({event.degree}). {self._affordance(event)}'
            case ev.Spoke():
                return (
                    f"{event.actor_name} talked to {event.person_name or 'the others'}. {self._answer(event)}"
                )
            case ev.SceneEntered():
                scene = self.content.scenes.get(event.scene)
                sight = " ".join(scene.opening) if scene and event.first_visit else ""
                return f"The party came to {event.place} ({event.scene_name}). {sight}"
            case ev.CampaignEnded():
                campaign = self.content.campaigns.get(event.campaign)
                ending = campaign.endings.get(event.ending) if campaign else None
                return f"The story ended: {event.ending_name}. {' '.join(ending.text) if ending else ''}"
            case ev.ConditionGained():
                return f"{event.target_name} became {self._adjective(event.condition)}."
            case ev.ConditionEnded():
                how = f": {_ENDED[event.why]}" if event.why in _ENDED else ""
                return f"{event.target_name} is no longer {self._adjective(event.condition)}{how}."
            case ev.LevelGained():
                return f"{event.actor_name} has grown: what was learnt on the way shows from now on."
            case _:
                return ""

    def _adjective(self, key: str) -> str:
        known = self.content.conditions.get(key)
        return known.adjective if known else key.replace("_", " ")

    def _affordance(self, event: ev.AffordanceUsed) -> str:
        scene = self.content.scenes.get(event.scene)
        for affordance in scene.affordances if scene else ():
            if affordance.key == event.affordance:
                lines = outcome_of(affordance, event.degree).tell
                return self._filled(lines[event.tell % len(lines)], event.actor)
        return ""

    def _answer(self, event: ev.Spoke) -> str:
        person = person_of(self.content, self.content.scenes.get(self.request.scene), event.person)
        if person is None or not 0 <= event.line < len(person.lines):
            return "Nobody answered." if event.person else ""
        return f'{person.name} answered: "{person.lines[event.line]}"'

    def _own_words(self, event: ev.Event) -> str:
        lines, drawn = lines_for(self.content, event)
        actor = "" if isinstance(event, ev.EncounterEnded) else getattr(event, "actor", "")
        return self._filled(lines[drawn], actor) if lines else ""

    def _filled(self, line: str, actor: str) -> str:
        cast: list[CastMember] = [*self.request.party, *(deed.actor for deed in self.request.deeds)]
        hero = next((h for h in cast if h.id == actor), None)
        they, them, their = _PRONOUNS[hero.pronouns if hero and hero.pronouns in _PRONOUNS else "they"]
        words = {"actor": hero.name if hero else "the party", "they": they, "them": them, "their": their}
        words["name"] = words["actor"]
        return re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), line)


def _check(e: Any) -> str:
    helped = f", with the help of {e.helper_name}" if e.helper_name else ""
    return f"{e.actor_name} tried something that asked for {e.stat} ({e.band}){helped}: {e.degree}."


def _damage(e: Any) -> str:
    took = " A shield took some of it." if e.absorbed else ""
    blocked = " Part of the blow was blocked." if e.blocked else ""
    verb = "was not hurt" if e.amount <= 0 else "was hurt"
    return f"{e.target_name} {verb} ({e.damage_type}{_TAKEN.get(e.affinity, '')}).{took}{blocked}"


def _reaction(e: Any) -> str:
    how = _REACTIONS.get(e.does, "reacted to {against}")
    return f"{e.actor_name} {how.format(against=e.against_name, target=e.target_name)} ({e.ability_name})."


def _opinion(who: str, amount: int) -> str:
    return f"The opinion that {who} has of the party has {'risen' if amount > 0 else 'fallen'}."


def _save(e: Any) -> str:
    if e.moment == "end":
        return f"{e.target_name} {'shook' if e.saved else 'could not shake'} off {e.condition_name}."
    return f"{e.target_name} {'withstood' if e.saved else 'did not withstand'} {e.condition_name}."


def _many(e: Any) -> str:
    return f"{e.quantity} x {e.item_name}"


# What needs nothing of the content. An event that is neither here, nor bookkeeping, nor told with content is a fault
# that `tests/llm` finds.
_PLAIN: Mapping[type[ev.Event], Callable[[Any], str]] = {
    ev.CheckRolled: _check,
    ev.ContestRolled: lambda e: f"{e.actor_name} was set against {e.rival_name} in {e.stat}: {e.degree}.",
    ev.GroupChecked: lambda e: f"All tried together ({e.stat}): {e.degree}.",
    ev.Improvised: lambda e: (
        f"{e.actor_name} tried something of their own ({e.kind}): {e.degree}. Nothing in the world changed."
    ),
    ev.ClaimRefused: lambda e: f"{e.actor_name} said what is not so; nothing happened. {e.reason}",
    ev.TurnPassed: lambda e: f"{e.actor_name} did nothing ({e.reason}).",
    ev.Rested: lambda e: f"{e.actor_name} {'slept' if e.kind == 'long' else 'rested'}.",
    ev.NightSpent: lambda e: f"The party spent the night at {e.location_name}.",
    ev.WoundsHealed: lambda e: f"The wounds of {e.actor_name}, who had nearly died, have closed.",
    ev.DowntimeSpent: lambda e: f"{e.actor_name} spent a free day: {e.activity_name} ({e.degree}).",
    ev.Helped: lambda e: f"{e.actor_name} lends {e.target_name} a hand with whatever comes next.",
    ev.RowChanged: lambda e: (
        f"{e.by_name} drove {e.actor_name} into the {e.row} row."
        if e.by_name and e.by != e.actor
        else f"{e.actor_name} stands in the {e.row} row now."
    ),
    ev.Summoned: lambda e: f"{e.source_name} called up help: {', '.join(e.names)}.",
    ev.PhaseStarted: lambda e: f"{e.actor_name} changed: {e.phase_name}.",
    ev.ReactionUsed: _reaction,
    ev.DeathChecked: lambda e: f"{e.actor_name}, who lies fallen, {_DEATH.get(e.result, 'hung between')}.",
    ev.Stabilised: lambda e: (
        f"{e.by_name} has steadied {e.actor_name}, who will live."
        if e.by_name
        else f"{e.actor_name} lies still and will live."
    ),
    ev.Died: lambda e: f"{e.actor_name} is dead, for this fight at least.",
    ev.CarriedBack: lambda e: (
        f"{e.actor_name}, who died in the fight, is brought back with a wound that stays."
    ),
    ev.Fled: lambda e: f"{e.actor_name} ran from the fight.",
    ev.Encouraged: lambda e: f"{e.actor_name} helped {e.target_name} to the next blow.",
    ev.Tended: lambda e: f"{e.actor_name} tended {e.target_name}, who lies fallen ({e.degree}).",
    ev.ParleyTried: lambda e: f"{e.actor_name} tried to talk the foes out of the fight ({e.degree}).",
    ev.SurrenderOffered: lambda e: (
        f"{e.actor_name} laid the weapon down; "
        f"{'that ends the fight' if e.votes >= e.needed else 'not enough of the others have'}."
    ),
    ev.IntentCleared: lambda e: (
        f"What {e.actor_name} had meant to do could not be done. {e.reason}" if e.why == "dropped" else ""
    ),
    ev.EncounterStarted: lambda e: f"A fight began: {e.encounter_name}. In it: {', '.join(e.names)}.",
    ev.EncounterEnded: lambda e: f"The fight ended: {e.outcome}.",
    ev.AttackHit: lambda e: (
        f"{e.source_name} hit {e.target_name} with {e.means}{', a critical hit' if e.critical else ''}."
    ),
    ev.AttackMissed: lambda e: f"{e.source_name} missed {e.target_name} with {e.means}.",
    ev.AbilityUsed: lambda e: f"{e.source_name} used {e.means} on {e.target_name}.",
    ev.DamageDealt: _damage,
    ev.Healed: lambda e: f"{e.target_name} was healed.",
    ev.ConditionResisted: lambda e: (
        f"{e.condition_name} did not take on {e.target_name}, who {_RESISTED.get(e.why, 'withstood it')}."
    ),
    ev.SaveRolled: _save,
    ev.WentDown: lambda e: (
        f"{e.target_name} {'went down, not dead' if e.is_hero else 'is out of the fight'}."
    ),
    ev.Recovered: lambda e: f"{e.target_name} is on their feet again.",
    ev.Revived: lambda e: f"{e.source_name} brought {e.target_name} back.",
    ev.Defended: lambda e: f"{e.actor_name} took guard.",
    ev.FleeFailed: lambda e: f"{e.actor_name} tried to get away and could not.",
    ev.SkillLearned: lambda e: f"{e.actor_name} learned {e.skill_name}.",
    ev.SkillsReset: lambda e: f"{e.actor_name} unlearned every skill, to begin anew.",
    ev.ItemEquipped: lambda e: (
        f"{e.actor_name} put on {e.item_name}"
        f"{' in place of ' + ' and '.join(e.replaces_names) if e.replaces_names else ''}."
    ),
    ev.ItemUnequipped: lambda e: f"{e.actor_name} took off {e.item_name}.",
    ev.ItemHanded: lambda e: f"{e.actor_name} gave {e.to_name} {_many(e)}.",
    ev.GoldHanded: lambda e: f"{e.actor_name} gave {e.to_name} {e.amount} gold.",
    ev.ItemCached: lambda e: (
        f"{e.actor_name} had no room for {_many(e)}; it is left with the party's things."
    ),
    ev.ItemDropped: lambda e: f"{e.actor_name} left {_many(e)} with the party's things.",
    ev.ItemPickedUp: lambda e: f"{e.actor_name} took {_many(e)} from the party's things.",
    ev.ItemBought: lambda e: f"{e.actor_name} bought {_many(e)} at {e.shop_name} for {e.price} gold.",
    ev.ItemSold: lambda e: f"{e.actor_name} sold {_many(e)} at {e.shop_name} for {e.price} gold.",
    ev.ItemGained: lambda e: f"{e.actor_name} now has {_many(e)}.",
    ev.ItemLost: lambda e: f"{e.actor_name} no longer has {_many(e)} ({e.reason}).",
    ev.GoldChanged: lambda e: f"{e.actor_name}'s purse changed by {e.amount} gold.",
    ev.ClueFound: lambda e: f"{e.actor_name} learned: {e.clue}",
    ev.ChoiceMade: lambda e: f'The party chose together: "{e.label}".',
    ev.JourneyBegan: lambda e: f"The party set out from {e.origin_name} for {e.to_name}.",
    ev.MetOnTheWay: lambda e: "Something was met on the way.",
    ev.TurnedBack: lambda e: f"The party is back at {e.location_name}, where it set out.",
    ev.LocationReached: lambda e: f"The party reached {e.location_name}.",
    ev.RegionStageReached: lambda e: (
        f"What threatened in {e.region_name} has been averted."
        if e.averted
        else f"Meanwhile things moved on in {e.region_name}."
    ),
    ev.QuestStarted: lambda e: f"A task began: {e.quest_name}. It asks to: {e.objective}",
    ev.QuestStageDone: lambda e: (
        f"A step of {e.quest_name} is done: {e.objective}"
        f"{f' What comes next: {e.next_objective}' if e.next_objective else ''}"
    ),
    ev.QuestCompleted: lambda e: f"The task {e.quest_name} is completed.",
    ev.QuestFailed: lambda e: f"The task {e.quest_name} has failed and cannot be mended.",
    ev.DispositionChanged: lambda e: _opinion(e.person_name, e.amount),
    ev.Remembered: lambda e: f"{e.person_name} will remember: {e.text}",
    ev.ReputationChanged: lambda e: _opinion(e.faction_name, e.amount),
    ev.TroubleCame: lambda e: "Trouble came upon the party.",
    ev.PersonCame: lambda e: f"{e.person_name} came, and is here now.",
    ev.SceneClosed: lambda e: f"What was to do at {e.scene_name} is over.",
    ev.HookCameDue: lambda e: f"Something answers what {e.actor_name} has wanted from the first.",
}
