"""A small tree with the real launcher and stand-in services, so that `./coc` runs end to end without the game."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from launcher.layout import ROOT
from launcher.venv import STAMP, requirement_hash

WSGI = """
from flask import Flask
app = Flask(__name__)

@app.get("/api/v1/health")
def health():
    return {"result": {"store": "ok", "queues": {"ai_tasks": 3}, "narrator": "storyteller"}}
"""
STREAM = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"{}")

address = (os.environ["STREAM_HOST"], int(os.environ["STREAM_PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
WORKER = """
import os, signal, subprocess, sys
import redis
connection = redis.from_url(os.environ["REDIS_URL"])
print("starts so far", connection.incr("starts"), flush=True)
if os.environ.get("STUB_WORKER") == "dies":
    sys.exit("the worker cannot find its lamp")
subprocess.Popen(["sleep", "998"])
signal.pause()
"""
TERMINAL = """
import os, signal, sys, time
import redis
print("table", *sys.argv[1:], flush=True)
connection = redis.from_url(os.environ["REDIS_URL"])
while not connection.get("starts"):  # the worker has no health to wait for
    time.sleep(0.02)
print("starts", connection.get("starts").decode(), flush=True)
if os.environ.get("STUB_TABLE") == "waits":
    signal.pause()
sys.exit(int(os.environ.get("STUB_STATUS", "0")))
"""
WEB = """
from flask import Flask
app = Flask(__name__)

@app.get("/health")
def health():
    return {}
"""
FILES = {
    "api/__init__.py": "",
    "api/wsgi.py": WSGI,
    "api/stream.py": STREAM,
    "api/worker.py": WORKER,
    "api/config/development.yaml": "",
    "bot/__init__.py": "",
    "bot/terminal.py": TERMINAL,
    "public_web/__init__.py": "",
    "public_web/wsgi.py": WEB,
    "public_web/config/development.yaml": "",
    "requirements.txt": "nothing==1 --hash=sha256:00\n",
}


class StubTree:
    """Builds the tree below a folder; `run` and `start` call its `./coc`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        shutil.copy(ROOT / "coc", self.root / "coc")
        shutil.copytree(
            ROOT / "launcher", self.root / "launcher", ignore=shutil.ignore_patterns("__pycache__")
        )
        for name, text in FILES.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        shutil.copy(ROOT / "api" / "serve.py", self.root / "api" / "serve.py")  # it needs nothing of the rest
        self._borrow_environment()

    @property
    def home(self) -> Path:
        return self.root / ".coc"

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "coc", *arguments],
            cwd=self.root, env=self._env(env), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Its output lands in `<root>/output.txt`."""
        with (self.root / "output.txt").open("w") as output:
            return subprocess.Popen(
                [sys.executable, "coc", *arguments],
                cwd=self.root, env=self._env(env), stdout=output, stderr=subprocess.STDOUT, text=True,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def output(self) -> str:
        return (self.root / "output.txt").read_text()

    def processes(self) -> list[int]:
        """All living processes that run in this tree, zombies aside."""
        mine = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                in_tree = os.readlink(process / "cwd") == str(self.root)
                zombie = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if in_tree and not zombie:
                mine.append(int(process.name))
        return mine

    def _env(self, changes: dict[str, str]) -> dict[str, str]:
        own = {
            "COC_HOME",
            "REDIS_URL",
            "DATABASE_URL",
            "DISCORD_TOKEN",
            "SECRET_KEY",
            "FLASK_ENV",
            "LISTEN_HOST",
        }
        return {**{key: value for key, value in os.environ.items() if key not in own}, **changes}

    def _borrow_environment(self) -> None:
        """A virtual environment of its own that shares the packages of the one that runs the tests."""
        venv, real = self.root / ".venv", Path(sys.prefix)
        (venv / "bin").mkdir(parents=True)
        shutil.copy(real / "pyvenv.cfg", venv / "pyvenv.cfg")
        (venv / "lib").symlink_to(real / "lib")
        (venv / "bin" / "python").symlink_to((real / "bin" / "python").resolve())
        stamp = {"path": str(venv), "play": requirement_hash(self.root, "play")}
        (venv / STAMP).write_text(json.dumps(stamp))


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Polls; False when the time is up."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
