"""The barest way to tell a turn: who did something and whether it worked, no thing, place, foe or person by name.

For a passage that a player withdrew without saying why, and for a fact that cannot be told without touching a line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from api.llm.port import NarrationRequest
from api.rules import events as ev

_ONWARD = "The story goes on from here."
_HOW = {
    "critical": "it works out well",
    "success": "it works out",
    "partial": "it works out in part",
    "failure": "it comes to nothing",
    "fumble": "it comes to nothing",
}
_SAID: Mapping[type[ev.Event], str] = {
    ev.CheckRolled: "{who} tries something, and {how}.",
    ev.ContestRolled: "{who} tries something, and {how}.",
    ev.AffordanceUsed: "{who} tries something, and {how}.",
    ev.Improvised: "{who} tries something, and {how}.",
    ev.Tended: "{who} sees to {whom}, and {how}.",
    ev.ParleyTried: "{who} tries to talk, and {how}.",
    ev.DowntimeSpent: "{who} spends the day, and {how}.",
    ev.GroupChecked: "The party tries something together, and {how}.",
    ev.Spoke: "{who} talks with somebody.",
    ev.ClaimRefused: "What {who} reaches for is not there.",
    ev.TurnPassed: "{who} waits.",
    ev.Rested: "{who} rests.",
    ev.NightSpent: "{who} sleeps the night through.",
    ev.Helped: "{who} lends {whom} a hand.",
    ev.Encouraged: "{who} gives {whom} heart.",
    ev.AttackHit: "{who} lands a blow on {whom}.",
    ev.AttackMissed: "{who} misses {whom}.",
    ev.AbilityUsed: "{who} does what {they} learnt to do.",
    ev.Healed: "{whom} is better for it.",
    ev.WentDown: "{whom} is out of the fight.",
    ev.Recovered: "{whom} is back.",
    ev.Revived: "{whom} is back.",
    ev.Died: "{who} is gone.",
    ev.Stabilised: "{who} is out of danger.",
    ev.CarriedBack: "{who} is safe again.",
    ev.Fled: "{who} gets away.",
    ev.FleeFailed: "{who} does not get away.",
    ev.Defended: "{who} stands ready.",
    ev.ConditionGained: "{whom} is not quite as before.",
    ev.ConditionEnded: "{whom} is more at ease.",
    ev.SurrenderOffered: "{who} offers to give up.",
    ev.LevelGained: "{who} has grown.",
    ev.ItemGained: "{who} has something more to carry.",
    ev.ItemLost: "{who} has something less to carry.",
    ev.GoldChanged: "{who} counts the coins anew.",
    ev.ClueFound: "{who} knows something more.",
    ev.EncounterStarted: "A fight begins.",
    ev.EncounterEnded: "The fight is over.",
    ev.ChoiceMade: "The party decides.",
    ev.SceneEntered: "The party is somewhere else now.",
    ev.JourneyBegan: "The party sets out.",
    ev.TurnedBack: "The party turns back.",
    ev.QuestStarted: "There is something new to do.",
    ev.QuestStageDone: "A step is done.",
    ev.QuestCompleted: "What was asked for is done.",
    ev.QuestFailed: "What was asked for will not be done.",
    ev.CampaignEnded: "Here the story ends.",
}
_MOST = 8  # sentences of facts; the receipts show the rest


def plain_fact(request: NarrationRequest, event: ev.Event) -> str:
    """One sentence that names nobody but heroes; empty for what needs no telling."""
    said = _SAID.get(type(event))
    if said is None:
        return ""
    heroes = {m.id: m.name for m in request.party} | {d.actor.id: d.actor.name for d in request.deeds}
    doer = getattr(event, "source", "") or getattr(event, "actor", "")
    target = getattr(event, "target", "")
    if type(event) in (ev.ConditionGained, ev.ConditionEnded, ev.WentDown, ev.Healed):
        doer = ""
    how = _HOW.get(getattr(event, "degree", ""), "it is done")
    text = said.format(
        who=heroes.get(doer, "a foe"), whom=heroes.get(target, "a foe"), how=how,
        they="they" if doer in heroes else "it",
    )  # fmt: skip
    return text[:1].upper() + text[1:]


class PlainTeller:
    """A narrator of bare facts. It names no foe, thing, place or person, so that it cannot touch what hurt somebody."""

    name = "plain"
    tells_only_facts = True

    async def narrate(self, request: NarrationRequest) -> AsyncIterator[str]:
        for sentence in self.compose(request):
            yield sentence

    def compose(self, request: NarrationRequest) -> list[str]:
        """The finished sentences of the passage."""
        told: list[str] = []
        if request.plain < 2:
            events = [*(e for d in request.deeds for e in d.events), *request.closing_events]
            told = list(dict.fromkeys(s for e in events if (s := plain_fact(request, e))))[:_MOST]
        return [*(told or [_ONWARD]), *self._question(request)]

    def _question(self, request: NarrationRequest) -> list[str]:
        if any(isinstance(e, ev.CampaignEnded) for e in request.closing_events):
            return []
        heroes = {m.name for m in request.party}
        if request.next_actor in heroes:
            return [f"{request.next_actor} is next; what now?"]
        return ["What do you do next?"]
