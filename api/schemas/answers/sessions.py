"""Answers about sessions, their turns, their feed and their talk."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.answers.base import Answer, Event, Moment, Named, Ref
from api.schemas.answers.characters import ShopOut


class BlockedOut(Ref):
    reason: str


class LegalOut(Answer):
    kind: str
    id: str
    label: str
    targets: list[Ref]
    cost_mp: int
    enabled: bool
    reason: str
    minutes: int
    cost_gold: int
    blocked: list[BlockedOut]
    lockable: bool
    cooldown: int


class ConditionOut(Answer):
    key: str
    name: str
    rounds: int
    stacks: int
    shield_left: int


class SeatOut(Answer):
    character_id: str
    user_id: str
    player_name: str
    act_for: str
    name: str
    class_name: str
    origin_name: str
    want: str
    level: int
    xp: int
    gold: int
    hp: int
    hp_max: int
    mp: int
    mp_max: int
    conditions: list[ConditionOut]
    down: bool
    row: str
    wounds: int
    skill_points: int
    stated: bool


class PersonHere(Answer):
    key: str
    name: str
    role: str


class SceneOut(Answer):
    key: str
    name: str
    place: str
    threat: str
    number: int
    people: list[PersonHere]


class Stated(Answer):
    character_id: str
    text: str
    resolved: bool


class TurnHead(Answer):
    id: str
    number: int
    kind: str
    state: str
    actor: str | None
    waiting_for: list[str]
    stated: list[Stated]
    deadline: Moment | None


class FighterOut(Answer):
    id: str
    name: str
    kind: str
    side: str
    hp: int
    hp_max: int
    row: str
    conditions: list[ConditionOut]
    down: bool
    dead: bool
    stable: bool
    intent: str


class EncounterOut(Answer):
    key: str
    name: str
    round: int
    actor: str
    stakes: str
    order: list[FighterOut]
    yielding: list[str]
    can_parley: bool


class WhereaboutsOut(Answer):
    location: str
    location_name: str
    region: str
    region_name: str
    rest: str
    clock: int
    day: int
    time: str
    heading: str


class QuestLine(Answer):
    quest: str
    name: str
    objective: str


class Suggested(Answer):
    id: str
    label: str


class EndingOut(Answer):
    key: str
    name: str
    good: bool


class LastNarration(Answer):
    """While it is told anew, `retelling` is true; the text is empty when it was taken back."""

    turn_id: str
    turn_number: int
    text: str
    retelling: bool = False


class Shown(Answer):
    kind: str
    address: dict[str, str]


class StorySettings(Answer):
    """How the story is told; what there is to choose stands in docs/ai.md."""

    tone: str
    length: str
    rating: str
    language: str


class SessionOut(Answer):
    id: str
    status: str
    campaign: str
    campaign_name: str
    quest: str
    mode: str
    pace: str
    host: str
    host_name: str
    sponsor: str
    min_players: int
    max_players: int
    seq: int
    turn_number: int
    party: list[SeatOut]
    scene: SceneOut | None
    turn: TurnHead | None
    encounter: EncounterOut | None
    suggested: list[Suggested]
    legal: list[LegalOut]
    where: WhereaboutsOut | None
    shops: list[ShopOut]
    quests: list[QuestLine]
    ending: EndingOut | None
    seed_hash: str
    seed: str | None
    seed_entropy: list[str] | None
    last_narration: LastNarration | None
    surface: Shown | None
    clock: int | None
    settings: StorySettings
    created_at: Moment
    last_activity: Moment


class SessionLine(Answer):
    id: str
    status: str
    campaign: str
    campaign_name: str
    mode: str
    turn_number: int
    party: list[str]
    host: str
    host_name: str
    last_activity: Moment
    surface: SurfaceOut | None = None


class Busy(Answer):
    waiting: int
    seconds: int | None
    message: str


class Acted(Answer):
    """`status` is waiting, queued, locked or unlocked."""

    job_id: str | None = None
    status: str
    turn_id: str
    turn_number: int
    state: str | None = None
    events: list[Event]
    waiting_for: list[str]
    session: SessionOut
    queue: Busy | None = None


class EntryOut(Answer):
    character_id: str
    character_name: str
    action: str
    state: str
    source: str


class TurnOut(Answer):
    id: str
    turn: int
    character_id: str
    character_name: str
    action: str
    dm_response: str | None
    narrated_with: str | None
    combat_log: list[str]
    state: str
    kind: str
    scene: str
    entries: list[EntryOut]
    events: list[Event]
    sentences: list[dict[str, Any]]
    retold: int
    retries_left: int
    opened_at: Moment
    resolved_at: Moment | None
    narrated_at: Moment | None
    narrator: str | None
    cleared: bool = Field(description="its prose and events were kept no longer than the sponsor's tier says")


class RetryOut(Answer):
    """`left`: how often the passage can be asked for again."""

    status: str
    turn_id: str
    turn_number: int
    left: int


class CorrectionOut(RetryOut):
    text: str
    can_retell: bool


class Receipt(Answer):
    number: int
    text: str
    events: list[Event]


class ReceiptsOut(Answer):
    """`untold` are events that no sentence tells."""

    turn_id: str
    turn_number: int
    kind: str
    narrator: str
    retold: int
    sentences: list[Receipt]
    untold: list[Event]


class TopicOut(Answer):
    topic: str
    name: str


class SafetyOut(Answer):
    lines: list[TopicOut]
    veils: list[TopicOut]
    topics: list[Named]


class SlipOut(SafetyOut):
    slip: str


class WithdrawnOut(Answer):
    status: str
    turn_ids: list[str]
    topic: str | None
    slip: str | None


class FeedRow(Answer):
    seq: int
    at: Moment
    session_id: str
    events: list[Event]


class Feed(Answer):
    items: list[FeedRow]
    last_seq: int


class ChatSaid(Answer):
    user_id: str
    name: str
    character_name: str
    text: str
    source: str


class ChatLine(ChatSaid):
    at: Moment
    seq: int


class Rolled(Answer):
    expression: str
    total: int
    detail: str
    natural: int | None
    tree: dict[str, Any]


class Lore(Answer):
    """What is told of a thing; `facts` are what the rules say of it."""

    item: str
    name: str
    text: str
    teller: str
    facts: list[str]


class Recap(Answer):
    title: str
    so_far: list[str]
    last_choice: str
    quest: str
    threat: str


class Goal(Answer):
    kind: str
    key: str
    name: str
    have: int
    wanted: int


class QuestOut(QuestLine):
    summary: str
    giver: str
    status: str
    stage: int
    stages: int
    goals: list[Goal]


class PersonOut(Answer):
    person: str
    name: str
    role: str
    disposition: int
    memories: list[str]


class FactionOut(Answer):
    faction: str
    name: str
    reputation: int


class Journal(Answer):
    where: WhereaboutsOut | None
    quests: list[QuestOut]
    people: list[PersonOut]
    factions: list[FactionOut]
    clues: list[str]


class SurfaceOut(Answer):
    id: str
    session_id: str
    kind: str
    address: dict[str, str]
    cursor: int
    fence: int
    lease_holder: str
    lease_until: Moment
    messages: dict[str, str]


class SurfaceLease(Answer):
    fence: int
    until: Moment
    surface: SurfaceOut
