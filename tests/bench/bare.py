"""What accepting an action is measured against: a bare Flask route that knows nothing of a game.

It looks a token up, inserts one row into the same kind of store through the same adapter (SQLite, WAL, synchronous
NORMAL) and enqueues one RQ job. A server of `api/serve.py` runs it, with `BARE_DATABASE` and `REDIS_URL`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets

import redis
from flask import Flask, Response, request
from rq import Queue
from rq.serializers import JSONSerializer

from api.store.port import Insert
from api.store.sql import SqlStore

QUEUE = "bare_tasks"  # nobody works on it


def login(token: str, user_id: str) -> Insert:
    return Insert("logins", _hashed(token), {"user_id": user_id, "expires_at": "9999"})


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:36]


def create_app() -> Flask:
    store = SqlStore(f"sqlite:///{os.environ['BARE_DATABASE']}")
    queue = Queue(QUEUE, connection=redis.Redis.from_url(os.environ["REDIS_URL"]), serializer=JSONSerializer)
    app = Flask(__name__)

    @app.post("/act")
    def act() -> Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if store.get("logins", _hashed(token)) is None:
            return Response("{}", 401, mimetype="application/json")
        action = secrets.token_hex(13)
        store.commit([Insert("leases", action, request.get_json())])
        queue.enqueue("tests.bench.bare.nothing", action, job_id=action)
        return Response(json.dumps({"job_id": action, "status": "queued"}), 202, mimetype="application/json")

    return app


def __getattr__(name: str) -> Flask:
    """The app, made when a server asks for it and not when the benchmark imports this module."""
    if name != "app":
        raise AttributeError(name)
    return create_app()
