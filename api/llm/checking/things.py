"""Claims about possessions: things found, given, worn and kept, and money in either direction."""

from __future__ import annotations

import re

from api.llm.checking.authored import Authored
from api.llm.checking.catalogued import catalogue_of
from api.llm.checking.facts import SLIGHT, Facts, Figure, singular
from api.llm.checking.reading import NUMBER, Reading, names_of, numbers_in
from api.llm.checking.sentences import normal, words
from api.llm.checking.verdicts import Fault

# Words that say that something passes into somebody's hands, or is in them from now on.
_GETS = re.compile(
    r"\b(?:finds?|found|discovers?|discovered|receives?|received|gains?|gained|acquires?|acquired|obtains?|obtained"
    r"|pockets?|pocketed|loots?|looted|takes?|took|taken|picks?|picked|pulls?|pulled|draws?|"
    r"drew|grabs?|grabbed|seizes?|seized"
    r"|scoops?|fish(?:es)?|digs? (?:up|out)|unearths?|lifts?|lifted|collects?|gathers?|"
    r"keeps?|kept|claims?|claimed|wins?|won|earns?|earned"
    r"|stash(?:es)?|stows?|tucks?|slips?|stuffs?|straps?|puts? on|wears?|dons?|carries|"
    r"carry|carrying|holds?|holding|(?:has|have) (?:a|an|the|now|her|his)|owns?"
    r"|unwraps?|inherits?|steals?|stole|wrench(?:es)?|hands?|handed|gives?|gave|given|presses|"
    r"pressed|passes|tosses|offers?|lends?"
    r"|belongs?|hangs? .{0,20}neck|drops? into|falls? into|leaps? into|flies into|lands? "
    r"in|finds? its way|is added|turns? up|yields?|reveals?|contains?"
    r"|hers|theirs|his|yours|to keep|for the taking|reward|gift|the owner of|the richer|"
    r"inventory|rolls? it up|comes? (?:up|away) with|sweeps?|fills?|helps? \w+ to|makes? "
    r"off|left for|hauls?|clips?|materiali[sz]es"
    r"|appears? in|took it\b|'s now\b|leaves? with|left with|trades?|bearer|throws? in|"
    r"walks? (?:off|away)|rewarded|plucks?|scrounges?|carr(?:y|ies) off|came away|comes? away|right of)\b",
    re.IGNORECASE,
)
# Things worth having that no scene leaves lying about: only an event can give them.
_TREASURE = (
    "swords? blades? daggers? axes? axe bows? crossbows? spears? staffs? staves wands? "
    "maces? hammers? shields? armou?rs? helmets? helms? gauntlets?"
    " amulets? talismans? necklaces? pendants? bracelets? tiaras? crowns? diadems? sceptres? "
    "cloaks? draughts? potions? elixirs? lanterns? telescopes? spyglass doubloons? jewels? "
    "coronets? earrings? robes? philtres? vials? phials? flasks?"
    " scrolls? grimoires? spellbooks? tomes? runes? relics? artefacts? artifacts? idols? "
    "statuettes? gems? jewels? jewelry jewellery ruby rubies emeralds? sapphires?"
    " diamonds? pearls? opals? orbs? crystals? chalices? goblets? maps? medallions? brooches "
    "brooch rings? lockpicks? whistles? keys? lockets? treasures? loot compass"
)
_TREASURE_WORD = re.compile(
    r"(?<![\w-])(?P<own>(?:ent\d+x's|her|his|their|its|your|own) (?:\w+ )?)?(?P<word>(?:"
    + _TREASURE.replace(" ", "|")
    + r"))(?![\w-])",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"the (?:key|ring|crown|map|sword|blade)s? (?:to|of) (?:the )?(?:matter|problem|hill|"
    r"it)|rings? (?:out|hollow|true|on|in|of)\b|(?:mooring|ink|door|iron) rings?|coat of "
    r"rings|shield arm|crown of the (?:hill|road|head|tree|wave|arch)|key to",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"\b(?:looks?|sees?|watch(?:es)?|eyes|eyeing|notices?|spots?|points?|regards?|stud(?:y|"
    r"ies)|gazes?|stares?|asks?|talks?|speaks?|hears?|touch(?:es)?|nods?|passes|stands?|"
    r"beside|near|before|behind|under|waits?|steps?|walks?|leans?)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\binventory\b|\bx ?\d+\b|(?:gains|gained|receives|loot):", re.IGNORECASE)
