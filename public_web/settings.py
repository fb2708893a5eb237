"""Typed settings of the website: environment first, then `public_web/config/<FLASK_ENV>.yaml`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

CONFIG = Path(__file__).resolve().parent / "config"


class BadSettings(Exception):
    """Configuration that cannot work; the text has one line for each bad key and no secret in it."""


class Settings(BaseSettings):
    """Everything that can be configured. Seconds unless said otherwise."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    secret_key: str = Field(min_length=16)
    api_base_url: str
    api_timeout_seconds: float = Field(8, gt=0, le=60)
    web_service_token: str = ""  # by which the API believes what we say of where a visitor comes from
    flask_env: str = "development"
    secure_cookies: bool = True
    proxy_hops: int = Field(0, ge=0, le=5)  # proxies in front whose X-Forwarded-* headers are believed
    log_level: str = "INFO"

    @field_validator("api_base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/").removesuffix("/api/v1")

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

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
        environment = os.environ.get("FLASK_ENV") or "development"
        path = CONFIG / f"{environment}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in CONFIG.glob("*.yaml")))
            raise BadSettings(f"FLASK_ENV={environment}: no such configuration; known are {known}")
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if unknown := set(values) - set(Settings.model_fields):
            raise BadSettings(f"{path.name}: unknown key {', '.join(sorted(unknown))}")
        return dict(values)


def load_settings(**overrides: Any) -> Settings:
    """Reads and checks the settings. Raises BadSettings with a line for each bad key."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise BadSettings("\n".join(lines)) from error
