"""A real PostgreSQL server on a private folder and a free port, for one test session."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from launcher.system_parts import PARTS


class Postgres:
    """Started by `start`; `url(name)` makes an empty database. PostgreSQL refuses root, so root borrows its account."""

    def __init__(self) -> None:
        program = PARTS["postgresql"].find()
        assert program is not None, "PostgreSQL is missing"
        self._bin = Path(program).resolve().parent
        self._folder = Path(tempfile.mkdtemp(prefix="coc-pg-", dir="/tmp"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._databases = 0

    def start(self) -> None:
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", "coc", "-A", "trust", "-E", "UTF8", "--no-sync")
        # A socket in the private folder needs no port at all.
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", str(data), "-o", options, "-l", str(self._folder / "log"), "-w", "start")

    def url(self) -> str:
        self._databases += 1
        name = f"t{self._databases}"
        self._run("createdb", "-h", str(self._folder), "-U", "coc", name)
        return f"postgresql://coc@/{name}?host={self._folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._bin / program), *arguments]
        done = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{program}: {done.stdout[-1500:]}"
