"""The WSGI entry point: `gunicorn public_web.wsgi:app`."""

from __future__ import annotations

import sys

from public_web.app import create_app
from public_web.settings import BadSettings, load_settings

try:
    app = create_app(load_settings())
except BadSettings as trouble:
    print(f"public_web: {trouble}", file=sys.stderr)
    raise SystemExit(3) from None  # gunicorn gives up at status 3 and would try again for ever at any other
