"""Answers about what can be chosen, and about the installation itself."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.answers.base import Answer, Moment, Named


class ClassOut(Named):
    role: str
    early_access: bool
    hp: int
    mp: int
    stats: dict[str, int]
    abilities: list[Named]


class OriginOut(Named):
    want: str
    bonus: dict[str, int]
    gold: int


class HeroOut(Named):
    pronouns: str
    character_class: str
    class_name: str
    origin: str
    origin_name: str
    want: str


class CampaignOut(Named):
    quest: str
    scenes: int
    min_players: int
    max_players: int


class NarratorOut(Answer):
    name: str
    reason: str


class OutlookOut(Answer):
    waiting: int
    in_flight: int
    slots: int
    seconds: float | None


class BudgetOut(Answer):
    state: Literal["ok", "near", "reached"] = Field(description="of the operator's daily ceiling for models")
    resets_at: Moment


class HealthOut(Answer):
    process: str
    store: str
    redis: str
    queues: dict[str, int]
    narrator: NarratorOut
    narration: OutlookOut | None
    budget: BudgetOut | None


class JobOut(Answer):
    id: str
    status: str
    turn_id: str
    current_job_id: str
    error: str | None


class LetterLine(Answer):
    id: str
    to: str
    subject: str
    date: str


class LetterOut(LetterLine):
    text: str
    html: str


class UserOut(Answer):
    id: str
    name: str
    email: str | None
    verified: bool


class Me(UserOut):
    """`csrf_token` comes with a cookie, and goes into X-CSRF-Token of every write."""

    csrf_token: str | None = None


class UserAnswer(Answer):
    user: UserOut


class SignedInOut(UserAnswer):
    token: str
    expires_in: int
    device: str
    csrf_token: str


class LetterSent(Answer):
    status: str


class DeviceOut(Answer):
    device: str


class LoginOut(Answer):
    id: str
    device: str
    created_at: Moment
    last_seen_at: Moment
    expires_at: Moment
    current: bool


class OpenApiOut(Answer):
    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
