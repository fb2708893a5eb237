"""The entry point for WSGI servers: `gunicorn api.wsgi:app`. Bad configuration or content ends in clear lines."""

from __future__ import annotations

import sys

from api.app import create_app
from api.content.loader import ContentError
from api.settings import BadSettings
from api.store.port import StoreError

try:
    app = create_app()
except (BadSettings, ContentError, StoreError) as error:
    print(f"The API cannot start:\n{error}", file=sys.stderr)
    sys.exit(4)  # gunicorn's own code for "the app cannot boot": the master does not try again
