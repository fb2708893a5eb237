"""Each way to break content is refused with the file, the line and the reason; nothing broken ever starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.content.__main__ import main
from api.content.definitions import KINDS
from api.content.loader import load_content
from api.content.problems import ContentError, Problem
from api.content.reading import Unreadable, read_document

DATA = Path(__file__).resolve().parents[2] / "data"
QUAY = "scenes/candle_quay.yaml"
LIBRARY = "scenes/drowned_library.yaml"
FLOOR = "scenes/weighing_floor.yaml"
LEDGER = "campaigns/low_water_ledger.yaml"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def problems_of(root: Path) -> tuple[Problem, ...]:
    with pytest.raises(ContentError) as caught:
        load_content(root)
    return caught.value.problems


@dataclass(frozen=True)
class Breakage:
    """Replace `old` by `new` in `file`; the problem stands on the line where `at` begins, and says `reason`."""

    name: str
    file: str
    old: str
    new: str
    at: str
    reason: str
    elsewhere: str = ""

    def apply(self, root: Path) -> str:
        """Break the copy and return `file:line:` of the expected problem."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) >= 1, f"{self.file} no longer holds {self.old!r}"
        path.write_text(text.replace(self.old, self.new, 1), encoding="utf-8")
        file = self.elsewhere or self.file
        found = (root / file).read_text(encoding="utf-8")
        assert self.at in found
        return f"data/{file}:{found[: found.index(self.at)].count(chr(10)) + 1}:"


