"""What the game master may propose beside the prose, and what becomes of it (`docs/rules.md`, Proposals; ADR 0024).

A proposal is a command of `api/rules/commands/story.py`. Content says what each scene has to offer; only that, and only
while its conditions hold, can come true. Loot, gold, XP, harm and conditions have no command, so nobody can propose
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from api.content.catalogue import Content
from api.content.definitions import Requirement, SceneClue, SceneDef, Visitor
from api.rules import commands as cmd
from api.rules import events as ev
from api.rules import moves, people, quests
from api.rules.apply.story import trouble_key
from api.rules.dice import Dice
from api.rules.errors import BadValue, Closed, DoneAlready, InFight, NotHere, RuleError, StoryOver
from api.rules.outcomes import party_level
from api.rules.requirements import meets
from api.rules.resolution import Resolution
from api.rules.state import PlayState

Kind = Literal[
    "start_encounter", "reveal_clue", "advance_quest", "change_disposition", "introduce_npc", "end_scene"
]
KINDS: tuple[Kind, ...] = (
    "start_encounter", "reveal_clue", "advance_quest", "change_disposition", "introduce_npc", "end_scene",
)  # fmt: skip
MOVERS: tuple[Kind, ...] = ("start_encounter", "end_scene")  # these take the whole party on
MOST = 2  # accepted of one passage


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be proposed now. `id` is its key (empty for the scene's end), `label` says what it is;
    `most` is the greatest change of a person's liking, either way."""

    kind: Kind
    id: str
    label: str
    most: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a narrator proposes, as it said it; nothing of it is known to be possible."""

    kind: str
    id: str = ""
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of proposals: the state after those that were accepted, their commands, their events in order."""

    state: PlayState
    accepted: tuple[cmd.Command, ...]
    refused: tuple[tuple[cmd.Command, RuleError], ...]
    events: tuple[ev.Event, ...]

    @property
    def moved(self) -> bool:
        """Whether the party is in a fight or elsewhere now."""
        return any(isinstance(c, cmd.StartEncounter | cmd.EndScene) for c in self.accepted)


def offers(state: PlayState, content: Content) -> tuple[Offer, ...]:
    """All that may be proposed now; nothing in a fight and after the end."""
    if state.encounter is not None or state.ending is not None or not state.heroes:
        return ()
    scene = content.scenes[state.scene]
    return tuple(
        [
            *(Offer("start_encounter", key, name) for _, key, name in _troubles(state, content, scene)),
            # What it says stays unsaid until it is committed: whoever does not know it cannot give it away.
            *(Offer("reveal_clue", c.key, c.key.replace("_", " ")) for c in _clues(state, content, scene)),
            *_quest_offers(state, content),
            *(
                Offer("change_disposition", key, content.npcs[key].name, content.npcs[key].sway)
                for key in people.npcs_here(state, content)
                if content.npcs[key].sway
            ),
            *(
                Offer("introduce_npc", v.npc, f"{content.npcs[v.npc].name}, {content.npcs[v.npc].role}")
                for v in _visitors(state, content, scene)
            ),
            *_scene_offer(state, content, scene),
        ]
    )


def command_of(proposal: Proposal, actor: str) -> cmd.Command:
    """The command behind a proposal. Raises BadValue for a kind that does not exist, naming those that do."""
    match proposal.kind:
        case "start_encounter":
            return cmd.StartEncounter(actor, proposal.id)
        case "reveal_clue":
            return cmd.RevealClue(actor, proposal.id)
        case "advance_quest":
            return cmd.AdvanceQuest(actor, proposal.id)
        case "change_disposition":
            return cmd.SwayPerson(actor, proposal.id, proposal.amount)
        case "introduce_npc":
            return cmd.BringPerson(actor, proposal.id)
        case "end_scene":
            return cmd.EndScene(actor)
    raise BadValue(f"'{proposal.kind}' cannot be proposed; {', '.join(KINDS)} can.")


