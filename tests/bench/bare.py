"""What accepting an action is measured against: a bare Flask route that knows nothing of a game.

It looks a token up, inserts one row into the same kind of store (SQLite, WAL, synchronous NORMAL, through SQLAlchemy's
pool) and enqueues one RQ job. `gunicorn tests.bench.bare:app`, with `BARE_DATABASE` and `REDIS_URL`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from typing import Any

import redis
import sqlalchemy as sa
from flask import Flask, Response, request
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "bare_tasks"  # nobody works on it


def open_store(path: str) -> tuple[sa.Engine, sa.Table, sa.Table]:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 15})

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}").close()

    metadata = sa.MetaData()
    tokens = sa.Table(
        "tokens", metadata, sa.Column("id", sa.Text, primary_key=True), sa.Column("user_id", sa.Text)
    )
    actions = sa.Table(
        "actions", metadata, sa.Column("id", sa.Text, primary_key=True), sa.Column("body", sa.Text)
    )
    metadata.create_all(engine)
    return engine, tokens, actions


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:36]


def create_app() -> Flask:
    engine, tokens, actions = open_store(os.environ["BARE_DATABASE"])
    queue = Queue(QUEUE, connection=redis.Redis.from_url(os.environ["REDIS_URL"]), serializer=JSONSerializer)
    app = Flask(__name__)

    @app.post("/act")
    def act() -> Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        with engine.connect() as connection:
            found = connection.execute(
                sa.select(tokens.c.user_id).where(tokens.c.id == hashed(token))
            ).scalar()
        if found is None:
            return Response("{}", 401, mimetype="application/json")
        action = secrets.token_hex(13)
        with engine.begin() as connection:
            connection.execute(actions.insert().values(id=action, body=json.dumps(request.get_json())))
        queue.enqueue("tests.bench.bare.nothing", action, job_id=action)
        return Response(json.dumps({"job_id": action, "status": "queued"}), 202, mimetype="application/json")

    return app


def __getattr__(name: str) -> Flask:
    """The app, made when gunicorn asks for it and not when the benchmark imports this module."""
    if name != "app":
        raise AttributeError(name)
    return create_app()