PORTER_WORDS = "words: [watch, porter, sand, follow, observ, study, track, furnitur, drudge, count]"
BREAKAGES = [
    Breakage("duplicate key", "items/tin_whistle.yaml", "value: 2", "value: 2\nvalue: 9", "value: 9", "twice"),
    Breakage("unknown field", "items/tin_whistle.yaml", "value: 2", "valeu: 2", "valeu", "unknown field 'valeu'"),
    Breakage("text for a number", "items/tin_whistle.yaml", "value: 2", 'value: "2"', "value", "valid integer"),
    Breakage("number out of range", "items/tin_whistle.yaml", "value: 2", "value: -2", "value", "greater than"),
    Breakage("word for a switch", "creatures/the_reckoner.yaml", "boss: true", "boss: yes", "boss:", "boolean"),
    Breakage("missing field", "items/tin_whistle.yaml", "kind: trinket\n", "", "name:", "'kind' is missing"),
    Breakage("unknown choice", "items/tin_whistle.yaml", "kind: trinket", "kind: gadget", "kind", "gadget"),
    Breakage("no dice", "items/eel_spear.yaml", "1d8", "a lot", "damage: a lot", "damage"),
    Breakage("broken YAML", "items/tin_whistle.yaml", "value: 2", "value: [2", "value: [2", "broken YAML"),
    Breakage("tab", "items/tin_whistle.yaml", "value: 2", "use:\n\theal: 1d4", "\theal", "broken YAML"),
    Breakage("anchor", "items/tin_whistle.yaml", "value: 2", "value: &two 2", "value: &two", "anchors"),
    Breakage("tag", "items/tin_whistle.yaml", "value: 2", "value: !!python/name:os.system 2", "value:", "tags"),
    Breakage("second document", "items/tin_whistle.yaml", "value: 2", "value: 2\n---\nname: x", "---", "second"),
    Breakage("line break", "items/tin_whistle.yaml", "summary:", "summary: |\n  a\n  b\nplural:", "|", "fold"),
    Breakage("empty effect", "items/red_cordial.yaml", "{heal: 1d8+2}", "{}", "use:", "an effect needs"),
    Breakage("weapon without damage", "items/eel_spear.yaml", "damage: 1d8\n", "", "name", "a weapon needs damage"),
    Breakage("class ability", "classes/vanguard.yaml", "[measured_cut,", "[measured_cutt,", "abilities:",
             "no ability 'measured_cutt' (did you mean measured_cut?)"),
    Breakage("class item", "classes/vanguard.yaml", "ring_jack", "ring_jak", "starting_items", "no item 'ring_jak'"),
    Breakage("class without its weapon", "classes/vanguard.yaml", "harbour_sword, ", "", "abilities:",
             "'measured_cut' needs a weapon"),
    Breakage("origin item", "origins/noble_exile.yaml", "signet_ring", "signet", "starting_items", "no item 'signet'"),
    Breakage("hero class", "heroes/aldo_fisk.yaml", "chirurgeon", "surgeon", "character_class", "no class 'surgeon'"),
    Breakage("hero origin", "heroes/aldo_fisk.yaml", "lapsed_oath", "lapsed", "origin", "no origin 'lapsed'"),
    Breakage("creature loot", "creatures/inkhound.yaml", "sailcloth_bandage", "bandage", "loot", "no item 'bandage'"),
    Breakage("creature gold", "creatures/inkhound.yaml", "[0, 2]", "[2, 0]", "gold", "gold is [least, most]"),
    Breakage("encounter creature", "encounters/inkhounds.yaml", "creature: inkhound", "creature: inkhond",
             "  - {creature", "no creature 'inkhond' (did you mean inkhound"),
    Breakage("encounter goto", "encounters/inkhounds.yaml", "goto: candle_quay", "goto: candle_key",
             "  goto: candle_key", "no scene 'candle_key'"),
    Breakage("scene goto", QUAY, "goto: counting_house", "goto: house", "goto: house", "no scene 'house'"),
    Breakage("scene encounter", LIBRARY, "encounter: inkhounds", "encounter: hounds", "encounter: hounds",
             "no encounter 'hounds'"),
    Breakage("scene give", LIBRARY, "give: [warm_salt]", "give: [salt]", "give: [salt]", "no item 'salt'"),
    Breakage("scene take", QUAY, "take: [sealed_letter]", "take: [letter]", "take: [letter]", "no item 'letter'"),
    Breakage("required item", QUAY, "{item: sealed_letter}", "{item: letter}", "requires: {item: letter}",
             "no item 'letter'"),
    Breakage("item that nothing gives", QUAY, "{item: sealed_letter}", "{item: bailiffs_mace}",
             "requires: {item: bailiffs_mace}", "nothing in this campaign gives"),
    Breakage("scene ending", FLOOR, "ending: light_paid", "ending: lamp_paid", "ending: lamp_paid",
             "has no ending 'lamp_paid'"),
    Breakage("encounter ending", "encounters/the_reckoning.yaml", "ending: broken_scales", "ending: scales",
             "ending: scales", "has no ending 'scales'"),
    Breakage("ending out of reach", FLOOR, "ending: light_paid", "ending: struck_off", "  light_paid:",
             "no path leads to the ending 'light_paid'", elsewhere=LEDGER),
    Breakage("campaign scene", LEDGER, "causeway, weighing_floor]", "causeway, floor]", "scenes:", "no scene 'floor'"),
    Breakage("campaign start", LEDGER, "start: drowned_library", "start: library", "start:", "'library' is not one"),
    Breakage("scene of no campaign", LEDGER, ", weighing_floor]", "]", "name:", "no campaign lists",
             elsewhere=FLOOR),
    Breakage("goto outside the campaign", LEDGER, ", weighing_floor]", "]", "goto: weighing_floor",
             "is not a scene of", elsewhere="scenes/causeway.yaml"),
    Breakage("flag that nothing sets", LIBRARY, "requires: {flags: [found_hidden_door]}",
             "requires: {flags: [found_hiden_door]}", "requires: {flags", "sets the flag 'found_hiden_door'"),
    Breakage("forbidden flag that nothing sets", "scenes/counting_house.yaml", "without: [has_bond]",
             "without: [has_bnd]", "requires: {item: strongroom_key", "sets the flag 'has_bnd'"),
    Breakage("remembered flag that nothing sets", LEDGER, "{flag: wick_told", "{flag: wick_tolled",
             "      - {flag: wick_tolled", "sets the flag 'wick_tolled'"),
    Breakage("callback to nothing", LEDGER, "{flag: bell_rung", "{flag: bell_rang", "  - {flag: bell_rang",
             "sets the flag 'bell_rang'"),
    Breakage("impossible need", LIBRARY, "requires: {flags: [found_hidden_door]}",
             "requires: {flags: [found_hidden_door], without: [found_hidden_door]}", "requires: {flags",
             "both required"),
    Breakage("affordance twice", LIBRARY, "key: question_odile", "key: search_the_shelves",
             "key: search_the_shelves\n    label: Ask", "'search_the_shelves' stands here twice"),
    Breakage("person twice", QUAY, "key: tib", "key: ketch", "key: ketch\n    name: Tib", "person 'ketch'"),
    Breakage("tied words", QUAY, "words: [candle, light, wax, buy, burn, remember, flame, wick, mourn, honour]",
             PORTER_WORDS, f'{PORTER_WORDS}\n    doing: "leans',
             "same words as 'light_a_candle'"),
    Breakage("word that is no stem", QUAY, "words: [candle,", "words: [Candle,", "words: [Candle", "word stem"),
    Breakage("unknown placeholder", LIBRARY, "{actor} counts the chalk", "{hero} counts the chalk", '        - "{hero}',
             "{hero} cannot stand here"),
    Breakage("placeholder in the wrong place", LIBRARY, "Oysters have", "{actor} sees oysters have",
             '  - "{actor} sees', "placeholders for this text: none"),
    Breakage("who in a tell", LIBRARY, "{actor} counts the chalk", "{who} counts the chalk", '        - "{who}',
             "{who} cannot stand here"),
    Breakage("lone brace", LIBRARY, "Oysters have", "Oysters} have", '  - "Oysters}', "brace without its partner"),
    Breakage("two moves", QUAY, "goto: counting_house", "goto: counting_house\n      ending: high_ground",
             "    success:\n      tell:\n        - \"{actor} takes the hill", "at most one of goto"),
    Breakage("ability condition", "abilities/open_vein.yaml", "key: bleeding", "key: bleding", "effect:",
             "no condition 'bleding' (did you mean bleeding"),
    Breakage("too many stacks", "abilities/open_vein.yaml", "key: bleeding, rounds: 3", "key: bleeding, stacks: 2",
             "effect:", "2 stacks, but 'bleeding' has at most 1"),
    Breakage("condition twice", "abilities/open_vein.yaml", "rounds: 3}", "rounds: 3}, conditions: [{key: bleeding}]",
             "effect:", "'bleeding' stands here twice"),
    Breakage("ability summon", "abilities/kindle.yaml", "heal: 1d4,", "heal: 1d4, summon: {creature: inkhond},",
             "effect:", "no creature 'inkhond' (did you mean inkhound"),
    Breakage("ability cure", "abilities/kindle.yaml", "heal: 1d4,", "heal: 1d4, cure: [stuned],", "effect:",
             "no condition 'stuned' (did you mean stunned"),
    Breakage("harm for friends", "abilities/kindle.yaml", "heal: 1d4,", "damage: 1d4,", "effect:",
             "reaches friends, and would hurt them"),
    Breakage("healing for foes", "abilities/spark_flick.yaml", "damage: 1d8,", "heal: 1d8,", "effect:",
             "reaches foes, and would heal"),
    Breakage("many hits of nothing", "abilities/kindle.yaml", "target: ally", "target: ally\nhits: 2", "hits: 2",
             "cannot hit more than once"),
    Breakage("passive that is used", "abilities/spark_flick.yaml", "target: enemy", "target: enemy\npassive: true",
             "passive: true", "is passive and has no bonuses"),
    Breakage("bonuses of what is used", "abilities/spark_flick.yaml", "target: enemy",
             "target: enemy\nbonuses: {hit: 1}", "bonuses: {hit", "only a passive ability has bonuses"),
    Breakage("condition ward", "conditions/purged.yaml", "wards: [poisoned,", "wards: [poisned,", "wards:",
             "no condition 'poisned' (did you mean poisoned"),
    Breakage("condition against itself", "conditions/purged.yaml", "wards: [poisoned,", "wards: [purged,", "wards:",
             "cannot keep itself off"),
    Breakage("stacks that do not stack", "conditions/shielded.yaml", "stacking: stack", "stacking: replace",
             "max_stacks", "only stacking: stack has more than one stack"),
    Breakage("stacking to one", "conditions/shielded.yaml", "max_stacks: 3\n", "", "stacking",
             "needs max_stacks of 2 or more"),
    Breakage("condition of nothing", "conditions/rooted.yaml", "traits: [rooted]\n", "", "name:", "does nothing"),
    Breakage("condition text", "conditions/rooted.yaml", "closes round the ankles of {target}",
             "closes round the ankles of {actor}", '  - "Something closes', "{actor} cannot stand here"),
    Breakage("creature attack condition", "creatures/the_reckoner.yaml", "key: weakened", "key: weakend",
             "  - {name: lien", "no condition 'weakend' (did you mean weakened"),
    Breakage("creature ability", "creatures/inkhound.yaml", "behaviour: random",
             "behaviour: random\nabilities: [sparkflick]", "abilities:", "(did you mean spark_flick"),
    Breakage("ability beyond means", "creatures/inkhound.yaml", "behaviour: random",
             "behaviour: random\nabilities: [kindle]", "abilities:", "costs 2 MP, and this creature has 0"),
    Breakage("immunity to nothing", "creatures/inkhound.yaml", "behaviour: random",
             "behaviour: random\nimmune_to: [bled]", "immune_to:", "no condition 'bled'"),
    Breakage("plan beyond its powers", "creatures/inkhound.yaml", "behaviour: random",
             "behaviour: random\ntactics: [{use: paper_teth}]", "tactics:",
             "no attack or ability 'paper_teth' (did you mean paper_teeth"),
    Breakage("plan on a condition", "creatures/inkhound.yaml", "behaviour: random",
             "behaviour: random\ntactics: [{use: blot, when: {target_lacks: stuned}}]", "tactics:",
             "no condition 'stuned'"),
    Breakage("attack twice", "creatures/inkhound.yaml", "name: blot", "name: paper teeth",
             "  - {name: paper teeth, verb: \"sneezes",
             "the attack 'paper_teeth' stands here twice"),
    Breakage("phases of no boss", "creatures/inkhound.yaml", "behaviour: random",
             "behaviour: random\nphases: [{name: Wetter, at_percent: 50, tell: [It drips.]}]", "phases:",
             "write boss: true"),
    Breakage("phase plan", "creatures/the_reckoner.yaml", "boss: true",
             "boss: true\nphases: [{name: Wet, at_percent: 50, tell: [It drips.], tactics: [{use: drown}]}]", "phases:",
             "no attack or ability 'drown'"),
    Breakage("phase text", "creatures/the_reckoner.yaml", "boss: true",
             "boss: true\nphases: [{name: Wet, at_percent: 50, tell: ['{target} drips.']}]", "phases:",
             "{target} cannot stand here"),
    Breakage("boss in a plain fight", "encounters/the_reckoning.yaml", "boss: true\n", "", "name:", "is a boss"),
    Breakage("skill class", "skills/old_grudge.yaml", "character_class: vanguard", "character_class: vangard",
             "character_class", "no class 'vangard' (did you mean vanguard"),
    Breakage("skill ability", "skills/old_grudge.yaml", "min_level: 2", "min_level: 2\nabilities: [measured_cutt]",
             "abilities", "no ability 'measured_cutt'"),
    Breakage("skill that requires nothing known", "skills/shut_the_door.yaml", "[set_feet]", "[set_feat]", "requires",
             "no skill 'set_feat' (did you mean set_feet"),
    Breakage("skills in a circle", "skills/set_feet.yaml", "branch: Doorkeeper",
             "branch: Doorkeeper\nrequires: [shut_the_door]", "requires: [shut_the_door]", "requires itself"),
    Breakage("skill of another class", "skills/set_feet.yaml", "character_class: vanguard",
             "character_class: lampwright", "requires", "'set_feet' is a skill of another class",
             elsewhere="skills/shut_the_door.yaml"),
    Breakage("skill of nothing", "skills/old_grudge.yaml", "bonuses: {attack: 1}\n", "", "name", "gives nothing"),
    Breakage("level beyond the last", "skills/old_grudge.yaml", "min_level: 2", "min_level: 21", "min_level",
             "less than or equal to 20"),
    Breakage("item set", "items/eel_spear.yaml", "eelers_rig", "eelers_rigg", "item_set", "no item set 'eelers_rigg'"),
    Breakage("item ability", "items/ring_jack.yaml", "value: 25", "value: 25\nabilities: [kindel]", "abilities",
             "no ability 'kindel'"),
    Breakage("item for no class", "items/ring_jack.yaml", "value: 25", "value: 25\nclasses: [vangard]", "classes",
             "no class 'vangard'"),
    Breakage("bonus that never counts", "items/tin_whistle.yaml", "value: 2", "value: 2\nbonuses: {magic: 1}",
             "bonuses", "is never worn"),
    Breakage("starting gear above the class", "items/ring_jack.yaml", "value: 25", "value: 25\nmin_level: 2",
             "starting_items", "may not wear 'ring_jack'", elsewhere="classes/vanguard.yaml"),
    Breakage("affix without its item", "affixes/tarred.yaml", "tarred {item}", "tarred thing", "pattern",
             "needs {item} once"),
    Breakage("affix placeholder", "affixes/tarred.yaml", "tarred {item}", "tarred {item} of {actor}", "pattern",
             "{actor} cannot stand here"),
    Breakage("affix of nothing", "affixes/tarred.yaml", "bonuses: {defence: 1}\n", "", "name", "makes nothing better"),
    Breakage("affix levels", "affixes/tarred.yaml", "kind: prefix", "kind: prefix\nlevels: [9, 3]", "levels",
             "levels are [first, last]"),
    Breakage("set larger than its pieces", "item_sets/eelers_rig.yaml", "pieces: 2", "pieces: 3", "  - {pieces",
             "3 pieces can never be worn together: the set has 2"),
    Breakage("set whose pieces share the hands", "items/eel_spear.yaml", "article: an",
             "article: an\ntwo_handed: true", "  - {pieces", "can never be worn together",
             elsewhere="item_sets/eelers_rig.yaml"),
    Breakage("set steps out of order", "item_sets/eelers_rig.yaml", "steps:\n",
             "steps:\n  - {pieces: 2, bonuses: {hit: 1}}\n", "steps:", "rising order"),
    Breakage("loot item", "loot_tables/tideline.yaml", "item: pearl_button", "item: perl_button", "  - {item: perl",
             "no item 'perl_button'"),
    Breakage("loot that draws nothing", "loot_tables/tideline.yaml", "  - {gold: [1, 6], weight: 20}\n",
             "  - {item: pearl_button, levels: [7, 3]}\n", "  - {item: pearl_button, levels",
             "levels are [first, last]"),
    Breakage("loot line that is never drawn", "loot_tables/tideline.yaml", "weight: 20", "weight: 0", "  - {gold",
             "this line is never drawn"),
    Breakage("loot quantity", "loot_tables/tideline.yaml", "[1, 3]", "[3, 1]", "  - {item: pearl",
             "quantity is [least, most]"),
    Breakage("loot quality", "loot_tables/tideline.yaml", "[20, 5, 0, 0]", "[90, 5, 5, 5]", "name:", "at most 100"),
    Breakage("creature loot table", "creatures/inkhound.yaml", "xp:", "loot_table: tidelin\nxp:", "loot_table",
             "no loot table 'tidelin' (did you mean tideline"),
    Breakage("encounter loot table", "encounters/inkhounds.yaml", "groups:", "loot_table: tidelin\ngroups:",
             "loot_table", "no loot table 'tidelin'"),
    Breakage("shop item", "shops/salt_and_sundry.yaml", "item: red_cordial", "item: red_cordail", "  - {item: red",
             "no item 'red_cordail'"),
    Breakage("shop faction", "shops/salt_and_sundry.yaml", "keeper:", "faction: chandlers\nkeeper:", "faction",
             "no faction 'chandlers'"),
    Breakage("shop that sells a key", "shops/salt_and_sundry.yaml", "item: tarred_coat", "item: bell_tongue",
             "  - {item: bell", "keys are not for sale"),
    Breakage("shop that sells twice", "shops/salt_and_sundry.yaml", "item: tarred_coat",
             "item: cork_buckler, percent: 90", "  - {item: cork_buckler}", "stands here twice"),
    Breakage("shop of friends nobody can be", "shops/salt_and_sundry.yaml", "{item: tarred_coat}",
             "{item: tarred_coat, min_reputation: 10}", "  - {item: tarred", "without a faction"),
    Breakage("dangers of no table", QUAY, "dangers: sallowmouth_dusk", "dangers: dusk", "dangers:",
             "no encounter table 'dusk'"),
    Breakage("danger that leads away", "encounter_tables/sallowmouth_dusk.yaml", "encounter: gulls_in_session",
             "encounter: causeway_drudges", "dangers:", "may not come by itself", elsewhere=QUAY),
    Breakage("clue twice", QUAY, "key: packed_windows", "key: one_hand", "  - {key: one_hand, text: \"In",
             "the clue 'one_hand' stands here twice"),
    Breakage("clue that an affordance gives", LIBRARY,
             "A loan slip between two folios says who had the bond out last: E. Pell, in spring, not returned.",
             "The bond carries a baby's thumbprint, and an infant's mark binds nobody.",
             "  - {key: loan_slip",
             "gives the same clue"),
    Breakage("clue that waits for nothing", LIBRARY, "{without: [found_hidden_door]}",
             "{flags: [found_a_door]}",
             "requires: {flags: [found_a_door", "sets the flag 'found_a_door'"),
    Breakage("visitor that nobody is", QUAY, "npc: ezra_mumby", "npc: ezra_mumbly", "npc: ezra_mumbly",
             "no person 'ezra_mumbly'"),
    Breakage("scene that always closes", "scenes/counting_house.yaml",
             "  requires: {flags: [has_bond, pell_confessed]}", "  requires: {time: night}",
             "  requires: {time", "before it can be closed"),
    Breakage("scene that closes nowhere", "scenes/counting_house.yaml",
             "close:\n  goto: causeway",
             "close:\n  goto: counting_house", "  goto: counting_house", "cannot close into itself"),
    Breakage("hook of no origin", QUAY, "origin: debt_runner", "origin: debt_collector", "origin: debt_collector",
             "no origin 'debt_collector'"),
    Breakage("hook placeholder", QUAY, "The lining of {name}'s coat", "The lining of {actor}'s coat", "The lining",
             "{actor} cannot stand here"),
    Breakage("swayed past its bounds", "npcs/ezra_mumby.yaml", "swayed: [-10, 15]", "swayed: [10, 15]", "swayed:",
             "with the disposition 5 between"),
    Breakage("stage that is always eased", "quests/rats_in_the_loft.yaml", "eased_by: {flags: [loft_quiet]}",
             "eased_by: {level: 2}", "eased_by:", "before it can be eased"),
    Breakage("flight missing", "encounters/inkhounds.yaml", "flight:\n", "defaet:\n", "defaet", "unknown field"),
]  # fmt: skip


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: one.name)
def test_a_breakage_is_named_by_file_line_and_reason(data: Path, breakage: Breakage) -> None:
    expected = breakage.apply(data)
    problems = [str(problem) for problem in problems_of(data)]
    assert any(one.startswith(expected) and breakage.reason in one for one in problems), (expected, problems)


