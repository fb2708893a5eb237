"""The only HTTP of the website: calls the API for a person and turns its envelope into values or errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

BASE = "/api/v1"
# How a field is called in a sentence about what is wrong with it.
SUBJECTS = {
    "email": "The e-mail address",
    "password": "The password",
    "current_password": "The password",
    "name": "The name",
    "character_class": "The class",
    "token": "This link",
    "code": "The code",
}


class ApiDown(Exception):
    """The API cannot be reached, is too slow, or answered something that is no answer."""


class ApiRefusal(Exception):
    """The API said no. `message` is a sentence for people, `field` the form field at fault, if any."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.details = status, code, message, details

    @property
    def field(self) -> str:
        return str(self.details.get("field") or "")

    @property
    def sentence(self) -> str:
        """The API's message; for a bad field, what is wrong with it."""
        problem = str(self.details.get("problem") or "")
        if problem[:1].islower():  # the API names the field apart: "must have 10 to 200 characters"
            subject = SUBJECTS.get(self.field) or self.field.replace("_", " ").capitalize()
            return f"{subject} {problem.rstrip('.')}."
        return problem or self.message or "That was refused."


class ApiClient:
    """Calls on behalf of one request: `token` says for whom, `request_id` follows the call through every hop.

    `forwarded` are headers that tell the API where the visitor comes from.
    """

    def __init__(
        self,
        http: httpx.Client,
        request_id: str,
        token: str | None,
        forwarded: Mapping[str, str] | None = None,
    ) -> None:
        self._http = http
        self._request_id = request_id
        self._token = token
        self._forwarded = dict(forwarded or {})

    def health(self) -> dict[str, Any]:
        """What the API says of itself, also when its store is down. Raises ApiDown."""
        answer = self._send("GET", "health", None, {}, None)
        return _result(answer)

    def get(self, *path: str, **query: str | int) -> dict[str, Any]:
        return self._call("GET", path, None, query)

    def items(self, *path: str, **query: str | int) -> list[dict[str, Any]]:
        """The `items` of a list answer."""
        found = self.get(*path, **query).get("items")
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def post(self, *path: str, body: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
        """`key` makes a repeated form submission harmless (Idempotency-Key)."""
        return self._call("POST", path, body, {}, key)

    def delete(self, *path: str, **query: str | int) -> dict[str, Any]:
        return self._call("DELETE", path, None, query)

    def download(self, *path: str) -> httpx.Response:
        """A file, to be passed on piece by piece and then closed. Raises ApiRefusal, ApiDown."""
        where = "/".join(quote(part, safe="") for part in path)
        try:
            request = self._http.build_request("GET", f"{BASE}/{where}", headers=self._headers(None))
            answer = self._http.send(request, stream=True)
            if not answer.is_success:
                answer.read()
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise ApiDown(type(problem).__name__) from problem
        if not answer.is_success:
            raise _refusal(answer)
        return answer

    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        body: Mapping[str, Any] | None,
        query: Mapping[str, str | int],
        key: str | None = None,
    ) -> dict[str, Any]:
        answer = self._send(method, "/".join(quote(part, safe="") for part in path), body, query, key)
        if answer.is_success:
            return _result(answer)
        raise _refusal(answer)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str | int],
        key: str | None,
    ) -> httpx.Response:
        try:
            return self._http.request(
                method, f"{BASE}/{path}", json=body, params=dict(query), headers=self._headers(key)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise ApiDown(type(problem).__name__) from problem

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"X-Request-ID": self._request_id, "Accept": "application/json", **self._forwarded}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if key:
            headers["Idempotency-Key"] = key
        return headers


def _refusal(answer: httpx.Response) -> ApiRefusal:
    """What the API says against it. Raises ApiDown for an answer that says nothing."""
    error = _envelope(answer).get("error")
    if not isinstance(error, dict) or answer.status_code >= 500:
        raise ApiDown(f"status {answer.status_code}")
    details = error.get("details")
    return ApiRefusal(
        answer.status_code,
        str(error.get("code", "")),
        str(error.get("message", "")),
        details if isinstance(details, dict) else {},
    )


def _envelope(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as problem:
        raise ApiDown(f"status {answer.status_code} without JSON") from problem
    if not isinstance(found, dict):
        raise ApiDown(f"status {answer.status_code} without an envelope")
    return found


def _result(answer: httpx.Response) -> dict[str, Any]:
    result = _envelope(answer).get("result")
    if isinstance(result, list):
        return {"items": result}
    return result if isinstance(result, dict) else {}
