"""From what a model said to a command: read kindly, checked strictly against the scene, the hero and what is legal.

A model may write `use_affordance` for `affordance` or a label for an id. What it may not do is choose anything that
this hero cannot do now: that is Unreadable, and the built-in ruler reads the text instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.llm.port import RulingRequest
from api.llm.ruler import plain
from api.llm.rulings.menu import BANDS, MANNERS, REASONS, SCORES, target_names
from api.rules import commands as cmd
from api.rules.checks import BANDS as DIFFICULTIES
from api.rules.legal import LegalAction, Target

LONGEST = 80  # characters of any word that counts; what is longer is no answer
# The last word is what the kind is called here.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "affordance": ("use affordance", "option", "scene", "scene option", "quest", "quest step", "interact", "search"),
    "attack": ("strike", "hit", "melee", "shoot"),
    "ability": ("use ability", "skill", "spell", "cast", "cast spell"),
    "item": ("use item", "use", "consume", "drink"),
    "talk": ("speak", "say", "ask", "dialogue", "conversation"),
    "help": ("aid", "assist"),
    "row": ("move row", "move", "change row", "step"),
    "travel": ("journey", "go", "set out"),
    "rest": ("sleep", "camp", "short rest", "long rest"),
    "downtime": ("work", "craft", "train"),
    "parley": ("negotiate",),
    "surrender": ("yield", "give up"),
    "flee": ("retreat", "escape", "run away"),
    "defend": ("guard", "block", "dodge"),
    "shop": ("trade", "buy", "sell", "barter"),
    "contest": ("opposed", "opposed check", "versus"),
    "group check": ("group", "party check"),
    "check": ("skill check", "ability check", "roll", "test", "improvise", "stunt"),
    "nothing": ("nothing to roll", "none", "no roll", "auto", "automatic", "flavor", "flavour", "free", "roleplay"),
    "wait": ("pass", "skip", "idle", "hold"),
    "impossible": ("refuse", "refused", "invalid", "deny", "denied", "claim", "no", "reject", "illegal"),
}  # fmt: skip
KIND_OF = {word: kind for kind, words in _KINDS.items() for word in (kind, *words)}
_SCORE_OF = {
    **{s: s for s in SCORES},
    **{s[:3]: s for s in SCORES},
    "mind": "intelligence",
    "agility": "dexterity",
}
_BAND_OF = {
    **{b: b for b in BANDS},
    "very easy": "trivial", "simple": "easy", "low": "easy", "normal": "medium", "moderate": "medium",
    "average": "medium", "difficult": "hard", "high": "hard", "challenging": "hard", "very hard": "heroic",
    "extreme": "heroic", "epic": "heroic", "nearly impossible": "heroic",
}  # fmt: skip
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "action": ("action", "kind", "ruling", "type", "do", "command", "verdict"),
    "id": ("id", "key", "option", "choice", "affordance", "item", "ability", "activity", "destination", "name", "to"),
    "target": ("target", "person", "whom", "who_to", "against", "rival", "opponent", "foe", "npc"),
    "score": ("score", "stat", "attribute", "ability_score", "ability", "skill"),
    "band": ("band", "difficulty", "dc"),
    "manner": ("manner", "how", "style"),
    "reason": ("reason", "why", "because"),
}  # fmt: skip


class Unreadable(ValueError):
    """A ruling that this scene and hero do not allow, or that says nothing; the text is for the log."""


def command_of(raw: Mapping[str, Any], request: RulingRequest) -> cmd.Command:
    """The one command that the ruling means for this request's hero. Raises Unreadable."""
    return _Reading({str(k).strip().lower(): v for k, v in raw.items()}, request).command()


