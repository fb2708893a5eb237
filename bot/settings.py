"""Settings of the bot and of the terminal, from the environment; each bad or missing key is one clear line."""

from __future__ import annotations

from typing import Self

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict


class BadSettings(Exception):
    """Raised with one line for each key that is missing or wrong."""


class ApiSettings(BaseSettings):
    """How to reach the API."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    api_base_url: str = Field("http://127.0.0.1:5000", description="where the API answers, without /api/v1")
    stream_base_url: str = Field("http://127.0.0.1:5002", description="where the stream process answers")
    bot_service_token: str = Field(description="the token by which the API knows this service")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @field_validator("api_base_url", "stream_base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises BadSettings."""
        try:
            return cls()  # type: ignore[call-arg]  # the environment fills it
        except ValidationError as error:
            raise BadSettings("\n".join(cls._sentence(e) for e in error.errors())) from None

    @classmethod
    def _sentence(cls, error: ErrorDetails) -> str:
        key = str(error["loc"][0])
        field = cls.model_fields.get(key)
        meaning = f" ({field.description})" if field and field.description else ""
        if error["type"] == "missing":
            return f"{key.upper()} is missing{meaning}"
        return f"{key.upper()} is wrong: {error['msg'].removeprefix('Value error, ')}{meaning}"


class BotSettings(ApiSettings):
    """What the Discord bot needs besides."""

    discord_token: str = Field(description="the bot's token from Discord's developer portal")
    discord_api_base: str = Field("", description="another REST base than Discord's, for tests")
    discord_gateway: str = Field("", description="another gateway than Discord's, for tests")
    discord_guild_id: int | None = Field(None, description="sync commands to this server only, at once")
    lease_seconds: float = Field(15.0, ge=1, le=300, description="how long the relay holds a channel unasked")
    table_edit_seconds: float = Field(
        1.5, ge=0, le=60, description="least time between two edits of one message"
    )
