"""A real PostgreSQL server on a private folder, for one test session; it may be killed and stopped like a process."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from launcher.system_parts import PARTS

START_SECONDS = 60.0
LOOK_SECONDS = 0.05


class Postgres:
    """Started by `start`; `url()` makes an empty database. PostgreSQL refuses root, so root borrows its account.

    `settings` are lines of postgresql.conf, such as `track_commit_timestamp="on"`.
    """

    def __init__(self, **settings: str) -> None:
        program = PARTS["postgresql"].find()
        assert program is not None, "PostgreSQL is missing"
        self._bin = Path(program).resolve().parent
        self._folder = Path(tempfile.mkdtemp(prefix="coc-pg-", dir="/tmp"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        # A socket in the private folder needs no port at all. The machine itself never fails here: no fsync.
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            **settings,
        }
        self._databases = 0
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the server's folder and start it; returns when it takes connections."""
        self._run("initdb", "-D", str(self._data), "-U", "coc", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.spawn()
        self.wait()

    def url(self) -> str:
        self._databases += 1
        name = f"t{self._databases}"
        self._run("createdb", "-h", str(self._folder), "-U", "coc", name)
        return f"postgresql://coc@/{name}?host={self._folder}"

    def dump(self, url: str, path: Path) -> None:
        """Write a database to a file, as SQL."""
        path.write_text(self._run("pg_dump", url), encoding="utf-8")

    def stop(self) -> None:
        """For good."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- as a process among others ---

    def spawn(self) -> None:
        """Start the server on its folder and wait for nothing; after a kill it recovers first."""
        options = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*self._as, str(self._bin / "postgres"), "-D", str(self._data), *options],
                cwd="/",
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until it takes connections. Raises AssertionError with the server's last words."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            asked = [*self._as, str(self._bin / "pg_isready"), "-q", "-h", str(self._folder)]
            if subprocess.run(asked, cwd="/").returncode == 0:
                return
            if self._server is None or self._server.poll() is not None:
                break
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"PostgreSQL did not start:\n{self.log()[-1500:]}")

    def kill(self) -> None:
        """SIGKILL for the postmaster and all its processes at once, as when a container is killed."""
        if self._server is None:
            return
        self.signal(signal.SIGSTOP, postmaster_only=True)  # so that it makes no new ones meanwhile
        self.signal(signal.SIGKILL)
        self._server.wait()
        self._server = None

    def kill_child(self) -> bool:
        """SIGKILL for one process that serves a client: the postmaster ends all of them and recovers. False without."""
        serving = [p for p in self._children() if b"postgres: coc " in _command(p)]
        for pid in serving[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(serving)

    def signal(self, number: signal.Signals, *, postmaster_only: bool = False) -> None:
        """To the postmaster and its processes, each of which has a process group of its own."""
        if self._server is None:
            return
        for pid in [self._server.pid, *([] if postmaster_only else self._children())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def log(self) -> str:
        path = self._folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _children(self) -> list[int]:
        if self._server is None:
            return []
        pid = self._server.pid
        with contextlib.suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def _run(self, program: str, *arguments: str) -> str:
        command = [*self._as, str(self._bin / program), *arguments]
        done = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{program}: {done.stdout[-1500:]}"
        return done.stdout


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
