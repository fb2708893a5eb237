"""Typed settings of the API, its workers and its stream: environment first, then `api/config/<FLASK_ENV>.yaml`."""

from __future__ import annotations

import os
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent


class BadSettings(Exception):
    """Configuration that cannot work; the text has one line for each bad key."""


class Settings(BaseSettings):
    """Everything that can be configured. Seconds unless said otherwise."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    secret_key: str = Field(min_length=16)
    database_url: str
    redis_url: str
    stream_base_url: str = "http://127.0.0.1:5002"
    stream_host: str = "127.0.0.1"
    stream_port: int = Field(5002, ge=1, le=65535)
    bot_service_token: str = ""
    terminal_service_token: str = ""
    web_service_token: str = ""
    web_base_url: str = Field("http://127.0.0.1:5001", description="where the links of letters lead")
    web_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins of browser clients besides the website and the API itself"
    )
    proxy_hops: int = Field(
        0, ge=0, le=5, description="proxies in front whose X-Forwarded-* headers are believed"
    )
    secure_cookies: bool = True
    flask_env: Literal["development", "production"] = "development"
    password_list: Path | None = Field(None, description="more passwords to refuse, see docs/operating.md")

    rate_limit_factor: float = Field(
        1, ge=0, le=1_000_000, description="multiplies every rate limit (api/routes/limits.py); 0 lifts them"
    )

    smtp_host: str = ""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_ca_file: Path | None = None
    mail_from: str = "Code of Conquest <no-reply@localhost>"
    mail_folder: Path | None = Field(
        None, description="where letters go without an SMTP server; never in production"
    )
    log_level: str = "INFO"
    data_dir: Path = ROOT / "data"

    beat_seconds_live: int = Field(90, ge=5)
    beat_seconds_by_post: int = Field(24 * 3600, ge=60)
    clock_grace_seconds: float = Field(15, ge=0)
    ruling_seconds: float = Field(20, gt=0)
    narration_lease_seconds: float = Field(60, gt=0)
    sweep_seconds: float = Field(1, gt=0)
    session_timeout_minutes: int = Field(30, ge=1)
    worker_slots: int = Field(300, ge=1, le=5000, description="turns in flight in one worker process")
    worker_store_threads: int = Field(4, ge=1, le=64, description="store calls at once in one worker process")
    worker_sponsor_share: float = Field(0.75, gt=0, le=1, description="of the slots, for one sponsor at most")
    worker_jobs_per_session: int = Field(1, ge=1, description="jobs of one session at work at once")
    worker_drain_seconds: float = Field(20, ge=0, description="from SIGTERM to giving up what still runs")
    provider_slots: dict[str, int] = Field(
        {"anthropic": 200, "replicate": 50}, description="calls at once to a provider, in one process"
    )
    provider_wait_seconds: float = Field(10, ge=0, description="for a call's slot; then the next narrator")
    anthropic_api_key: SecretStr = SecretStr("")
    anthropic_model: str = Field("", description="instead of every Anthropic id of the table of models")
    anthropic_base_url: str = ""
    replicate_api_token: SecretStr = SecretStr("")
    replicate_model: str = Field("", description="instead of every Replicate id of the table of models")
    replicate_base_url: str = ""
    models_file: Path = ROOT / "api" / "config" / "models" / "standard.yaml"
    default_tier: Literal["FREE", "BASIC", "PREMIUM", "ELITE"] = Field(
        "ELITE", description="of everybody who has no subscription"
    )
    daily_ceiling_usd: float = Field(
        5,
        ge=0,
        le=100_000,
        description="that models may cost in a day (UTC), for all sessions together; 0: no calls",
    )
    moderation_file: Path | None = Field(
        None, description="lists beside the built-in ones, see docs/operating.md"
    )
    moderation_url: str = Field("", description="a moderation service that is asked after the lists")
    moderation_api_key: SecretStr = SecretStr("")
    assets_dir: Path | None = Field(None, description="where players' files lie; none are kept without it")
    tiers_file: Path | None = Field(None, description="what the operator changes of data/tiers")
    ruling_call_seconds: float = Field(12, gt=0, description="for a model's rulings, within ruling_seconds")
    appwrite_endpoint: str = ""
    appwrite_project_id: str = ""
    appwrite_api_key: SecretStr = SecretStr("")
    appwrite_database_id: str = ""
    storyteller_pause_seconds: float = Field(
        0, ge=0, le=1, description="a pause after each of the storyteller's sentences, to read along"
    )

    @property
    def browser_origins(self) -> tuple[str, ...]:
        """Whose pages may read and write with a player's cookie: the website, and those that the operator names."""
        website = urlsplit(self.web_base_url)
        return (f"{website.scheme}://{website.netloc}", *self.web_origins)

    @model_validator(mode="after")
    def _tokens_differ(self) -> Settings:
        tokens = {
            "bot_service_token": self.bot_service_token,
            "terminal_service_token": self.terminal_service_token,
            "web_service_token": self.web_service_token,
        }
        for name, token in tokens.items():
            if token and len(token) < 8:
                raise ValueError(f"{name.upper()} needs at least 8 characters")
        given = [token for token in tokens.values() if token]
        if len(given) != len(set(given)):
            raise ValueError(f"{', '.join(tokens).upper()} must differ")
        return self

    @model_validator(mode="after")
    def _mail_is_safe(self) -> Settings:
        if self.mail_folder is not None and self.flask_env == "production":
            raise ValueError("MAIL_FOLDER shows everybody's links: production needs SMTP_HOST instead")
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError("SMTP_SECURITY=none would send SMTP_PASSWORD in the clear: use starttls or tls")
        return self

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if not value.isprintable() or "@" not in parseaddr(value)[1]:
            raise ValueError("must be an address, such as Code of Conquest <game@example.org>")
        return value

    @field_validator("web_base_url")
    @classmethod
    def _website(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("web_origins", mode="before")
    @classmethod
    def _origins(cls, value: Any) -> Any:
        """With commas between them; each as browsers name it in `Origin`."""
        given = value.split(",") if isinstance(value, str) else value
        origins = tuple(one.strip().lower() for one in given if one.strip())
        for one in origins:
            parts = urlsplit(one)
            if (
                parts.scheme not in ("http", "https")
                or one != f"{parts.scheme}://{parts.netloc}"
                or "@" in one
            ):
                raise ValueError(f"'{one}' is no origin such as https://play.example.org")
        return origins

    @field_validator(
        "password_list",
        "moderation_file",
        "mail_folder",
        "smtp_ca_file",
        "tiers_file",
        "assets_dir",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _appwrite_is_whole(self) -> Settings:
        given = {
            "APPWRITE_ENDPOINT": self.appwrite_endpoint,
            "APPWRITE_PROJECT_ID": self.appwrite_project_id,
            "APPWRITE_API_KEY": self.appwrite_api_key.get_secret_value(),
            "APPWRITE_DATABASE_ID": self.appwrite_database_id,
        }
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise ValueError(
                f"{', '.join(missing)} missing: Appwrite needs all four keys, or none to use DATABASE_URL"
            )
        return self

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError as error:
            raise ValueError("is no database URL such as sqlite:////var/lib/coc.sqlite3") from error
        if backend not in ("sqlite", "postgresql"):
            raise ValueError(f"names '{backend}'; sqlite and postgresql are known")
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("default_tier", mode="before")
    @classmethod
    def _tier(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, _YamlSource(settings_cls))


class _YamlSource(PydanticBaseSettingsSource):
    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        environment = os.environ.get("FLASK_ENV", "development")
        path = ROOT / "api" / "config" / f"{environment}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
            raise BadSettings(f"FLASK_ENV={environment}: no such configuration; known are {known}")
        values = yaml.safe_load(path.read_text()) or {}
        unknown = set(values) - set(Settings.model_fields)
        if unknown:
            raise BadSettings(f"{path.name}: unknown key {', '.join(sorted(unknown))}")
        return dict(values)


def load_settings(**overrides: Any) -> Settings:
    """Read and check the settings. Raises BadSettings with a line for each bad key, never showing a secret's value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            ": ".join(
                filter(
                    None, [".".join(str(p) for p in e["loc"]).upper(), e["msg"].removeprefix("Value error, ")]
                )
            )
            for e in error.errors()
        ]
        raise BadSettings("\n".join(lines)) from error
