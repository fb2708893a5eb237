"""Claims about bodies: damage, healing, falls and deaths, and the figures that go with them."""

from __future__ import annotations

import re
from collections.abc import Callable

from api.llm.checking.facts import Figure
from api.llm.checking.lexicon import patterns
from api.llm.checking.reading import NUMBER, Reading, names_of, numbers_in
from api.llm.checking.verdicts import Fault, Kind

# What says that a blow or a mishap has just hurt somebody.
_HURT = patterns("harm", "hurt")
_HEALED = patterns("harm", "healed")
_FALLS = patterns("harm", "falls")
_ALL_DOWN = patterns("harm", "all_down")
_LEAVES = patterns("harm", "leaves")
_RISES = patterns("harm", "rises")
_TRANSITIVE = patterns("harm", "transitive")
_PASSIVE = patterns("harm", "passive")
_LASTING = patterns("harm", "lasting")
_ATTACKS = re.compile(r"^(?:strikes?|struck|hits?|lands?|hurls?|falls?|comes? down)", re.IGNORECASE)
_FIGURE = re.compile(
    rf"(?P<points>{NUMBER}) (?:points? of |more )?(?:\w+ )?(?:damage|hit points?|HP\b|points?\b|wounds?\b)"
    rf"|(?:damage|hit points?|HP|points)\b[^.!?\d]{{0,24}}?(?P<later>{NUMBER})"
    rf"|HP:? ?(?P<hp>\d+)(?: ?/ ?\d+)?|(?:struck|hit|heal(?:s|ed)|mended|healing|burned|"
    rf"cut|harmed) (?:\S+ ){{0,3}}?for (?P<for>{NUMBER})\b"
    rf"|(?P<of>{NUMBER}) of (?:the |its |{NUMBER} )",
    re.IGNORECASE,
)


def harm(reading: Reading) -> Fault | None:
    """Damage, healing, falls, deaths and HP that the facts do not know."""
    return (
        _figures(reading)
        or _each(
            reading,
            _RISES,
            "before",
            lambda f: f.rose or not (f.down or f.fell or f.died),
            "death",
            "did not rise",
            f_only_down=True,
        )
        or _each(reading, _FALLS, "before", _has_fallen, "death", "did not fall or die")
        or _fight(reading)
        or _each(
            reading,
            _LEAVES,
            "before",
            lambda f: f.kind != "foe" or f.fled or f.fell or bool(f.hits) or reading.facts.over,
            "death",
            "did not leave the fight",
        )
        or _each(reading, _HURT, "after", lambda f: bool(f.hits) or f.fell, "damage", "was not hurt")
        or _each(reading, _HEALED, "before", lambda f: bool(f.heals or f.ended), "heal", "was not healed")
    )


def _has_fallen(figure: Figure) -> bool:
    return figure.fell or figure.died or figure.down


def _each(
    reading: Reading,
    pattern: re.Pattern[str],
    side: str,
    true_of: Callable[[Figure], bool],
    kind: Kind,
    what: str,
    *,
    f_only_down: bool = False,
) -> Fault | None:
    """The first claim of a kind that is true of nobody whom it may be about."""
    for match in pattern.finditer(reading.masked):
        if f_only_down:
            mention = reading.near(match.start(), match.end(), side)
            if mention and not any(f.rose for f in mention.figures) and "dead" in match[0].lower():
                return Fault(kind, f"{names_of(mention.figures)} {what}.")
            if mention and not any(f.rose for f in mention.figures) and any(f.down for f in mention.figures):
                return Fault(kind, f"{names_of(mention.figures)} {what}.")
            continue
        if reading.unreal(match.start()) and not match[0].lower().startswith(
            ("not a", "nothing is left", "all the hurt", "never ", "trouble")
        ):
            continue
        if kind == "heal" and re.search(r"\b(?:not|never|no)\b|n't", match[0][4:]):
            continue
        where = side
        if kind == "death" and _TRANSITIVE.match(match[0]):
            where = "after"
        if kind == "damage" and _PASSIVE.match(match[0]):
            where = "before"
        mention = reading.near(match.start(), match.end(), where)
        if (
            mention is None
            or not mention.figures
            or (all if mention.every else any)(true_of(f) for f in mention.figures)
        ):
            continue
        nameless = mention.end <= match.start() and reading.subject_between(mention.end, match.start())
        if nameless and any(true_of(f) for f in reading.facts.figures.values()):
            continue
        if kind == "damage" and _LASTING.match(match[0]) and any(f.hurt for f in mention.figures):
            continue
        if kind == "damage" and _strikes_out(reading, match, mention.figures):
            continue
        return Fault(kind, f"{names_of(mention.figures)} {what}.")
    return None


def _strikes_out(reading: Reading, match: re.Match[str], figures: tuple[Figure, ...]) -> bool:
    """A blow told as an attack that the events call a miss or a ward is no claim of damage."""
    return bool(_ATTACKS.match(match[0])) and any(_aimed_at(reading, f) for f in figures)


def _aimed_at(reading: Reading, figure: Figure) -> bool:
    return any(
        getattr(event, "target", "") == figure.id and event.type_name() in ("attack_missed", "attack_hit")
        for _, event in reading.facts.events
    )


def _fight(reading: Reading) -> Fault | None:
    facts = reading.facts
    for match in reading.claims(_ALL_DOWN):
        if not (facts.over or (not facts.request.in_encounter and not facts.request.foes)):
            return Fault("death", f"The fight is not over ({match[0]}).")
        if facts.request.kind != "combat" and not facts.over:
            return Fault("death", f"No fight was won ({match[0]}).")
    return None


def _figures(reading: Reading) -> Fault | None:
    """Figures of damage, healing and HP must be those of whom they are told."""
    for match in _FIGURE.finditer(reading.masked):
        group = match.lastgroup or ""
        if group == "of" and not re.search(r"hit points|HP|points|lost", reading.masked):
            continue
        if group == "points" and match[0].lower().endswith(("point", "points")) and not _bodily(reading):
            continue
        if group == "points" and match[0].lower().endswith("wounds"):
            continue
        values = numbers_in(match[group])
        side = "before" if group != "later" else "after"
        mention = reading.near(match.start(), match.end(), side)
        figures = mention.figures if mention and mention.figures else tuple(reading.facts.figures.values())
        known = {n for f in figures for n in (f.hits | f.heals | f.left)}
        if mention and not mention.named:
            known |= {n for f in reading.facts.figures.values() for n in (f.hits | f.heals)}
        known |= _dealt(reading, figures)
        if any(v not in known for v in values):
            healing = re.search(r"heal|regain|recover|restor|rises?|back", reading.masked, re.IGNORECASE)
            return Fault(
                "heal" if healing else "damage", f"The figure {match[0].strip()} is not in the facts."
            )
    return None


def _dealt(reading: Reading, figures: tuple[Figure, ...]) -> set[int]:
    """What these dealt and healed themselves: `Nell hits for nine`, as far as whom it befell is not named."""
    ids = {f.id for f in figures}
    named = {f.id for f in reading.named}
    return {
        event.amount
        for _, event in reading.facts.events
        if event.type_name() in ("damage_dealt", "healed")
        and getattr(event, "source", "") in ids
        and (len(named) < 2 or getattr(event, "target", "") in named)
        for event in [event]
        if hasattr(event, "amount")
    }


def _bodily(reading: Reading) -> bool:
    return bool(
        re.search(
            r"damage|hit points|HP|heal|wound|hurt|blow|strike|lost|life|burn|acid|swing|carves|off|glow|regain|left",
            reading.masked,
            re.IGNORECASE,
        )
    )
