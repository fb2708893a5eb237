"""Claims about bodies: damage, healing, falls and deaths, and the figures that go with them."""

from __future__ import annotations

import re
from collections.abc import Callable

from api.llm.checking.facts import Figure
from api.llm.checking.reading import NUMBER, Reading, names_of, numbers_in
from api.llm.checking.verdicts import Fault, Kind


def _p(*parts: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(parts) + r")", re.IGNORECASE)


_BODY = (
    r"(?:arms?|hands?|fingers?|legs?|knees?|foot|feet|ankles?|shoulders?|ribs?|nose|jaw|skull|head|face|cheeks?|brow"
    r"|throat|neck|chest|back|side|belly|skin|flesh|bones?|eyes?|lips?|boot|shin|thigh|teeth|spine|wrists?|lungs?)"
)
# What says that a blow or a mishap has just hurt somebody.
_HURT = _p(
    r"(?:is|are|was|gets?|got|been) (?:(?:badly|gravely|deeply|sorely|severely) )?(?:hurt|wounded|injured|maimed|struck"
    r"|burn(?:ed|t)|scalded|scorched|stabbed|bitten|cut (?:down|open|across)|crushed|pierced|gored|battered|clawed|mauled)",
    r"(?<!the )(?<!a )(?<!one )(?:bites?|cuts?|slices?|tears?|punch(?:es)?|stabs?|slash(?:es)?|rakes?|pierces?|breaks?|crush(?:es)?|cracks?"
    r"|scorch(?:es)?|burns?|opens|splits?|shatters?|smash(?:es)?|gouges?|rips?|sears?|lacerates?|impales?|bruises?"
    r"|snaps?(?! at)|mangles?|rends?|carves?|slits?|skewers?|gores?|chars?|flays?|scalds?)"
    rf"(?= (?:\S+ ){{0,5}}(?:ent\d+x|him|her|them|you|your|his|their|two|both)\b)",
    rf"(?:bites?|cuts?|slices?|tears?|punch(?:es)?|breaks?|crush(?:es)?|cracks?|takes? off) (?:\S+ ){{0,5}}{_BODY}\b"
    r"(?= (?:open|off|away|under|where|to|$)|[.,;])",
    rf"(?<=\b)(?:nose|jaw|skull|arm|leg|wrist|ankle|rib|ribs|bone|shoulder|knee) (?:breaks?|snaps?|cracks?|splits?|shatters?|gives? way)",
    r"wounds?(?= (?:in|on|to|across|opens?|gapes?))", r"(?:deep|grave|terrible|bad|fresh|gaping|mortal|flesh) wounds?",
    r"gash(?:es)?", r"coughs? (?:up )?blood", r"blood (?:fills?|runs?|wells?|pours?|spurts?|sprays?|streams?)",
    r"bleed(?:s|ing)?(?= (?:from|out|freely|heavily|badly|profusely))", r"bled\b", r"limps?\b",
    r"shattered (?:ankle|arm|leg|knee|wrist|rib|bone)s?", r"broken (?:ankle|arm|leg|knee|wrist|rib|bone|nose)s?",
    r"pain (?:explodes?|shoots?|flares?|bursts?|lances?|tears?|stabs?)", r"(?:strikes?|struck|hits?|lands?) (?=(?:\S+ ){0,3}(?:ent\d+x|him|her|them|you)\b)",
    r"(?:lands?|falls?|comes? down) (?:hard )?on (?=ent\d+x|him\b|them\b)", r"hurls? (?=(?:\S+ ){0,2}(?:ent\d+x|him|her|them|you))",
    r"sickening crunch", r"to ribbons", r"something inside .{0,20}(?:torn|broken|gives)", r"suffers?\b(?! (?:no|from nothing))",
    r"(?:red|bloody|deep) furrows", r"is (?:hurt|wounded)", r"(?:slams?|closes?|snaps? shut) on (?=ent\d+x's)",
)  # fmt: skip
_ATTACKS = re.compile(r"^(?:strikes?|struck|hits?|lands?|hurls?|falls?|comes? down)", re.IGNORECASE)
_FIGURE = re.compile(
    rf"(?P<points>{NUMBER}) (?:points? of |more )?(?:\w+ )?(?:damage|hit points?|HP\b|points?\b|wounds?\b)"
    rf"|(?:damage|hit points?|HP|points)\b[^.!?\d]{{0,24}}?(?P<later>{NUMBER})"
    rf"|HP:? ?(?P<hp>\d+)(?: ?/ ?\d+)?|(?:struck|hit|heal(?:s|ed)|mended|healing|burned|cut|harmed) (?:\S+ ){{0,3}}?for (?P<for>{NUMBER})\b"
    rf"|(?P<of>{NUMBER}) of (?:the |its |{NUMBER} )",
    re.IGNORECASE,
)
_HEALED = _p(
    r"(?:is|are|was|been|stands?) (?:fully |wholly |completely |entirely |quite )?(?:healed|mended|cured|restored|unhurt|unharmed|unscathed)", r"(?:is|are|stands?) whole",
    r"heals?\b(?! (?:no|nothing|slowly))", r"mends?\b(?= (?:ent\d+x|him|her|them|you))", r"flesh mends", r"bone sets",
    r"(?:wounds?|cuts?|gash(?:es)?|skin|scratch(?:es)?|bruises?)\b[^.!?]{0,40}?(?:clos(?:e|es|ed)|knits?|seals?|heals?|fades?|vanish(?:es)?|(?:is|are) gone|mends?)",
    r"clos(?:e|es|ed|ing) (?:\S+ ){0,2}wounds?", r"(?:regains?|recovers?|gets? back|restores?)\b(?= (?:ent\d+x|{N}|all|full|every|the points|completely|its|his|her|their|some))".replace("{N}", NUMBER),
    r"full (?:health|strength|vigour)", r"(?:pain|hurt|ache)\b[^.!?]{0,20}(?:leaves|goes(?! on)|gone|out of)", r"healing (?:glow|light|warmth|power)",
    r"strength (?:comes|came|floods?|pours?|returns?) (?:\w+ )?back", r"not a (?:scratch|mark|wound) ", r"hit points? (?:rise|rises|climb)",
    r"rises? to (?:" + NUMBER + r") HP", r"all the hurt",
)  # fmt: skip
_FALLS = _p(
    r"dies\b(?! (?:down|away|out|on (?:her|his|their|the|its) lips?|hard))", r"died\b(?= (?:here|then|there|at once|quickly|instantly|tonight)|[.,!;])", r"perish(?:es|ed)", r"drowns\b(?! (?:out|it|the|them|everything))",
    r"(?:is|are|lies?|lay|falls?|fell|drops?|dropped|has fallen|struck|left|stone|quite|already) (?:stone )?(?:dead|lifeless|slain)\b",
    r"(?:is|are|was|were|has been|have been|been) (?:\w+ )?(?:slain|killed|murdered|destroyed|defeated|vanquished|finished|done for|dead|no more(?! so)|knocked (?:out|cold)|unconscious|beheaded|struck down|out cold)\b",
    r"(?:falls?|fell|drops?|sinks?|crash(?:es)?) [^.!?;]{0,60}?(?:do(?:es)? not|doesn't|don't|will not|won't|never)\b[^.!?;]{0,16}?(?:rise|get(?:ting)? up|stir|move|stand)",
    r"(?:collapses?|crumples?|slumps?|topples?|keels? over)\b", r"unconscious\b", r"loses? consciousness", r"blacks? out", r"passes out", r"faints\b",
    r"breathes? (?:her|his|their|its) last", r"gives? up the ghost", r"(?:light|life) (?:goes|went|fades?|drains?|leaves?|has gone) (?:out of|from|\w+'?s? )", r"heart (?:stops?|has stopped|beats? no more)",
    r"goes down\b(?! (?:the|to|a|on one knee|into|with|that|well|in|on|through|below|there|here|like (?!a sack)|past))", r"went down\b", r"bleeds? out\b", r"lifeless\b",
    r"(?:bod(?:y|ies)|corpses?|remains)\b(?= (?:out|slides?|lies?|lay|falls?|hits?|slumps?|is|are|of ent))", r"(?:kill(?:s|ed)?|slays?|slew|slain|murder(?:s|ed)?|behead(?:s|ed)?|destroy(?:s|ed)?|defeat(?:s|ed)?|fells?|finish(?:es)? off)\b",
    r"(?:strikes?|cuts?|takes?|hacks?|severs?) [^.!?]{0,30}head (?:off|from|clean)", r"(?:death|end) (?:comes?|came|has come|takes?|took|claims?) (?:\w+ )?(?:for|ent\d+x)?", r"that is the end of", r"nothing is left of",
    r"lies still", r"(?:is|are) out of (?:it|the fight)", r"drops? like a", r"will not be getting up", r"(?:lies|lie|lay) dead", r"knocks? [^.!?]{0,30}(?:out\b(?! of)|unconscious|cold)\b",
)  # fmt: skip
_ALL_DOWN = _p(
    r"(?:the )?last (?:foe|enemy|of (?:them|the))\b[^.!?]{0,24}(?:down|dead|falls?|fallen|slain)", r"(?:the )?(?:fight|battle|combat) is (?:won|over|done)", r"(?:foes?|enem(?:y|ies)|creatures?|attackers?)\b[^.!?]{0,14}(?:is|are|has been|have been|lie) (?:all )?(?:defeated|dead|beaten|slain|vanquished|destroyed)", r"victory is (?:yours|ours|theirs)",
    r"(?:won|wins?) the (?:fight|battle)",
)  # fmt: skip
_LEAVES = _p(
    r"(?:turns? and )?(?:runs?|flees?|ran|fled)(?= away| off| for good| from the|[.!,])", r"(?:takes?|took) (?:to (?:its|his|her|their) heels|flight)",
    r"surrenders?\b", r"(?:yields?|gives? up|throws? down (?:its|his|her|their) (?:arms|weapons?))(?=[.,!]| and|$)",
)  # fmt: skip
_RISES = _p(
    r"(?:risen|rises?|back|returns?|brought back) from (?:the )?dead", r"(?:comes?|came|brought|springs?) back to life", r"is (?:alive again|revived|resurrected)",
    r"(?:is|are) back on (?:her|his|their|its) feet", r"(?:wakes|gets up|stands) again, (?:alive|whole)",
)  # fmt: skip


