"""The entry point for WSGI servers (`api/serve.py` starts them). Bad configuration or content ends in clear lines."""

from __future__ import annotations

import sys

from api.app import create_app
from api.settings import BadSettings
from api.wiring import CannotStart

try:
    app = create_app()
except (BadSettings, CannotStart) as error:
    print(f"The API cannot start:\n{error}", file=sys.stderr)
    # Gunicorn's own code for "the app cannot boot", after which its master does not try again; granian's never does.
    sys.exit(4)
