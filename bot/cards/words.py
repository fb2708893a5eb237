"""Keys that the API sends and players read as words: scores, damage types, conditions, slots, rarities."""

from __future__ import annotations

from bot.texts import N, tr

# Listed so that they are collected for translation; a key that is missing here is shown as it is written.
KNOWN = (
    N("strength"), N("dexterity"), N("constitution"), N("intelligence"), N("wisdom"), N("charisma"),
    N("attack"), N("magic"), N("defence"), N("resistance"), N("speed"), N("hit"), N("evade"), N("crit"), N("block"),
    N("front"), N("back"), N("day"), N("night"), N("weak"), N("resist"), N("immune"), N("weakness"),
    N("bludgeoning"), N("piercing"), N("slashing"), N("fire"), N("cold"), N("lightning"), N("poison"), N("acid"),
    N("holy"), N("shadow"), N("psychic"), N("physical"), N("common"), N("uncommon"), N("rare"), N("epic"),
    N("legendary"), N("weapon"), N("armour"), N("shield"), N("offhand"), N("head"), N("body"), N("hands"), N("feet"),
    N("charm"), N("ring"), N("critical"), N("guard"), N("no HP left"), N("at most full"), N("stunned"), N("down"),
    N("attuned"), N("asleep"), N("bleeding"), N("blessed"), N("blinded"), N("braced"), N("burning"), N("chilled"),
    N("cursed"), N("doomed"), N("drained"), N("fireproof"), N("focused"), N("frightened"), N("guarded"), N("hasted"),
    N("inspired"), N("kindled"), N("marked"), N("poisoned"), N("purged"), N("reflecting"), N("regenerating"),
    N("rooted"), N("shielded"), N("shocked"), N("silenced"), N("slowed"), N("soaked"), N("steadied"),
    N("strengthened"), N("sundered"), N("taunted"), N("unseen"), N("warded"), N("weakened"), N("defend"),
    N("flee"), N("item"), N("pass"), N("consumable"), N("tool"), N("key"), N("material"), N("treasure"),
    N("heroic"), N("grim"), N("wry"), N("cosy"), N("short"), N("normal"), N("long"), N("everyone"), N("teen"),
    N("mature"),
)  # fmt: skip


def word(key: object) -> str:
    """`back_row` as `back row`, in the language that is spoken where we know the word."""
    plain = str(key or "").replace("_", " ")
    return tr(plain)