_MONEY = re.compile(
    r"\b(?:gold(?: pieces?| coins?)?|coins?|silver|coppers?|shillings?|crowns|sovereigns?|"
    r"ducats?|pence|tuppence|pennies|penny|guineas?"
    r"|money|fortune|hoard|strongbox|purse|pouch|wallet|savings|bounty|wealth|offertory|"
    r"takings|doubloons?|bribe|richer|wealthy|rich|better off|poorer|robbed|pension)\b",
    re.IGNORECASE,
)
_SUM = re.compile(
    rf"(?P<n>{NUMBER}) (?:more |good |old |shiny |bright )?(?:gold|coins?|silver|coppers?|"
    rf"shillings?|crowns|sovereigns?|ducats?|pence|pennies|guineas?|of them)\b"
    rf"|gold:? (?P<m>\d+)",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"\b(?:receives?|finds?|gains?|earns?|wins?|pockets?|gathers?|takes?|steals?|scoops?|"
    r"sweeps?|collects?|fills?|counts?|picks?|keeps?|gets?|bites?"
    r"|digs?|richer|wealthy|rich|heavier|grows|handed|granted|grants?|paid out|pays? (?=ent)|"
    r"makes|yields?|land|lands|falls on|better off|now has|has|name|into|share|shares|hands?|"
    r"gives?|loots?|is \w+'s|bag|comes? (?:up|away) with|theirs|hers|his|reward|tucks?|"
    r"jingles?|stuffs?|carr(?:y|ies) it|presses|comes? into|came into|paid|has been paid|makes? off with|vanish(?:es)? "
    r"into|at last|doubles?|off with|catch(?:es)?)\b",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"\b(?:pays?|loses?|lost|gone|robbed|throws?|spends?|costs?|toll|poorer|drops?|hands "
    r"over|slides? .{0,12}across|parts? with|buys?|from ent|gives?|makes? off with|stolen|"
    r"steals?|counts out)\b",
    re.IGNORECASE,
)
_COLOUR = re.compile(
    r" (?:letters?|lettering|light|leaf|threads?|hair|lining|watch|tooth|teeth|braid|trim|"
    r"paint|edges?|rims?|rings?|glow|dust|fish|plate|spoons?|inkwell|sky|water|line|button|"
    r"chain|lace)\b"
)
_GRAND = re.compile(
    r"\bof (?:great |untold |ancient )?(?:power|might|magic|legend|invisibility)\b|\b(?:enchanted|"
    r"magic|magical|legendary) \w+",
    re.IGNORECASE,
)
_TAKES_IT = re.compile(r"\b(?:takes?|took|keeps?|kept|grabs?|pockets?) (?:it|them)\b", re.IGNORECASE)
_ANOTHER = re.compile(r"\b(?:an?|another|one|some|new|two|three) (?:[\w-]+ ){0,2}$", re.IGNORECASE)
_ROBBED = re.compile(r"\b(?:off with|robs?|robbed|steals?|stole|stolen)\b", re.IGNORECASE)
_TAKE_THIS = re.compile(
    r"\b(?:take (?:this|these|it|the|my|your)|for you|it's yours|it is yours|yours now|"
    r"keep (?:it|them|this)|here(?:'s| is) your)\b",
    re.IGNORECASE,
)


def things(reading: Reading, authored: Authored) -> Fault | None:
    """Things of the game that nobody has or was given, treasure out of nowhere, and money that no purse saw.

    `authored` are the words of what the scene itself tells: its own things may be looked at, and only an event
    gives them.
    """
    return (
        _catalogued(reading, authored.words)
        or _treasure(reading, authored)
        or _money(reading)
        or _promised(reading)
    )


def _catalogued(reading: Reading, authored: frozenset[str]) -> Fault | None:
    pattern = catalogue_of(reading.facts.content)
    if pattern is None:
        return None
    masked = normal(reading.masked)
    for match in pattern.finditer(masked):
        item = {singular(w) for w in words(match[0])} - SLIGHT
        # The plural of a name, or a thing by another form, is known by the words that it shares.
        mention = reading.near(match.start(), match.end(), "before")
        figures = mention.figures if mention and mention.figures else tuple(reading.facts.figures.values())
        if _known(item, figures, reading.facts):
            continue
        held_by_others = _known(item, tuple(reading.facts.figures.values()), reading.facts)
        gets = _GETS.search(masked) is not None
        if _LISTED.search(masked):
            return Fault("item", f"No event gives the {match[0]} to anybody.")
        known_here = len(item) == 1 or held_by_others or item <= authored
        hero = mention is not None and any(f.kind == "hero" for m in reading.mentions for f in m.figures)
        if (
            known_here
            and (not hero or (_LOOKS.search(masked) and not gets))
            or (_denied(reading, masked, match.start()) and not _TAKES_IT.search(masked))
        ):
            continue
        who = names_of(mention.figures) if mention else "nobody"
        return Fault("item", f"No event gives the {match[0]} to {who}.")
    return None


def _denied(reading: Reading, masked: str, at: int) -> bool:
    return len(masked) == len(reading.masked) and reading.unreal(at)


def _known(item: set[str], figures: tuple[Figure, ...], facts: Facts) -> bool:
    return any(
        item <= known for f in figures for known in (f.gained, f.lost, f.holds, f.gained | f.lost | f.holds)
    )