def test_a_table_that_is_empty_at_some_level_is_named_with_the_level(data: Path) -> None:
    path = data / "loot_tables/tideline.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("lines:")] + "lines:\n  - {item: pearl_button, levels: [1, 6]}\n")
    assert ["at level 7 'tideline' has no line to draw" in str(one) for one in problems_of(data)] == [True]


def test_a_skill_that_costs_more_than_any_hero_has_is_named(data: Path) -> None:
    before = "set_feet"
    for number in range(4):
        key = f"deep_{number}"
        text = (data / "skills/old_grudge.yaml").read_text(encoding="utf-8")
        more = text.replace("min_level: 2", f"min_level: 2\ncost: 5\nrequires: [{before}]")
        (data / f"skills/{key}.yaml").write_text(more, encoding="utf-8")
        before = key
    (one,) = problems_of(data)
    assert one.file == "data/skills/deep_3.yaml"
    assert "cost 21 points; no hero ever has more than 19" in str(one)


def test_fights_need_the_conditions_that_commands_put_on(data: Path) -> None:
    for key in ("guarded", "marked", "inspired"):
        (data / "conditions" / f"{key}.yaml").unlink()
    told = [str(problem) for problem in problems_of(data)]
    for key in ("guarded", "marked", "inspired"):
        assert f"data/conditions/{key}.yaml:0: fights need a condition '{key}', and no file has it" in told


