"""Collections as SQL tables, and the statements that are made of them once."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from api.store.port import BadChange, Body, Query
from api.store.schema import COLLECTIONS, Collection

# Every backend sorts text by code point, so that pages and ids come in one order everywhere.
_BY_CODE_POINT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {"text": _BY_CODE_POINT, "integer": sa.BigInteger()}


def table_of(collection: Collection, metadata: sa.MetaData) -> sa.Table:
    """A document's id, revision and body as JSON, its fields as columns beside them, and its indexes."""
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


def column(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    """A field by which documents are found or ordered. Raises BadChange for anything else."""
    if name not in table.c or name in ("body", "revision"):
        raise BadChange(f"'{name}' is no indexed field of {table.name}")
    return table.c[name]


def beyond(
    order: sa.ColumnElement[Any], key: sa.ColumnElement[Any], descending: bool, at: Any, last_id: str
) -> sa.ColumnElement[bool]:
    """What comes after the place of a cursor; nulls are the lowest of all values."""
    if at is None:
        tied = sa.and_(order.is_(None), key < last_id if descending else key > last_id)
        return tied if descending else sa.or_(tied, order.is_not(None))
    place, limit = sa.tuple_(order, key), sa.tuple_(sa.literal(at), sa.literal(last_id))
    return sa.or_(place < limit, order.is_(None)) if descending else place > limit


def values(collection: str, body: Body) -> dict[str, Any]:
    """What the columns of a document hold, but for its id and revision."""
    fields = COLLECTIONS[collection].fields
    text = orjson.dumps(body).decode()
    return {"body": text, **{name: body.get(name) for name in fields}}


def bounds(query: Query, size: int) -> dict[str, Any]:
    """The values of a query's statement, which is the same for all queries of its shape; `size` rows at most."""
    return {
        "size": size,
        **{f"is_{name}": value for name, value in query.where.items() if value is not None},
        **{f"above_{name}": value for name, value in query.above.items()},
        **{f"below_{name}": value for name, value in query.below.items()},
    }


def statement(table: sa.Table, verb: str) -> sa.Select[Any] | sa.Insert | sa.Update | sa.Delete:
    """What is done with one document: `key` is its id, `expected` the revision that it must still have."""
    of_document = table.c.id == sa.bindparam("key")
    unchanged = sa.and_(of_document, table.c.revision == sa.bindparam("expected"))
    new: dict[str, Any] = {c.name: sa.bindparam(c.name) for c in table.columns if c.name != "id"}
    match verb:
        case "get":
            return sa.select(table.c.id, table.c.revision, table.c.body).where(of_document)
        case "insert":
            return table.insert().values(id=sa.bindparam("key"), **new)
        case "update":
            return table.update().values(**new).where(unchanged)
        case "touch":
            return table.update().values(revision=new["revision"]).where(unchanged)
        case "delete":
            return table.delete().where(unchanged)
    raise ValueError(verb)
