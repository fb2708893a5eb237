"""The SQL store on PostgreSQL: no call waits for ever, and a server that is away is told from a wrong address."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy.engine import URL, Engine

T = TypeVar("T")
CONNECT_SECONDS = 3  # libpq's own unit is whole seconds
ANSWER_SECONDS = 8.0  # the longest wait for one statement: the hottest row is free again long before
_LOOK_SECONDS = 0.1
# What a server says that will take us in by itself; every other refusal is a wrong address, name or password.
_PASSING = ("starting up", "shutting down", "in recovery mode", "not yet accepting", "too many clients",
            "remaining connection slots")  # fmt: skip


class TimelyConnection(psycopg.Connection[Any]):
    """A connection that gives up on a server which stands still: neither TCP nor `statement_timeout` would notice."""

    def wait(self, gen: PQGen[T], interval: float = _LOOK_SECONDS, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, ANSWER_SECONDS if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # its answer may still come, and would be taken for that of the next statement
            raise


def postgres_engine(url: URL) -> Engine:
    """An engine that tests each pooled connection before use, so that a server's restart costs nobody an error."""
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_timeout=ANSWER_SECONDS,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )

    @sa.event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, arguments: Any, parameters: dict[str, Any]) -> TimelyConnection:
        return TimelyConnection.connect(*arguments, **parameters)

    return engine


def is_away(error: BaseException) -> bool:
    """Whether no connection could be made for a reason that may pass: nobody answers, or not yet."""
    plain = getattr(error, "orig", None) or error
    if not isinstance(plain, psycopg.OperationalError):
        return False
    told = str(plain)
    return "FATAL" not in told or any(words in told for words in _PASSING)