def _treasure(reading: Reading, authored: Authored) -> Fault | None:
    heroes = [m for m in reading.mentions if any(f.kind == "hero" for f in m.figures)]
    if not heroes:
        return None
    grand = _GRAND.search(reading.masked)
    if grand and _GETS.search(reading.masked) and not reading.unreal(grand.start()):
        return Fault("item", f"No event gives anybody anything {grand[0]}.")
    for match in _TREASURE_WORD.finditer(reading.masked):
        word = match["word"].lower()
        if match["own"] or word in reading.facts.item_words or word.rstrip("s") in reading.facts.item_words:
            continue
        held = any(word in h.holds or word.rstrip("s") in h.holds for h in reading.facts.heroes)
        if held and not _ANOTHER.search(reading.masked[: match.start()]):
            continue  # `the sword` of who carries one; `a flaming sword` is another
        gained = any(h.gained for h in reading.facts.heroes)
        if gained and any(word in told.split() for who, told in authored.by_hero.items() if who):
            continue  # the content's own words for what was found
        if re.search(r"\bto $", reading.masked[: match.start()]):
            continue  # `to ring`, `to shield`
        if _IDLE.search(reading.masked[max(0, match.start() - 12) : match.end() + 8]):
            continue
        # What is swung or aimed is in the hand already; `the blade` of a blow is the hero's own.
        if reading.facts.request.kind == "combat" and re.search(
            r"the $", reading.masked[: match.start()], re.IGNORECASE
        ):
            continue
        if reading.unreal(match.start()):
            continue
        gets = _GETS.search(reading.masked)
        if gets is not None and _reaches_hero(reading, match.start()):
            return Fault("item", f"No event gives anybody the {match['word']}.")
    return None


def _reaches_hero(reading: Reading, at: int) -> bool:
    mention = reading.before(at) or reading.after(at)
    return mention is not None and any(f.kind == "hero" for m in reading.mentions for f in m.figures)


def _money(reading: Reading) -> Fault | None:
    facts = reading.facts
    text = reading.masked
    changes = [n for f in facts.figures.values() for n in f.purse]
    for match in _SUM.finditer(text):
        values = numbers_in(match["n"] or match["m"])
        if all(v in facts.money for v in values) and changes:
            continue
        if set(words(match[0])) & facts.item_words and all(v in facts.counts for v in values):
            continue
        if match[0].endswith("of them") and not _MONEY.search(text):
            continue
        if _harmless_sum(reading, match.start()):
            continue
        return Fault("gold", f"No event moves {match[0].strip()}.")
    for match in _MONEY.finditer(text):
        word = match[0].lower()
        if (
            len(text.split()) <= 3
            and not changes
            and word not in ("purse", "rich", "gold", "silver")
            and not text.endswith("?")
        ):
            return Fault("gold", f"No event brings any {word}.")
        named = word.split()[0].rstrip("s")
        heroes = [f for m in reading.mentions for f in m.figures if f.kind == "hero"]
        if not _ROBBED.search(text) and any(named == singular(w) for w in facts.item_words):
            theirs = any(named == singular(w) for f in heroes for w in f.gained | f.lost | f.holds)
            if theirs or not heroes:
                continue
        if not heroes or reading.unreal(match.start()):
            continue
        gains, losses = bool(_INTO.search(text)), bool(_OUT_OF.search(text))
        known = [n for f in heroes for n in f.purse]
        if (
            not (gains or losses)
            or (gains and any(n > 0 for n in known))
            or (losses and any(n < 0 for n in known))
        ):
            continue
        if word in ("gold", "silver") and (
            _COLOUR.match(text[match.end() :]) or text[: match.start()].endswith(("like ", "as "))
        ):
            continue  # a colour: `gold letters`
        if word == "rich" or (
            word in ("purse", "pouch")
            and not re.search(
                r"heavier|lighter|grows|robbed|into|filled|full|finds?|takes?|off with|jingles|steals?|heavy"
                r"|presses|gives?|hands?",
                text,
            )
        ):
            continue
        return Fault("gold", f"The purse of {names_of(heroes)} did not change so ({match[0]}).")
    return None


def _harmless_sum(reading: Reading, at: int) -> bool:
    """A sum that is only spoken of: nobody of the party is in the sentence, or it is denied."""
    heroes = any(f.kind == "hero" for m in reading.mentions for f in m.figures)
    if reading.unreal(at):
        return True
    return not heroes and not re.match(r"^[+\d]", reading.masked.strip())


def _promised(reading: Reading) -> Fault | None:
    """What somebody of the world hands over in speech."""
    facts = reading.facts
    for quote in reading.quotes:
        if not _TAKE_THIS.search(quote):
            continue
        low = normal(quote)
        for match in _SUM.finditer(low):
            if any(v not in facts.money for v in numbers_in(match["n"] or match["m"])):
                return Fault("gold", f"Nobody gives {match[0].strip()} to anybody.")
        catalogue = catalogue_of(facts.content)
        named = (
            [{singular(w) for w in words(m[0])} - SLIGHT for m in catalogue.finditer(low)]
            if catalogue
            else []
        )
        named += [{m["word"].rstrip("s")} for m in _TREASURE_WORD.finditer(low)]
        for item in named:
            if not _known(item, tuple(facts.figures.values()), facts):
                return Fault("item", f"Nobody gives the {' '.join(sorted(item))} to anybody.")
    return None