def take_up(state: PlayState, commands: Sequence[cmd.Command], dice: Dice, content: Content) -> Taken:
    """Accept what content and state allow: at most MOST, each kind once, and what moves the party last and alone.

    The same accepted commands and dice always come to the same events, so that a log can be played again. What is
    refused leaves no trace and uses no dice.
    """
    accepted: list[cmd.Command] = []
    refused: list[tuple[cmd.Command, RuleError]] = []
    events: list[ev.Event] = []
    ordered = sorted(commands, key=lambda c: isinstance(c, cmd.StartEncounter | cmd.EndScene))
    for command in ordered:
        res = Resolution(state, dice, content)
        try:
            _require_room(command, accepted)
            _do(res, command)
        except RuleError as error:
            refused.append((command, error))
            continue
        if res.state.ending is None and res.state.encounter is None:
            quests.advance(res, command.actor)
        accepted.append(command)
        events += res.events
        state = res.state
    return Taken(state, tuple(accepted), tuple(refused), tuple(events))


def _require_room(command: cmd.Command, accepted: Sequence[cmd.Command]) -> None:
    if len(accepted) >= MOST:
        raise BadValue(f"At most {MOST} proposals of one passage come true.")
    if any(type(command) is type(each) for each in accepted):
        raise BadValue("One proposal of a kind is enough for a passage.")
    if any(isinstance(each, cmd.StartEncounter | cmd.EndScene) for each in accepted):
        raise BadValue("The party has been moved already.")


def _do(res: Resolution, command: cmd.Command) -> None:
    """Raises RuleError, before anything is rolled."""
    if res.state.ending is not None:
        raise StoryOver("The story is over.")
    if res.state.encounter is not None:
        raise InFight("Nothing can be proposed in the middle of a fight.")
    res.state.hero(command.actor)
    match command:
        case cmd.StartEncounter():
            _start(res, command)
        case cmd.RevealClue():
            _reveal(res, command)
        case cmd.AdvanceQuest():
            _advance(res, command)
        case cmd.SwayPerson():
            _sway(res, command)
        case cmd.BringPerson():
            _bring(res, command)
        case cmd.EndScene():
            _end(res, command)
        case _:
            raise BadValue(f"{type(command).__name__} is nothing that can be proposed.")


def _holds(requires: Requirement, state: PlayState, content: Content) -> bool:
    return any(meets(requires, state, hero, content) for hero in state.heroes.values())


# --- fights ------------------------------------------------------------------------------------------------------


def _troubles(state: PlayState, content: Content, scene: SceneDef) -> Iterator[tuple[int, str, str]]:
    """Line, key and name of each fight of the scene's table that fits the party and has not come here yet."""
    table = content.encounter_tables.get(scene.dangers or "")
    level = party_level(state)
    for number, line in enumerate(table.lines if table else ()):
        key = line.encounter
        fits = line.levels[0] <= level <= line.levels[1] and _holds(line.requires, state, content)
        if key and fits and trouble_key(state.scene, key) not in state.used:
            yield number, key, content.encounters[key].name


def _start(res: Resolution, command: cmd.StartEncounter) -> None:
    scene = res.content.scenes[res.state.scene]
    open_now = {key: line for line, key, _ in _troubles(res.state, res.content, scene)}
    if command.encounter not in open_now:
        known = ", ".join(open_now) or "no fight"
        raise NotHere(f"'{command.encounter}' cannot begin here now; {known} can.")
    line = open_now[command.encounter]
    res.emit(ev.TroubleCame(res.state.scene, scene.dangers or "", line, command.encounter))
    moves.start_fight(res, command.encounter, command.actor)


# --- clues -------------------------------------------------------------------------------------------------------


def _clues(state: PlayState, content: Content, scene: SceneDef) -> Iterator[SceneClue]:
    for clue in scene.clues:
        if clue.text not in state.clues and _holds(clue.requires, state, content):
            yield clue


