"""Starts the API's HTTP server: `python -m api.serve`. The one place that knows how each server is called.

`API_SERVER` chooses it (`docs/adr/0014-granian-serves-the-api.md` has the figures), `LISTEN_HOST` and `API_PORT` say
where it listens. It replaces this process, so that signals and exit statuses are the server's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

SERVERS = ("granian", "gunicorn")
THREADS = 8  # requests at once, in the one process
STOP_SECONDS = 30  # for what is in flight, from SIGTERM on; a long poll takes 25
APP = "api.wsgi:app"


class BadServer(Exception):
    """A setting that no server can be started with, in one line."""


def command(env: Mapping[str, str], app: str = APP) -> list[str]:
    """The server's command line after the interpreter's name. Raises BadServer. Benchmarks give another `app`."""
    server = env.get("API_SERVER") or SERVERS[0]
    host, port = env.get("LISTEN_HOST") or "127.0.0.1", env.get("API_PORT") or "5000"
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise BadServer("API_PORT must be a number from 1 to 65535")
    if server == "gunicorn":
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        # It would open a socket for its own command line, which nobody here uses.
        one = ["-w", "1", "-k", "gthread", "--threads", str(THREADS), "--no-control-socket"]
        return ["-m", "gunicorn", *one, "--graceful-timeout", str(STOP_SECONDS), "-b", address, app]
    if server == "granian":
        # A worker that dies ends the server, and whoever watches over it starts both: asked to replace workers, it
        # would try again for ever with settings that cannot work.
        one = ["--workers", "1", "--blocking-threads", str(THREADS), "--http", "1", "--no-ws"]
        bounds = ["--workers-kill-timeout", str(STOP_SECONDS)]
        return ["-m", "granian", "--interface", "wsgi", *one, *bounds, "--host", host, "--port", port, app]
    raise BadServer(f"API_SERVER must be {' or '.join(SERVERS)}")


def main() -> None:
    """Becomes the server; ends with status 4, like `api/wsgi.py`, when the settings name none."""
    try:
        words = command(os.environ)
    except BadServer as error:
        print(f"The API cannot start:\n{error}", file=sys.stderr)
        sys.exit(4)
    # Unbuffered, so that a line that a full disk refuses is gone: granian's master would die of flushing it later.
    os.execv(sys.executable, [sys.executable, "-u", *words])


if __name__ == "__main__":
    main()