class _Reading:
    def __init__(self, raw: Mapping[str, Any], request: RulingRequest) -> None:
        self._raw = raw
        self._request = request
        self._who = request.actor.id

    def command(self) -> cmd.Command:
        said = self._word("action", empty=())
        kind = KIND_OF.get(said)
        if kind is None:
            raise Unreadable(f"'{said}' is no kind of ruling" if said else "it names no kind of ruling")
        read: Callable[[], cmd.Command] = getattr(self, "_" + kind.replace(" ", "_"))
        return read()

    # --- what the lists offer ------------------------------------------------------------------------------------

    def _affordance(self) -> cmd.Command:
        return cmd.UseAffordance(self._who, self._listed("affordance").id)

    def _attack(self) -> cmd.Command:
        return cmd.Attack(self._who, self._aim(self._only("attack"), needed=True))

    def _ability(self) -> cmd.Command:
        action = self._listed("ability")
        return cmd.UseAbility(self._who, action.id, self._aim(action))

    def _item(self) -> cmd.Command:
        action = self._listed("item")
        return cmd.UseItem(self._who, action.id, self._aim(action))

    def _help(self) -> cmd.Command:
        return cmd.Help(self._who, self._aim(self._only("help"), needed=True))

    def _row(self) -> cmd.Command:
        return cmd.MoveRow(self._who, self._listed("row").id)

    def _travel(self) -> cmd.Command:
        return cmd.Travel(self._who, self._listed("travel").id)

    def _rest(self) -> cmd.Command:
        said = self._words("id") | self._words("action")
        rests = {a.id: plain(a.label) for a in self._request.legal if a.kind == "rest"}
        long = rests.get("long") in said or any({"long", "night"} & set(words.split()) for words in said)
        if ("long" if long else "rest") not in rests:
            raise Unreadable("that rest is not possible now")
        return cmd.Rest(self._who, "long" if long else "short")

    def _downtime(self) -> cmd.Command:
        return cmd.Downtime(self._who, self._listed("downtime").id)

    def _parley(self) -> cmd.Command:
        self._only("parley")
        return cmd.Parley(self._who)

    def _surrender(self) -> cmd.Command:
        self._only("surrender")
        return cmd.Surrender(self._who)

    def _flee(self) -> cmd.Command:
        self._only("flee")
        return cmd.Flee(self._who)

    def _defend(self) -> cmd.Command:
        self._only("defend")
        return cmd.Defend(self._who)

    # --- what needs no list --------------------------------------------------------------------------------------

    def _talk(self) -> cmd.Command:
        if self._request.in_encounter:
            raise Unreadable("in a fight there is no talk but a parley")
        if not self._word("target"):
            return cmd.Talk(self._who, "")
        people = [Target(key, name) for key, name in self._request.people.items()]
        # Whoever speaks to a friend speaks to the company.
        return cmd.Talk(self._who, self._among(people) if not self._names_an_ally() else "")

    def _shop(self) -> cmd.Command:
        names = " and ".join(self._request.shops.values())
        if not names:
            return cmd.RefuseClaim(self._who, "There is no shop here.")
        return cmd.RefuseClaim(
            self._who, f"Buying and selling takes no turn: {names} can be visited any time."
        )

    def _check(self) -> cmd.Command:
        return cmd.Improvise(self._who, self._manner(), self._score(), self._band())

    def _contest(self) -> cmd.Command:
        request = self._request
        rivals = request.foes if request.in_encounter else request.people
        alone = next(iter(rivals)) if len(rivals) == 1 and not self._word("target") else ""
        rival = alone or self._among([Target(key, name) for key, name in rivals.items()])
        return cmd.Improvise(self._who, self._manner(), self._score(), self._band(), rival=rival)

    def _group_check(self) -> cmd.Command:
        if self._request.in_encounter:
            raise Unreadable("in a fight everyone acts in their own turn")
        return cmd.Improvise(self._who, self._manner(), self._score(), self._band(), group=True)

    def _nothing(self) -> cmd.Command:
        if self._request.in_encounter:
            return cmd.Pass(self._who)
        return cmd.Improvise(self._who, self._manner(), None)

    def _wait(self) -> cmd.Command:
        return cmd.Pass(self._who)

    def _impossible(self) -> cmd.Command:
        reason = self._word("reason").replace(" ", "_")
        sentence = REASONS.get(reason, REASONS["not_so"])
        return cmd.RefuseClaim(self._who, sentence.format(actor=self._request.actor.name))

    # --- words ---------------------------------------------------------------------------------------------------

    def _word(self, field: str, empty: tuple[str, ...] = ("null", "none", "n a")) -> str:
        """What the answer says there, in plain small letters; empty when nothing, or a word for nothing."""
        for name in _FIELDS[field]:
            value = self._raw.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                word = plain(str(value)) if len(str(value)) <= LONGEST else ""
                if word and word not in empty:
                    return word
        return ""

    def _listed(self, kind: str) -> LegalAction:
        """The legal action that the id names, by its key or its label; the only one where none is named."""
        found = [a for a in self._request.legal if a.kind == kind]
        said = self._words("id")
        for action in found:
            if {plain(action.id), plain(action.label)} & said:
                return action
        if not said and len(found) == 1:
            return found[0]
        raise Unreadable(f"no {kind} '{' '.join(sorted(said))}' is open to {self._request.actor.name}")

    def _only(self, kind: str) -> LegalAction:
        for action in self._request.legal:
            if action.kind == kind:
                return action
        raise Unreadable(f"{kind} is not possible now")

    def _words(self, field: str) -> set[str]:
        """All that the answer says under any of the field's names."""
        said = {plain(str(v)) for n in _FIELDS[field] if isinstance(v := self._raw.get(n), str)}
        return {word for word in said if 0 < len(word) <= LONGEST and word not in ("none", "null")}

    def _aim(self, action: LegalAction, *, needed: bool = False) -> str:
        """Whom it is aimed at; where only one is possible, or none is needed, it need not be said."""
        if not action.targets and not needed:
            return self._who
        if len(action.targets) == 1 and not self._word("target"):
            return action.targets[0].id
        own = any(t.id == self._who for t in action.targets)
        if own and self._word("target") in ("", "self", "me", "myself", "himself", "herself", "themself"):
            return self._who
        return self._among(action.targets)

    def _among(self, targets: tuple[Target, ...] | list[Target]) -> str:
        """The id of the one that the answer names. Raises Unreadable."""
        said = self._word("target")
        names = target_names(self._request)
        for target in targets:
            if said and said in (plain(target.id), plain(target.name), plain(names.get(target.id, ""))):
                return target.id
        raise Unreadable(f"'{said}' is nobody whom that reaches" if said else "it names no target")

    def _names_an_ally(self) -> bool:
        said = self._word("target")
        names = target_names(self._request)
        return any(said in (plain(name), plain(names[key])) for key, name in self._request.allies.items())

    def _score(self) -> str:
        said = [self._word("score"), *self._words("score")]
        for word in said:
            if word in _SCORE_OF:
                return _SCORE_OF[word]
        raise Unreadable(f"'{said[0]}' is none of the six scores" if said[0] else "it names no score")

    def _band(self) -> str:
        said = self._word("band")
        digits = said.removeprefix("dc ")
        if digits.isdigit():
            number = int(digits)
            return min(DIFFICULTIES, key=lambda band: abs(DIFFICULTIES[band] - number))
        if said not in _BAND_OF:
            raise Unreadable(f"'{said}' is no difficulty" if said else "it names no difficulty")
        return _BAND_OF[said]

    def _manner(self) -> str:
        said = self._word("manner")
        return said if said in MANNERS else "other"
