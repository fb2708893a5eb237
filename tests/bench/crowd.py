"""Callers for benchmarks: threads with one kept connection each, so lean that the server's time is what counts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence

Request = Callable[[int], bytes]


class Line:
    """One HTTP/1.1 connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=1 << 16)

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises ConnectionError when the line was closed before it."""
        self._socket.sendall(request)
        first = self._file.readline()
        if not first:
            raise ConnectionError("the server closed the line")
        status = int(first.split()[1])
        length = 0
        while (header := self._file.readline()) != b"\r\n":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self._file.read(length)

    def renew(self) -> None:
        """A fresh connection: servers close a line that was idle for a while."""
        self.close()
        self._open()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bench",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def rush(
    port: int, shares: Sequence[Sequence[bytes]], expected: int, times: list[float] | None = None
) -> float:
    """Each share is sent by a thread of its own, one request after the other; seconds until the last answer.

    `times` collects the seconds of every request. Raises AssertionError when an answer is not the expected one.
    """
    ready = threading.Barrier(len(shares) + 1)
    wrong: list[tuple[int, bytes]] = []

    def work(share: Sequence[bytes]) -> None:
        line = Line(port)
        ready.wait()
        for request in share:
            sent = time.perf_counter()
            status, body = line.send(request)
            if times is not None:
                times.append(time.perf_counter() - sent)
            if status != expected:
                wrong.append((status, body[:300]))
        line.close()

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
    return time.perf_counter() - began
