"""What a hero may do outside fights."""

from __future__ import annotations

from collections.abc import Iterator

from api.content.catalogue import Content
from api.content.definitions import AffordanceDef
from api.rules import downtime, people, rest, scenes, travel
from api.rules.errors import RuleError
from api.rules.items import item_of
from api.rules.legal.base import LegalAction, Target
from api.rules.state import Hero, PlayState


def suggested_actions(state: PlayState, content: Content) -> list[LegalAction]:
    """At most three inviting things for a party outside a fight: two to do here and one way onward."""
    if state.ending is not None or state.encounter is not None or not state.heroes:
        return []
    open_now: dict[str, AffordanceDef] = {}
    for hero in state.heroes.values():
        open_now |= {a.key: a for a in scenes.offered(state, hero, content) if a.suggest}
    ordered = [a for a in content.scenes[state.scene].affordances if a.key in open_now]
    here = [a for a in ordered if not scenes.moves_party(a)]
    onward = [a for a in ordered if scenes.moves_party(a)]
    chosen = (here[:2] + onward[:1] + here[2:] + onward[1:])[:3]
    return [LegalAction("affordance", a.key, a.label) for a in chosen]


def in_scene(state: PlayState, hero: Hero, content: Content) -> list[LegalAction]:
    """Everything that this hero could choose outside fights; what is secret is left out."""
    return [
        *_affordances(state, hero, content),
        *_talk(state, content),
        *_help(state, hero),
        *_items(state, hero, content),
        *_ways(state, hero, content),
        *_rests(state, hero, content),
        *_downtime(state, hero, content),
        LegalAction("pass", "pass", "Wait and watch"),
    ]


def _message(refusal: RuleError | None) -> str:
    return refusal.message if refusal is not None else ""


def _affordances(state: PlayState, hero: Hero, content: Content) -> Iterator[LegalAction]:
    for a in content.scenes[state.scene].affordances:
        closed = scenes.why_not(state, hero, a, content)
        if closed is None:
            yield LegalAction("affordance", a.key, a.label)
        elif not closed.secret:
            yield LegalAction("affordance", a.key, a.label, enabled=False, reason=closed.reason)


def _talk(state: PlayState, content: Content) -> Iterator[LegalAction]:
    if people.people_here(state, content):
        willing = tuple(Target(p.key, p.name) for p in scenes.will_talk(state, content))
        reason = "" if willing else "Nobody here will speak with the party."
        yield LegalAction("talk", "talk", "Talk", willing, enabled=bool(willing), reason=reason)


def _help(state: PlayState, hero: Hero) -> Iterator[LegalAction]:
    friends = [h for h in state.heroes.values() if h.id != hero.id]
    if friends:
        targets = tuple(
            Target(h.id, h.name) for h in friends if scenes.why_no_help(state, hero, h.id) is None
        )
        reason = "" if targets else "Everybody has help already."
        yield LegalAction("help", "help", "Help a friend", targets, enabled=bool(targets), reason=reason)


def _items(state: PlayState, hero: Hero, content: Content) -> Iterator[LegalAction]:
    for key, count in hero.inventory.items():
        item = item_of(content, key)
        if item is not None and item.use is not None and (item.use.heal or item.use.restore_mp):
            whom = state.heroes.values() if item.target == "ally" else [hero]
            targets = tuple(
                Target(h.id, h.name) for h in whom
                if (item.use.heal and h.hp < h.hp_max) or (item.use.restore_mp and h.mp < h.mp_max)
            )  # fmt: skip
            reason = "" if targets else "Nobody needs it now."
            label = f"Use {item.name} ({count})"
            yield LegalAction("item", key, label, targets, 0, bool(targets), reason)


def _ways(state: PlayState, hero: Hero, content: Content) -> Iterator[LegalAction]:
    """Ways are shown while they are closed, with what is lacking; those that the story still hides are not."""
    for way in travel.ways(state, content):
        lack = travel.why_closed(state, hero, way, content)
        if lack is None or not lack.secret:
            reason = lack.reason if lack else ""
            where = (Target(way.to, content.locations[way.to].name),)
            yield LegalAction(
                "travel", way.to, way.label, where, enabled=not reason, reason=reason, minutes=way.minutes
            )


def _rests(state: PlayState, hero: Hero, content: Content) -> Iterator[LegalAction]:
    reason = _message(rest.why_not_short(state, hero, content))
    yield LegalAction(
        "rest", "rest", "Rest for an hour", enabled=not reason, reason=reason, minutes=rest.SHORT_REST_MINUTES
    )
    if rest.offers_night(state, content):
        reason = _message(rest.why_not_long(state, hero, content))
        yield LegalAction(
            "rest", "long", rest.NIGHT_LABEL, enabled=not reason, reason=reason,
            minutes=rest.LONG_REST_MINUTES, cost_gold=rest.night_price(state, content),
        )  # fmt: skip


def _downtime(state: PlayState, hero: Hero, content: Content) -> Iterator[LegalAction]:
    for key in downtime.offered(state, content):
        activity = content.downtime[key]
        reason = _message(downtime.why_not(state, hero, key, content))
        yield LegalAction(
            "downtime", key, activity.name, enabled=not reason, reason=reason, minutes=activity.minutes,
            cost_gold=activity.cost,
        )  # fmt: skip
