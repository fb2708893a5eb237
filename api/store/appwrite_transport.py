"""HTTP for Appwrite's SDK: pooled connections, time-outs, and two kinds of failure instead of one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import appwrite.client  # type: ignore[import-untyped]
import requests
from appwrite.client import Client
from appwrite.exception import AppwriteException  # type: ignore[import-untyped]
from appwrite.services.tables_db import TablesDB  # type: ignore[import-untyped]

from api.store.port import StoreError

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
POOLED_CONNECTIONS = 32

_PASSING = {408, 425, 429}

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Unanswered(Exception):
    """No usable answer came (network, time-out, 5xx, 429): whether the request was carried out is not known."""


class Refusal(Exception):
    """Appwrite said no: the request was not carried out. `kind` is its stable error type."""

    def __init__(self, code: int, kind: str, message: str) -> None:
        super().__init__(f"{message} ({code} {kind})")
        self.code = code
        self.kind = kind


class Api:
    """The SDK's TablesDB service on a connection pool of its own. Safe to share between threads."""

    def __init__(self, endpoint: str, project: str, key: str, timeouts: tuple[float, float]) -> None:
        for name, value in (("endpoint", endpoint), ("project", project), ("API key", key)):
            # Such a character would make `requests` repeat the whole value, key included, in its error.
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                raise StoreError(
                    f"Appwrite's {name} is empty or holds a character that does not belong there"
                )
        self._pool = _Pool(timeouts)
        client = Client()
        try:
            client.set_endpoint(endpoint.rstrip("/")).set_project(project).set_key(key)
        except AppwriteException as error:
            raise StoreError(
                f"Appwrite's endpoint must start with http:// or https://: {endpoint}"
            ) from error
        self.tables: Any = TablesDB(client)

    def call(self, operation: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Calls a method of `tables`. Raises Unanswered or Refusal."""
        token = _pool_in_use.set(self._pool)
        try:
            return operation(*args, **kwargs)
        except AppwriteException as error:
            code = int(error.code or 0)
            if code == 0 or code >= 500 or code in _PASSING:
                raise Unanswered(f"{_first_line(error.message)} ({code or 'no answer'})") from error
            if not error.type:
                raise Unanswered(f"an answer that is not Appwrite's ({code})") from error
            raise Refusal(code, error.type, _first_line(error.message)) from error
        except (ValueError, KeyError) as error:
            # The SDK trips over bodies that are not of Appwrite's form, such as a proxy's.
            raise Unanswered(f"an answer that is not Appwrite's: {type(error).__name__}") from error
        finally:
            _pool_in_use.reset(token)

    def close(self) -> None:
        self._pool.close()


class _Pool:
    """One `requests.Session` with time-outs; keeps no cookies and follows no redirect, so the key goes nowhere else."""

    def __init__(self, timeouts: tuple[float, float]) -> None:
        self._timeouts = timeouts
        self._session = requests.Session()
        self._session.cookies.set_policy(_NoCookies())
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=POOLED_CONNECTIONS)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def request(self, **kwargs: Any) -> Any:
        kwargs |= {"timeout": self._timeouts, "allow_redirects": False}
        response = self._session.request(**kwargs)
        warning = response.headers.pop("x-appwrite-warning", None)
        if warning:  # the SDK would print it to stderr
            logger.debug("Appwrite warns: %s", warning)
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status_code < 400 and response.status_code != 204 and not is_json:
            # The SDK would take a proxy's page for an answer.
            raise requests.RequestException(f"an answer that is not Appwrite's ({response.status_code})")
        return response

    def close(self) -> None:
        self._session.close()


class _NoCookies(DefaultCookiePolicy):
    def set_ok(self, *_: Any) -> bool:
        return False


class _Dispatcher:
    """Takes the place of the module `requests` inside the SDK. Other users of the SDK notice nothing."""

    def request(self, **kwargs: Any) -> Any:
        pool = _pool_in_use.get()
        return requests.request(**kwargs) if pool is None else pool.request(**kwargs)


_pool_in_use: ContextVar[_Pool | None] = ContextVar("appwrite_pool", default=None)
appwrite.client.requests = _Dispatcher()


def _first_line(message: object) -> str:
    lines = str(message).strip().splitlines()
    return lines[0][:300] if lines else "no message"
