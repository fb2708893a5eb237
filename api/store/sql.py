"""The SQL adapter of the store port: SQLite (WAL) by default, PostgreSQL by URL, one table a collection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from api.store.cursor import decode_cursor, encode_cursor
from api.store.port import (
    ID_PATTERN,
    MAX_CHANGES,
    MAX_PAGE,
    BadChange,
    Body,
    Change,
    Conflict,
    Delete,
    Document,
    Insert,
    Page,
    Query,
    StoreError,
    Touch,
    Update,
)
from api.store.schema import COLLECTIONS, SCHEMA_VERSION, Collection

# Every backend sorts text by code point, so that pages and ids come in one order everywhere.
_BY_CODE_POINT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {"text": _BY_CODE_POINT, "integer": sa.BigInteger()}
_LOST_RACES = ("40001", "40P01")  # SQLSTATE: serialization failure, deadlock
_BUSY_MILLISECONDS = 15_000
_SCHEMA_LOCK = 0xC0C  # any number that only we take


class SqlStore:
    """Documents in SQL. `url` is an SQLAlchemy URL; the tables are made when they are missing."""

    def __init__(self, url: str) -> None:
        self._metadata = sa.MetaData()
        self._tables = {c.name: _table(c, self._metadata) for c in COLLECTIONS.values()}
        self._engine = _engine(url)
        self._prepare()

    def get(self, collection: str, document_id: str) -> Document | None:
        table = self._table(collection)
        rows = self._read(
            sa.select(table.c.id, table.c.revision, table.c.body).where(table.c.id == document_id)
        )
        return _document(rows[0]) if rows else None

    def get_many(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        if not ids:
            return {}
        if len(ids) > 100:
            raise BadChange("get_many takes at most 100 ids")
        table = self._table(collection)
        rows = self._read(sa.select(table.c.id, table.c.revision, table.c.body).where(table.c.id.in_(ids)))
        return {r.id: _document(r) for r in rows}

    def query(self, query: Query) -> Page:
        table = self._table(query.collection)
        order = _column(table, query.order_by) if query.order_by else table.c.id
        statement = sa.select(table.c.id, table.c.revision, table.c.body, order.label("sorted_by"))
        for name, value in query.where.items():
            column = _column(table, name)
            statement = statement.where(column.is_(None) if value is None else column == value)
        for name, value in query.above.items():
            statement = statement.where(_column(table, name) > value)
        for name, value in query.below.items():
            statement = statement.where(_column(table, name) < value)
        if query.cursor is not None:
            statement = statement.where(
                _beyond(order, table.c.id, query.descending, *decode_cursor(query.cursor))
            )
        size = max(1, min(query.limit, MAX_PAGE))
        if query.descending:
            statement = statement.order_by(order.desc().nulls_last(), table.c.id.desc())
        else:
            statement = statement.order_by(order.asc().nulls_first(), table.c.id.asc())
        statement = statement.limit(size + 1)
        rows = self._read(statement)
        items = tuple(_document(r) for r in rows[:size])
        more = len(rows) > size
        return Page(items, encode_cursor(rows[size - 1].sorted_by, rows[size - 1].id) if more else None)

    def commit(self, changes: Sequence[Change]) -> None:
        if len(changes) > MAX_CHANGES:
            raise BadChange(f"{len(changes)} changes in one commit; at most {MAX_CHANGES}")
        for change in changes:
            if not ID_PATTERN.fullmatch(change.id):
                raise BadChange(f"'{change.id}' cannot be a document's id")
            self._table(change.collection)
        if not changes:
            return
        try:
            with self._engine.connect().execution_options(coc_write=True) as connection, connection.begin():
                for change in changes:
                    self._apply(connection, change)
        except (Conflict, BadChange):
            raise
        except SQLAlchemyError as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) in _LOST_RACES:
                raise Conflict(changes[0].collection, changes[0].id) from error
            raise StoreError(_plain(error)) from error

    def ping(self) -> None:
        self._read(sa.select(sa.literal(1)))

    def close(self) -> None:
        self._engine.dispose()

    def _apply(self, connection: Connection, change: Change) -> None:
        table = self._table(change.collection)
        match change:
            case Insert(collection, document_id, body):
                try:
                    connection.execute(
                        table.insert().values(id=document_id, revision=1, **_columns(collection, body))
                    )
                except IntegrityError as error:
                    raise Conflict(collection, document_id) from error
                return
            case Update(collection, document_id, revision, body):
                statement: sa.Update | sa.Delete = table.update().values(
                    revision=revision + 1, **_columns(collection, body)
                )
            case Touch(collection, document_id, revision):
                statement = table.update().values(revision=revision + 1)
            case Delete(collection, document_id, revision):
                statement = table.delete()
        done = connection.execute(statement.where(table.c.id == document_id, table.c.revision == revision))
        if done.rowcount != 1:
            raise Conflict(collection, document_id)

    def _read(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(statement).all()
        except SQLAlchemyError as error:
            raise StoreError(_plain(error)) from error

    def _table(self, collection: str) -> sa.Table:
        table = self._tables.get(collection)
        if table is None:
            raise BadChange(f"no collection '{collection}' is declared in api/store/schema.py")
        return table

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


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder of {parsed.database}: {error.strerror}") from error
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})

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


def _table(collection: Collection, metadata: sa.MetaData) -> sa.Table:
    columns = [sa.Column(name, _TYPES[kind]) for name, kind in collection.fields.items()]
    table = sa.Table(
        collection.name,
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        *columns,
    )
    for index in collection.indexes:
        sa.Index(f"ix_{collection.name}_{'_'.join(index)}", *(table.c[name] for name in index))
    return table


def _column(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    if name not in table.c or name in ("body", "revision"):
        raise BadChange(f"'{name}' is no indexed field of {table.name}")
    return table.c[name]


def _beyond(
    order: sa.ColumnElement[Any], key: sa.ColumnElement[Any], descending: bool, at: Any, last_id: str
) -> sa.ColumnElement[bool]:
    """What comes after the place of a cursor; nulls are the lowest of all values."""
    if at is None:
        tied = sa.and_(order.is_(None), key < last_id if descending else key > last_id)
        return tied if descending else sa.or_(tied, order.is_not(None))
    place, limit = sa.tuple_(order, key), sa.tuple_(sa.literal(at), sa.literal(last_id))
    return sa.or_(place < limit, order.is_(None)) if descending else place > limit


def _columns(collection: str, body: Body) -> dict[str, Any]:
    fields = COLLECTIONS[collection].fields
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return {"body": text, **{name: body.get(name) for name in fields}}


def _document(row: sa.Row[Any]) -> Document:
    return Document(row.id, row.revision, json.loads(row.body))


def _plain(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
