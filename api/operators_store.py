"""Settings for operators' commands (`./coc replay`, `./coc admin`): the API's store, or one that is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from api.settings import Settings, load_settings


class NoSave(Exception):
    """Raised for a database file that does not exist: opening it would make an empty one."""


def settings_for_operators(store: str | None) -> Settings:
    """The API's settings, without what only its processes need. Raises BadSettings, NoSave."""
    given: dict[str, Any] = {
        "secret_key": "not-needed-by-operators",
        "redis_url": os.environ.get("REDIS_URL") or "redis://127.0.0.1:1/0",
    }
    if store is not None:
        # A store that is named is the one that is meant, whatever else the environment has.
        given |= {"database_url": store, "appwrite_endpoint": "", "appwrite_project_id": "",
                  "appwrite_api_key": "", "appwrite_database_id": ""}  # fmt: skip
    elif not os.environ.get("DATABASE_URL") and os.environ.get("APPWRITE_ENDPOINT"):
        given["database_url"] = "sqlite://"  # never opened
    settings = load_settings(**given)
    url = make_url(settings.database_url)
    a_file = not settings.appwrite_endpoint and url.get_backend_name() == "sqlite"
    if a_file and not (url.database and Path(url.database).is_file()):
        raise NoSave(f"there is no save at {url.database or settings.database_url}")
    return settings