def harm(reading: Reading) -> Fault | None:
    """Damage, healing, falls, deaths and HP that the facts do not know."""
    return (
        _figures(reading)
        or _each(reading, _RISES, "before", lambda f: f.rose or not (f.down or f.fell or f.died), "death", "did not rise", f_only_down=True)
        or _each(reading, _FALLS, "before", _has_fallen, "death", "did not fall or die")
        or _fight(reading)
        or _each(reading, _LEAVES, "before", lambda f: f.kind != "foe" or f.fled or f.fell or bool(f.hits) or reading.facts.over, "death", "did not leave the fight")
        or _each(reading, _HURT, "after", lambda f: bool(f.hits) or f.fell, "damage", "was not hurt")
        or _each(reading, _HEALED, "before", lambda f: bool(f.heals or f.ended), "heal", "was not healed")
    )  # fmt: skip


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
        if reading.unreal(match.start()) and not match[0].lower().startswith(("not a", "nothing is left", "all the hurt")):
            continue
        if kind == "heal" and re.search(r"\b(?:not|never|no)\b|n't", match[0][4:]):
            continue
        where = side
        if kind == "death" and _TRANSITIVE.match(match[0]):
            where = "after"
        if kind == "damage" and _PASSIVE.match(match[0]):
            where = "before"
        mention = reading.near(match.start(), match.end(), where)
        if mention is None or not mention.figures or (all if mention.every else any)(true_of(f) for f in mention.figures):
            continue
        if mention.end <= match.start() and reading.subject_between(mention.end, match.start()):
            if any(true_of(f) for f in reading.facts.figures.values()):
                continue
        if kind == "damage" and _LASTING.match(match[0]) and any(f.hurt for f in mention.figures):
            continue
        if kind == "damage" and _strikes_out(reading, match, mention.figures):
            continue
        return Fault(kind, f"{names_of(mention.figures)} {what}.")
    return None


_TRANSITIVE = _p(r"kill", r"slays?", r"slew", r"murder", r"behead", r"destroy", r"defeat", r"fells?", r"finish", r"strikes?", r"cuts?", r"takes?", r"hacks?", r"severs?", r"that is the end", r"nothing is left", r"death", r"end", r"light", r"life", r"knocks?", r"bod")  # fmt: skip
_LASTING = _p(r"is hurt", r"is wounded", r"limps?", r"bled", r"bleed", r"is (?:badly|gravely|deeply|sorely) (?:hurt|wounded)")
_PASSIVE = _p(r"is\b", r"are\b", r"was\b", r"gets?\b", r"got\b", r"been\b", r"coughs?", r"bleed", r"bled", r"limps?", r"suffers?", r"pain", r"wound", r"gash", r"deep", r"grave", r"bad\b", r"fresh")  # fmt: skip


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
            return Fault("heal" if healing else "damage", f"The figure {match[0].strip()} is not in the facts.")
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