def _reveal(res: Resolution, command: cmd.RevealClue) -> None:
    scene = res.content.scenes[res.state.scene]
    clue = next((c for c in scene.clues if c.key == command.clue), None)
    if clue is None:
        raise NotHere(f"'{command.clue}' is no clue of this scene.")
    if clue.text in res.state.clues:
        raise DoneAlready("That clue is known already.")
    if not _holds(clue.requires, res.state, res.content):
        raise Closed("The moment for that clue has not come.")
    hero = res.state.hero(command.actor)
    res.emit(ev.ClueFound(hero.id, hero.name, clue.text))


# --- quests ------------------------------------------------------------------------------------------------------


def _quest_offers(state: PlayState, content: Content) -> Iterator[Offer]:
    for key, known in state.quests.items():
        quest = content.quests.get(key)
        if quest is None or known.status != "active" or known.stage >= len(quest.stages):
            continue
        stage = quest.stages[known.stage]
        if stage.eased_by is not None and _holds(stage.eased_by, state, content):
            yield Offer("advance_quest", key, f"{quest.name}: {stage.objective}")


def _advance(res: Resolution, command: cmd.AdvanceQuest) -> None:
    known = res.state.quests.get(command.quest)
    quest = res.content.quests.get(command.quest)
    if known is None or quest is None or known.status != "active":
        raise NotHere(f"'{command.quest}' is no task that is under way.")
    if command.quest not in [o.id for o in _quest_offers(res.state, res.content)]:
        raise Closed(f"What {quest.name} asks for now has to be done; it cannot be talked away.")
    quests.finish_stage(res, command.quest, command.actor)


# --- people ------------------------------------------------------------------------------------------------------


def _sway(res: Resolution, command: cmd.SwayPerson) -> None:
    npc = res.content.npcs.get(command.person)
    if npc is None or command.person not in people.npcs_here(res.state, res.content):
        raise NotHere(f"'{command.person}' is nobody here whose opinion can be moved.")
    if not 1 <= abs(command.amount) <= npc.sway:
        raise BadValue(f"{npc.name}'s liking moves by 1 to {npc.sway} at a time, not by {command.amount}.")
    then = people.disposition_of(res.state, res.content, command.person) + command.amount
    least, most = npc.swayed
    if not least <= then <= most:
        raise Closed(f"Words alone move {npc.name} from {least} to {most}, not to {then}.")
    people.change_disposition(res, command.person, command.amount, "told")


def _visitors(state: PlayState, content: Content, scene: SceneDef) -> Iterator[Visitor]:
    here = people.npcs_here(state, content)
    for visitor in scene.visitors:
        if visitor.npc not in here and _holds(visitor.requires, state, content):
            yield visitor


def _bring(res: Resolution, command: cmd.BringPerson) -> None:
    scene = res.content.scenes[res.state.scene]
    visitor = next((v for v in _visitors(res.state, res.content, scene) if v.npc == command.person), None)
    if visitor is None:
        raise NotHere(f"'{command.person}' cannot come here now.")
    name = res.content.npcs[visitor.npc].name
    res.emit(ev.PersonCame(visitor.npc, name, res.state.scene, res.pick(len(visitor.tell))))


# --- the scene ---------------------------------------------------------------------------------------------------


def _scene_offer(state: PlayState, content: Content, scene: SceneDef) -> Iterator[Offer]:
    if scene.close is not None and _holds(scene.close.requires, state, content):
        yield Offer("end_scene", "", f"on to {content.scenes[scene.close.goto].place}")


def _end(res: Resolution, command: cmd.EndScene) -> None:
    scene = res.content.scenes[res.state.scene]
    if scene.close is None:
        raise NotHere("This scene ends by what the party does, and by nothing else.")
    if not _holds(scene.close.requires, res.state, res.content):
        raise Closed("There is something left to do here before the scene can end.")
    res.emit(ev.SceneClosed(res.state.scene, scene.name, res.pick(len(scene.close.tell))))
    moves.enter_scene(res, scene.close.goto)
