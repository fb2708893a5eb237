"""The SQL adapter of the store port: SQLite (WAL) by default, PostgreSQL by URL, one table a collection."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from api.store import sql_statements as statements
from api.store.cursor import decode_cursor, encode_cursor
from api.store.port import (
    ID_PATTERN,
    MAX_CHANGES,
    MAX_PAGE,
    BadChange,
    Change,
    Conflict,
    Delete,
    Document,
    InDoubt,
    Insert,
    Page,
    Query,
    StoreError,
    Touch,
    Update,
)
from api.store.schema import COLLECTIONS, SCHEMA_VERSION
from api.store.sql_prepared import Prepared

log = structlog.get_logger()

_LOST_RACES = ("40001", "40P01")  # SQLSTATE: serialization failure, deadlock
_BUSY_MILLISECONDS = 15_000
_SCHEMA_LOCK = 0xC0C  # any number that only we take


class SqlStore:
    """Documents in SQL. `url` is an SQLAlchemy URL; the tables are made when they are missing.

    A database server that is away at the start is waited for, and so is a disk that is full: until it is there, every
    call raises StoreError.
    """

    def __init__(self, url: str) -> None:
        self._metadata = sa.MetaData()
        self._tables = {c.name: statements.table_of(c, self._metadata) for c in COLLECTIONS.values()}
        self._engine = _engine(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._driver: Any = self._engine.dialect.loaded_dbapi
        # Connections that are ready for the next call. Only for a file of SQLite: there an idle one holds nothing,
        # cannot be cut off, and the pool's own checking costs more than most statements.
        self._idle: deque[Any] = deque()
        self._keeps = self._is_sqlite and isinstance(self._engine.pool, sa.QueuePool)
        self._verbs: dict[tuple[str, str], Prepared] = {}
        self._pages: dict[tuple[Any, ...], Prepared] = {}
        self._is_ready = False
        self._preparing = threading.Lock()
        self._prepare_early()

    def get(self, collection: str, document_id: str) -> Document | None:
        rows = self._rows(self._prepared(collection, "get"), {"key": document_id})
        return _document(*rows[0][:3]) if rows else None

    def get_many(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        if not ids:
            return {}
        if len(ids) > 100:
            raise BadChange("get_many takes at most 100 ids")
        if len(ids) == 1:
            found = self.get(collection, ids[0])
            return {found.id: found} if found else {}
        shape = (collection, len(ids))
        prepared = self._pages.get(shape)
        if prepared is None:
            table = self._table(collection)
            one_of = table.c.id.in_([sa.bindparam(f"id_{i}") for i in range(len(ids))])
            statement = sa.select(table.c.id, table.c.revision, table.c.body).where(one_of)
            prepared = self._pages[shape] = Prepared.of(statement, self._engine)
        rows = self._rows(prepared, {f"id_{i}": one for i, one in enumerate(ids)})
        return {row[0]: _document(*row[:3]) for row in rows}

    def query(self, query: Query) -> Page:
        size = max(1, min(query.limit, MAX_PAGE))
        nulls = frozenset(name for name, value in query.where.items() if value is None)
        shape = (
            query.collection, tuple(query.where), nulls, tuple(query.above), tuple(query.below), query.order_by,
            query.descending,
        )  # fmt: skip
        if query.cursor is not None:
            statement = self._page(*shape).where(
                statements.beyond(*self._order(query), query.descending, *decode_cursor(query.cursor))
            )
            rows: Sequence[Any] = self._read(statement, statements.bounds(query, size + 1))
        else:
            prepared = self._pages.get(shape)
            if prepared is None:
                prepared = self._pages[shape] = Prepared.of(self._page(*shape), self._engine)
            rows = self._rows(prepared, statements.bounds(query, size + 1))
        items = tuple(_document(*row[:3]) for row in rows[:size])
        return Page(items, encode_cursor(rows[size - 1][3], rows[size - 1][0]) if len(rows) > size else None)

    def _order(self, query: Query) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
        table = self._table(query.collection)
        return (statements.column(table, query.order_by) if query.order_by else table.c.id), table.c.id

    def _page(
        self, collection: str, where: tuple[str, ...], nulls: frozenset[str], above: tuple[str, ...],
        below: tuple[str, ...], order_by: str | None, descending: bool,
    ) -> sa.Select[Any]:  # fmt: skip
        """The statement for every query of one shape; `statements.bounds` gives its values."""
        table = self._table(collection)
        order = statements.column(table, order_by) if order_by else table.c.id
        statement = sa.select(table.c.id, table.c.revision, table.c.body, order.label("sorted_by"))
        for name in where:
            column = statements.column(table, name)
            statement = statement.where(
                column.is_(None) if name in nulls else column == sa.bindparam(f"is_{name}")
            )
        for name in above:
            statement = statement.where(statements.column(table, name) > sa.bindparam(f"above_{name}"))
        for name in below:
            statement = statement.where(statements.column(table, name) < sa.bindparam(f"below_{name}"))
        if descending:
            statement = statement.order_by(order.desc().nulls_last(), table.c.id.desc())
        else:
            statement = statement.order_by(order.asc().nulls_first(), table.c.id.asc())
        return statement.limit(sa.bindparam("size", type_=sa.Integer))

    def commit(self, changes: Sequence[Change]) -> None:
        if len(changes) > MAX_CHANGES:
            raise BadChange(f"{len(changes)} changes in one commit; at most {MAX_CHANGES}")
        for change in changes:
            if not ID_PATTERN.match(change.id):
                raise BadChange(f"'{change.id}' cannot be a document's id")
            self._table(change.collection)
        if not changes:
            return
        with self._cursor(changes[0]) as (connection, cursor):
            if self._is_sqlite:
                # A writer takes the lock at once, so that it waits instead of failing half-way.
                cursor.execute("BEGIN IMMEDIATE")
            for change in changes:
                self._apply(cursor, change)
            try:
                connection.commit()
            except self._driver.Error as error:
                if not self._engine.dialect.is_disconnect(error, connection.dbapi_connection, cursor):
                    raise
                connection.invalidate(error)
                raise InDoubt(_plain(error)) from error

    def ping(self) -> None:
        self._read(sa.select(sa.literal(1)))

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()

    def _apply(self, cursor: Any, change: Change) -> None:
        collection, document_id = change.collection, change.id
        match change:
            case Insert(body=body):
                try:
                    self._prepared(collection, "insert").run(
                        cursor, {"key": document_id, "revision": 1, **statements.values(collection, body)}
                    )
                except self._driver.IntegrityError as error:
                    raise Conflict(collection, document_id) from error
                return
            case Update(revision=revision, body=body):
                values = {
                    "revision": revision + 1,
                    "expected": revision,
                    **statements.values(collection, body),
                }
                self._prepared(collection, "update").run(cursor, {"key": document_id, **values})
            case Touch(revision=revision):
                values = {"key": document_id, "revision": revision + 1, "expected": revision}
                self._prepared(collection, "touch").run(cursor, values)
            case Delete(revision=revision):
                self._prepared(collection, "delete").run(cursor, {"key": document_id, "expected": revision})
        if cursor.rowcount != 1:
            raise Conflict(collection, document_id)

    def _rows(self, prepared: Prepared, values: Mapping[str, Any]) -> list[Any]:
        with self._cursor() as (_, cursor):
            prepared.run(cursor, values)
            rows: list[Any] = cursor.fetchall()
            return rows

    @contextmanager
    def _cursor(self, first: Change | None = None) -> Iterator[tuple[Any, Any]]:
        """A pooled connection of the driver with a cursor; whatever is not committed is rolled back.

        Raises StoreError; or Conflict on `first`, when the database itself chose this one to lose a race.
        """
        self._require_ready()
        connection = self._connection()
        cursor: Any = None
        clean = False
        try:
            cursor = connection.cursor()
            yield connection, cursor
            clean = True
        except self._driver.Error as error:
            if self._engine.dialect.is_disconnect(error, connection.dbapi_connection, cursor):
                connection.invalidate(error)
            if first is not None and getattr(error, "sqlstate", None) in _LOST_RACES:
                raise Conflict(first.collection, first.id) from error
            raise StoreError(_plain(error)) from error
        finally:
            if clean and self._keeps:
                self._idle.append(connection)
            else:
                connection.close()

    def _connection(self) -> Any:
        try:
            return self._idle.pop()  # the latest first: its cache is warm
        except IndexError:
            return self._open()

    def _open(self) -> Any:
        try:
            return self._engine.raw_connection()
        except (self._driver.Error, SQLAlchemyError) as error:
            raise StoreError(_plain(error)) from error

    def _read(
        self, statement: sa.Select[Any], values: Mapping[str, Any] | None = None
    ) -> Sequence[sa.Row[Any]]:
        self._require_ready()
        try:
            with self._engine.connect() as connection:
                return connection.execute(statement, values).all()
        except SQLAlchemyError as error:
            raise StoreError(_plain(error)) from error

    def _prepared(self, collection: str, verb: str) -> Prepared:
        prepared = self._verbs.get((collection, verb))
        if prepared is None:
            prepared = Prepared.of(statements.statement(self._table(collection), verb), self._engine)
            self._verbs[collection, verb] = prepared
        return prepared

    def _table(self, collection: str) -> sa.Table:
        table = self._tables.get(collection)
        if table is None:
            raise BadChange(f"no collection '{collection}' is declared in api/store/schema.py")
        return table

    def _prepare_early(self) -> None:
        """Find out at the start what is wrong with the store, unless it is just away. Raises StoreError."""
        try:
            self._require_ready()
        except StoreError as error:
            passing = _is_disk_trouble if self._is_sqlite else _is_away
            if not passing(error.__cause__):
                raise
            log.warning("store_awaited", error=str(error))

    def _require_ready(self) -> None:
        if self._is_ready:
            return
        with self._preparing:
            if not self._is_ready:
                self._prepare()
                self._is_ready = True

    def _prepare(self) -> None:
        """Bring the tables up to this program's schema, one process at a time. Raises StoreError."""
        try:
            with self._engine.connect().execution_options(coc_write=True) as connection, connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                found = _schema_version(connection)
                if found is not None and found > SCHEMA_VERSION:
                    raise StoreError(
                        f"the store has schema {found}, this program knows up to {SCHEMA_VERSION}: update it"
                    )
                if found != SCHEMA_VERSION:
                    _migrate(connection)
        except SQLAlchemyError as error:
            raise StoreError(_plain(error)) from error


def _schema_version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _migrate(connection: Connection) -> None:
    # Loaded only by the process that has something to do: it is most of a second.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_away(error: BaseException | None) -> bool:
    from api.store.sql_postgres import is_away

    return error is not None and is_away(error)


def _is_disk_trouble(error: BaseException | None) -> bool:
    """Whether SQLite met a full or failing disk, which is no reason to end: it may have room again in a moment."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return (code & 0xFF) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        # Loaded only by who uses it: it is an eighth of a second.
        from api.store.sql_postgres import postgres_engine

        return postgres_engine(parsed)
    if parsed.database and parsed.database != ":memory:":
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder of {parsed.database}: {error.strerror}") from error
    # Idle connections count as checked out (`SqlStore._idle`), so the pool sets no limit; the threads do.
    engine = sa.create_engine(parsed, max_overflow=-1, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once, so that it waits instead of failing half-way; a single read needs none.
        if connection.get_execution_options().get("coc_write"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _document(document_id: str, revision: int, body: str) -> Document:
    return Document(document_id, revision, orjson.loads(body))


def _plain(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