def test_a_roll_needs_a_failure(data: Path) -> None:
    path = data / LIBRARY
    text = path.read_text(encoding="utf-8")
    label = "    label: Open the drowned clerk's satchel\n"
    path.write_text(text.replace(label, label + "    stat: wisdom\n"), encoding="utf-8")
    line = text[: text.index("  - key: open_the_satchel")].count("\n") + 1
    assert [str(one) for one in problems_of(data)] == [
        f"data/{LIBRARY}:{line}: affordances.2: 'open_the_satchel' rolls wisdom, so it needs a failure"
    ]


def test_a_scene_that_cannot_be_reached_is_named_in_its_campaign(data: Path) -> None:
    for path in (data / "encounters").glob("*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("goto: weighing_floor", "goto: candle_quay"))
    path = data / "scenes/causeway.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("goto: weighing_floor", "goto: candle_quay"))
    assert any("the scene 'weighing_floor' cannot be reached" in str(one) for one in problems_of(data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    once: false\n    success:\n", "    success:\n"),
        (
            "    once: false\n    success:\n",
            "    once: false\n    requires: {item: bell_tongue}\n    success:\n",
        ),
    ],
    ids=["used up though the party comes back", "an item that may be missing is still no dead end"],
)
def test_the_plain_way_out_of_a_scene_is_judged(data: Path, old: str, new: str) -> None:
    path = data / "scenes/bailiffs_pound.yaml"
    text = path.read_text(encoding="utf-8")
    cut = text.replace(
        "    once: false\n    requires: {flags: [hask_released]}\n",
        "    requires: {flags: [hask_released]}\n",
    )
    assert cut != text and old in cut
    path.write_text(cut.replace(old, new), encoding="utf-8")
    if "item" in new:
        load_content(data)
    else:
        assert [one.file for one in problems_of(data)] == ["data/scenes/bailiffs_pound.yaml"]
        assert "can be stuck" in str(problems_of(data)[0])


def test_an_exit_that_a_failed_roll_closes_is_no_exit(data: Path) -> None:
    path = data / QUAY
    text = path.read_text(encoding="utf-8")
    start = text.index("  - key: slip_into_the_pound")
    kept = text[:start] + text[start:].replace("      flags: [taken_in_distraint]\n      hurt: 1d4\n", "", 1)
    kept = kept.replace("      goto: bailiffs_pound\n      minutes: 15\n", "")
    rolled = kept.replace(
        '    doing: "sets off up the hill',
        '    stat: strength\n    failure: {tell: [The hill is steep.]}\n    doing: "sets off up the hill',
    )
    path.write_text(rolled, encoding="utf-8")
    assert ["can be stuck in 'candle_quay'" in str(one) for one in problems_of(data)] == [True]


@pytest.mark.parametrize("name", ["Red_Cordial.yaml", "red-cordial.yaml", "9lives.yaml", "x.yaml"])
def test_a_file_name_that_is_no_key_is_refused(data: Path, name: str) -> None:
    shutil.copy(data / "items/tin_whistle.yaml", data / "items" / name)
    assert [str(one) for one in problems_of(data)][0].startswith(
        f"data/items/{name}:0: '{name[:-5]}' is no key"
    )


@pytest.mark.parametrize("name", ["tin.yml", "notes.txt", "tin.yaml.bak"])
def test_only_yaml_files_lie_in_a_kinds_folder(data: Path, name: str) -> None:
    (data / "items" / name).write_text("name: x\n")
    assert [str(one) for one in problems_of(data)] == [
        f"data/items/{name}:0: only files named <key>.yaml belong here"
    ]


def test_a_misspelt_folder_is_named_with_the_kind_that_was_meant(data: Path) -> None:
    (data / "creature").mkdir()
    assert "did you mean creatures" in str(problems_of(data)[0])


def test_a_file_over_64_kib_is_refused_unread(data: Path) -> None:
    (data / "items/huge.yaml").write_text("# " + "x" * 65_536 + "\n")
    assert [str(one) for one in problems_of(data)] == [
        "data/items/huge.yaml:0: the file is larger than 64 KiB"
    ]


def test_a_file_that_is_not_utf_8_is_named_by_line(data: Path) -> None:
    (data / "items/odd.yaml").write_bytes(b"name: odd\nsummary: caf\xe9\n")
    assert [str(one) for one in problems_of(data)] == ["data/items/odd.yaml:2: the file is not UTF-8 text"]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "just words\n", "- a\n- list\n", "null\n"])
