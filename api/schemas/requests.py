"""What requests may hold: unknown fields, wrong types and over-long texts are refused with the field's name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=36, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
ContentKey = Annotated[str, Field(max_length=48, pattern=r"^[a-z][a-z0-9_]*$")]
CarriedId = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*(~[A-Za-z0-9]{1,15})?$")]
TargetId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Empty(Request):
    """No fields."""


class RegisterIn(Request):
    email: str = Field(max_length=200)
    password: str = Field(max_length=200)
    name: str | None = Field(None, max_length=120)


class LoginIn(Request):
    email: str = Field(max_length=200)
    password: str = Field(max_length=200)
    remember: bool = False
    device: str = Field("", max_length=100)


class TokenIn(Request):
    token: str = Field(min_length=1, max_length=100)


class ForgotIn(Request):
    email: str = Field(max_length=200)


class ResetIn(Request):
    token: str = Field(min_length=1, max_length=100)
    password: str = Field(max_length=200)


class ChangePasswordIn(Request):
    current_password: str = Field(max_length=200)
    password: str = Field(max_length=200)


class ChangeEmailIn(Request):
    password: str = Field(max_length=200)
    email: str = Field(max_length=200)


class LinkCodeIn(Request):
    code: str = Field(min_length=1, max_length=40)


class LinkConfirmIn(Request):
    password: str = Field("", max_length=200)


class LeaveIn(Request):
    password: str = Field("", max_length=200)


class UnlinkIn(Request):
    provider: Literal["discord", "terminal"]


class CharacterIn(Request):
    hero: ContentKey | Literal[""] = ""
    name: str = Field("", max_length=200)
    character_class: ContentKey | Literal[""] = ""
    origin: ContentKey | Literal[""] = ""
    pronouns: Literal["she", "he", "they"] = "they"


class SurfaceAddress(Request):
    kind: Literal["discord"] = "discord"
    guild_id: str | None = Field(None, max_length=24)
    channel_id: str | None = Field(None, max_length=24)
    thread_id: str | None = Field(None, max_length=24)
    lobby_message_id: str | None = Field(None, max_length=24)


class SettingsIn(Request):
    """What there is to choose stands in `api/llm/style.py`; the service names it in its refusal."""

    tone: str | None = Field(None, max_length=20)
    length: str | None = Field(None, max_length=20)
    rating: str | None = Field(None, max_length=20)
    language: str | None = Field(None, max_length=20)


class SessionIn(Request):
    campaign: ContentKey
    character_id: Id
    mode: Literal["beats", "ordered", "free"] = "beats"
    pace: Literal["live", "by_post"] = "live"
    surface: SurfaceAddress | None = None
    settings: SettingsIn = SettingsIn()


class JoinIn(Request):
    character_id: Id
    sponsor: bool = False


class ModeIn(Request):
    mode: Literal["beats", "ordered", "free"]


ActionKind = Literal[
    "free", "affordance", "talk", "item", "help", "pass", "travel", "rest", "downtime", "attack", "ability", "defend",
    "row", "flee", "parley", "surrender",
]  # fmt: skip


class ActionIn(Request):
    character_id: Id
    kind: ActionKind
    text: str = Field("", max_length=20_000)  # the service refuses over 1000 with a sentence
    id: CarriedId | Literal[""] = ""
    target: TargetId = ""
    seen_turn: int | None = Field(None, ge=0)


class CombatActionIn(ActionIn):
    kind: ActionKind | Literal["unlock"]  # type: ignore[assignment]
    lock: bool = False


class SheetIn(Request):
    kind: str = Field(max_length=20)
    id: CarriedId | Literal[""] = ""
    slot: ContentKey | Literal[""] = ""
    to: TargetId = ""
    shop: ContentKey | Literal[""] = ""
    quantity: int = Field(1, ge=1, le=1_000_000)
    orders: list[dict[str, Any]] = Field(default_factory=list, max_length=20)


class CorrectionIn(Request):
    text: str = Field(max_length=2_000)
    sentence: int | None = Field(None, ge=1, le=500)


class SlipIn(Request):
    slip: str = Field("", max_length=64)
    lines: list[str] = Field(default_factory=list, max_length=100)
    veils: list[str] = Field(default_factory=list, max_length=100)


class XCardIn(Request):
    turn_id: str = Field("", max_length=36)
    topic: str = Field("", max_length=200)


class ChatIn(Request):
    text: str = Field(max_length=20_000)
    character_id: Id | None = None


class MemoryIn(Request):
    text: str = Field(max_length=2000)  # the service refuses over 280 with a sentence
    about: Annotated[str, Field(max_length=48, pattern=r"^[A-Za-z0-9._-]*$")] = ""
    pinned: bool = False


class MemoryPatch(Request):
    text: str | None = Field(None, max_length=2000)
    pinned: bool | None = None
    undo: bool = False


class RollIn(Request):
    expression: str = Field(max_length=500)


class SurfaceIn(Request):
    session_id: Id
    kind: Literal["discord"]
    address: SurfaceAddress


class LeaseIn(Request):
    holder: str = Field(min_length=1, max_length=64)
    seconds: float = Field(30, ge=1, le=300, strict=False)


class SurfacePatch(Request):
    fence: int = Field(ge=0)
    cursor: int | None = Field(None, ge=0)
    address: SurfaceAddress | None = None
    messages: dict[str, str | None] | None = Field(None, max_length=60)
