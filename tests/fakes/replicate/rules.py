"""What Replicate's prediction API accepts for a Llama 3 instruct model, taken strictly."""

from __future__ import annotations

from typing import Any

MODELS = frozenset(("meta/meta-llama-3-70b-instruct", "meta/meta-llama-3-8b-instruct"))
VERSIONS = {
    "fbfb20b472b2f3bdd101412a9f70a0ed4fc0ced78a77ff00970ee7a2383c575d": "meta/meta-llama-3-70b-instruct"
}
FIELDS = frozenset(("input", "version", "stream", "webhook", "webhook_events_filter"))
# Each input of the model: its type, its least and greatest value.
INPUTS: dict[str, tuple[type | tuple[type, ...], float, float]] = {
    "prompt": (str, 0, 0),
    "system_prompt": (str, 0, 0),
    "prompt_template": (str, 0, 0),
    "stop_sequences": (str, 0, 0),
    "max_tokens": (int, 1, 8192),
    "min_tokens": (int, 0, 8192),
    "temperature": ((int, float), 0, 5),
    "top_p": ((int, float), 0, 1),
    "top_k": (int, 0, 1_000_000),
    "presence_penalty": ((int, float), -2, 2),
    "frequency_penalty": ((int, float), -2, 2),
    "length_penalty": ((int, float), 0, 5),
    "seed": (int, 0, 2**32),
    "log_performance_metrics": (bool, 0, 1),
}


class Refused(Exception):
    """A problem as Replicate words it: `status`, `title`, and the detail as text."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title


def check_token(headers: dict[str, str], tokens: frozenset[str]) -> None:
    given = headers.get("authorization", "")
    if not given.startswith(("Bearer ", "Token ")):
        raise Refused(401, "Unauthenticated", "You did not pass an authentication token")
    if given.split(" ", 1)[1] not in tokens:
        raise Refused(401, "Unauthenticated", "You did not pass a valid authentication token")


def check_creation(body: Any, model: str) -> None:
    if not isinstance(body, dict):
        raise Refused(400, "Bad request", "The request body is not valid JSON")
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        raise Refused(422, "Invalid fields", f"- {unknown[0]}: Additional property is not allowed")
    if model not in MODELS:
        raise Refused(404, "Not found", "The requested resource could not be found.")
    given = body.get("input")
    if not isinstance(given, dict):
        raise Refused(422, "Input validation failed", "- input is required")
    if not str(given.get("prompt", "")).strip():
        raise Refused(422, "Input validation failed", "- input.prompt: is required")
    for name, value in given.items():
        if name not in INPUTS:
            raise Refused(422, "Input validation failed", f"- input.{name}: is not an input of this model")
        kind, least, most = INPUTS[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Refused(422, "Input validation failed", f"- input.{name}: Invalid type")
        if kind is not str and not least <= value <= most:
            raise Refused(
                422, "Input validation failed", f"- input.{name}: Must be between {least} and {most}"
            )
    if "prompt_template" in given and "{prompt}" not in given["prompt_template"]:
        raise Refused(422, "Input validation failed", "- input.prompt_template: must contain {prompt}")


def hold_seconds(headers: dict[str, str]) -> float:
    """How long a creation is held open, from `Prefer: wait` or `wait=N` (1 to 60)."""
    prefer = headers.get("prefer", "")
    if not prefer:
        return 0
    name, _, seconds = prefer.partition("=")
    if name != "wait" or (seconds and not seconds.isdigit()) or not 1 <= int(seconds or 60) <= 60:
        raise Refused(400, "Bad request", "The Prefer header must be wait or wait=n with n from 1 to 60")
    return float(seconds or 60)
