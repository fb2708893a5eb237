"""The stores that a house can run on, and how their documents are read past every layer of the product."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.fakes.postgres import Postgres

Json = dict[str, Any]
STORES = ("sqlite", "postgresql")


class Books(Protocol):
    """Whatever a store holds, read at one moment."""

    def read(self, collections: tuple[str, ...]) -> dict[str, list[tuple[str, Json]]]:
        """For each collection its ids and bodies; those of `feed` in the order of their commits."""
        ...


@dataclass(frozen=True, slots=True)
class SqliteBooks:
    """A database file. Its rowids grow with each commit."""

    path: Path

    def read(self, collections: tuple[str, ...]) -> dict[str, list[tuple[str, Json]]]:
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
        try:
            connection.execute("BEGIN")  # one moment for all of them
            return {
                name: [(i, json.loads(body)) for i, body in connection.execute(
                    f"SELECT id, body FROM {name} ORDER BY rowid"
                )]
                for name in collections
            }  # fmt: skip
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class PostgresBooks:
    """A database of a server that runs with `track_commit_timestamp`. Feed rows are never changed, so that a row's
    `xmin` names the transaction that brought it; other documents come in the order of their ids, which are times."""

    url: str

    def read(self, collections: tuple[str, ...]) -> dict[str, list[tuple[str, Json]]]:
        with psycopg.connect(self.url, connect_timeout=5) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # one moment for all of them
            return {
                name: [(i, json.loads(body)) for i, body in connection.execute(_in_order(name))]
                for name in collections
            }


def _in_order(collection: str) -> bytes:
    order = "pg_xact_commit_timestamp(xmin), id" if collection == "feed" else "id"
    return f"SELECT id, body FROM {collection} ORDER BY {order}".encode()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A store for one evening. `server` is there when it is a process of its own, which may be struck."""

    url: str
    books: Books
    server: Postgres | None = None


@contextmanager
def shelf(store: str, folder: Path) -> Iterator[Shelf]:
    """An empty store; what is left of it afterwards lies in the folder."""
    if store == "sqlite":
        path = folder / "stack.sqlite3"
        yield Shelf(f"sqlite:///{path}", SqliteBooks(path))
        return
    server = Postgres(track_commit_timestamp="on")
    try:
        server.start()
        url = server.url()
        yield Shelf(url, PostgresBooks(url), server)
        server.dump(url, folder / "store.sql")
    finally:
        (folder / "postgres.log").write_text(server.log(), encoding="utf-8")
        server.stop()
