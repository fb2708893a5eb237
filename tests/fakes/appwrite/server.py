"""The stand-in over HTTP: a thread for each connection, each request checked, each answer as Appwrite gives it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.appwrite.clock import Clock
from tests.fakes.appwrite.contract import load_contract
from tests.fakes.appwrite.errors import Refused
from tests.fakes.appwrite.faults import Fault, Faults
from tests.fakes.appwrite.routes import Request, Routes, find_route

JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Call:
    """One request that was answered (or, under a fault, at least carried out)."""

    method: str
    path: str
    status: int
    connection: int


class AppwriteStandin:
    """`with AppwriteStandin() as appwrite:` serves `appwrite.endpoint` until the block ends.

    `calls` lists what was asked, `violations` what broke the published description (ours or the client's),
    `faults` what shall go wrong, `clock` the time. `delay` is how long a column or an index is being made, seconds.
    """

    def __init__(
        self, project: str = "coc", key: str = "standin-key", delay: float = 0.02, port: int = 0
    ) -> None:
        self.project = project
        self.key = key
        self.clock = Clock()
        self.routes = Routes(self.clock, delay)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.contract = load_contract()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._stopped = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> AppwriteStandin:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self.routes.lock:
            self.routes.rows.close()

    def rows(self, database: str, table: str) -> dict[str, dict[str, Any]]:
        """What is kept in a table, by id: for tests, past HTTP and its limits."""
        with self.routes.lock:
            kept = self.routes.databases[database].table(table)
            found = self.routes.rows.matching(kept, [], 1_000_000)
            return {row_id: self.routes.rows.get(kept, row_id) for row_id in found}

    def empty(self) -> None:
        """Forgets all rows, transactions, calls, violations and faults; tables stay. Time is the real one again."""
        with self.routes.lock:
            for database in self.routes.databases.values():
                for table in database.tables.values():
                    self.routes.rows.clear(table)
            self.routes.transactions.all.clear()
        self.calls.clear()
        self.violations.clear()
        self.faults.clear()
        self.clock.reset()

    def wait_for_silence(self, fault: Fault, timeout: float | None = None) -> None:
        """Blocks a request's thread until the stand-in stops."""
        fault.reached.set()
        self._stopped.wait(timeout)

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes, connection: int = 0
    ) -> tuple[int, Any]:
        """Carries a request out. A refusal is an answer too."""
        parts = urlsplit(target)
        try:
            status, body = self._carry_out(method, parts.path, parts.query, headers, content)
        except Refused as refused:
            status, body = refused.status, refused.body
        self.calls.append(Call(method, parts.path, status, connection))
        return status, body

    def _carry_out(
        self, method: str, path: str, query: str, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, Any]:
        if headers.get("x-appwrite-project") != self.project:
            raise Refused("project_not_found", "Project with the requested ID could not be found.")
        if headers.get("x-appwrite-key") != self.key:
            raise Refused("general_unauthorized_scope", "app.guest@example.org (role: guests) missing scopes")
        handler, parameters = find_route(method, path)
        body = _json_object(content)
        pairs = parse_qsl(query, keep_blank_values=True)
        names = {name.partition("[")[0] for name, _ in pairs}
        if self.contract is not None:
            self._check_request(method, path, names, body)
        single = dict(pairs)
        request = Request(
            method=method,
            path=parameters,
            body=body,
            queries=[value for name, value in pairs if name.startswith("queries[")],
            total=single.get("total") != "false",
            transaction=single.get("transactionId"),
            read_at=headers.get("x-appwrite-timestamp"),
        )
        if handler is Routes.update_rows:
            status, answer = handler(self.routes, request)
        else:
            with self.routes.lock:
                status, answer = handler(self.routes, request)
        if self.contract is not None:
            staged = bool(request.transaction or body.get("transactionId"))
            problems = self.contract.answer_problems(method, path.removeprefix("/v1"), status, answer, staged)
            self.violations += [f"answer to {method} {path}: {problem}" for problem in problems]
        return status, answer

    def _check_request(self, method: str, path: str, names: set[str], body: dict[str, Any]) -> None:
        assert self.contract is not None
        problems = self.contract.request_problems(method, path.removeprefix("/v1"), names, body)
        if problems:
            self.violations += [f"{method} {path}: {problem}" for problem in problems]
            raise Refused("general_argument_invalid", "; ".join(problems))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], standin: AppwriteStandin) -> None:
        super().__init__(address, _Handler)
        self.standin = standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what the faults are for; anything else is our own mistake."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.standin.violations.append(f"stand-in: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        standin = self.server.standin
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = standin.faults.take(self.command, self.path)
        if fault is None:
            self._send(
                *standin.answer(self.command, self.path, self.headers, content, self.client_address[1])
            )
            return
        self._fail(standin, fault, content)

    def _fail(self, standin: AppwriteStandin, fault: Fault, content: bytes) -> None:
        fault.reached.set()
        if fault.kind == "hold":
            fault.release.wait(30)
        if fault.applied or fault.kind == "hold":
            fault.outcome, _ = standin.answer(self.command, self.path, self.headers, content)
        if fault.kind == "twice":
            standin.answer(self.command, self.path, self.headers, content)
        fault.finished.set()
        if fault.kind == "twice":
            self._send(*standin.answer(self.command, self.path, self.headers, content))
        elif fault.kind == "error" and fault.page is None:
            body = {
                "message": "Server Error",
                "code": fault.status,
                "type": "general_unknown",
                "version": "1.9.6",
            }
            self._send(fault.status, body)
        elif fault.page is not None:
            self._write(fault.status, *fault.page)
        else:
            if fault.kind == "silence":
                standin.wait_for_silence(fault)
            self.close_connection = True

    def _send(self, status: int, body: Any) -> None:
        if body is None:
            self._write(status, "text/html", b"")
        else:
            self._write(status, JSON_TYPE, json.dumps(body).encode())

    def _write(self, status: int, content_type: str, content: bytes) -> None:
        head = (
            f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}\r\n"
            + (f"Content-Type: {content_type}\r\n" if content_type else "")
            + f"Content-Length: {len(content)}\r\n\r\n"
        )
        self.wfile.write(head.encode("latin-1") + content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at `calls` instead."""


def _json_object(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        raise Refused("general_argument_invalid", "The request's body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused("general_argument_invalid", "The request's body is not an object")
    return body