def test_a_file_without_fields_is_refused(data: Path, text: str) -> None:
    (data / "items/empty.yaml").write_text(text)
    assert all(one.file == "data/items/empty.yaml" for one in problems_of(data))


def test_deep_nesting_is_refused_and_does_not_overflow(data: Path) -> None:
    (data / "items/deep.yaml").write_text("name: " + "[" * 30_000)
    assert "nest" in str(problems_of(data)[0])


def test_a_missing_folder_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    assert "no such folder" in str(problems_of(tmp_path / "nowhere")[0])
    assert {one.file.split("/")[-1] for one in problems_of(tmp_path)} == {"classes", "origins", "campaigns"}


def test_all_problems_are_told_at_once_and_none_twice(data: Path) -> None:
    chosen = [
        one
        for one in BREAKAGES
        if one.name in {"unknown field", "class item", "hero class", "unknown placeholder"}
    ]
    expected = [one.apply(data) for one in chosen]
    told = [str(problem) for problem in problems_of(data)]
    assert len(expected) == 4
    assert all(any(line.startswith(one) for line in told) for one in expected)
    assert len(told) == len(set(told)) == 4


def test_a_reference_to_a_broken_file_is_not_reported_as_missing(data: Path) -> None:
    (data / "items/red_cordial.yaml").write_text("name: [\n")
    assert {one.file for one in problems_of(data)} == {"data/items/red_cordial.yaml"}


def test_check_prints_the_count_or_the_problems(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sum(len(list((data / kind).glob("*.yaml"))) for kind in KINDS)
    assert main(["check", str(data)]) == 0
    assert capsys.readouterr().out == f"{files} files, ok\n"
    (data / "items/tin_whistle.yaml").write_text("nmae: whistle\n")
    assert main(["check", str(data)]) == 1
    assert "data/items/tin_whistle.yaml:1: unknown field 'nmae'" in capsys.readouterr().err
    assert main(["stats", str(data)]) == 1


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.content", "stats", "--json"],
        cwd=DATA.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1].startswith('{"name": "content", "figures": {"classes": {"value": ')


@given(st.text(max_size=200))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        document = read_document(text)
    except Unreadable as error:
        assert error.line >= 1 and error.reason
    else:
        assert all(line >= 1 for line, _reason in document.faults)


def test_plain_words_stay_words() -> None:
    document = read_document(
        "answers: [no, on, yes, 010, 1_000, 2024-01-02, 1:30]\nnumbers: [7, -3, 0.5, true, ~]\n"
    )
    assert document.value["answers"] == ["no", "on", "yes", "010", "1_000", "2024-01-02", "1:30"]
    assert document.value["numbers"] == [7, -3, 0.5, True, None]
