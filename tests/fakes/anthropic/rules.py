"""What Anthropic's Messages API accepts, taken strictly: anything else is a refusal with the provider's words."""

from __future__ import annotations

import re
from typing import Any

VERSIONS = ("2023-06-01", "2026-10-21")
MODELS = frozenset(
    (
        "claude-haiku-5-5",
        "claude-sonnet-5-5",
        "claude-opus-5-5",
        "claude-sonnet-5",
        "claude-opus-5",
        "claude-opus-4-8",
        "claude-opus-4-7",
        "claude-sonnet-4-6",
        "claude-haiku-4-5",
        "claude-haiku-4-5-20251001",
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
    )
)
OLDER = ("claude-haiku-4", "claude-sonnet-4-5")  # know no effort and no adaptive thinking
FIELDS = frozenset(
    (
        "max_tokens", "messages", "model", "cache_control", "container", "diagnostics", "inference_geo", "metadata",
        "output_config", "service_tier", "speed", "stop_sequences", "system", "thinking", "tool_choice", "tools",
        "stream",
    )
)  # fmt: skip
EFFORTS = ("low", "medium", "high", "xhigh", "max")
MOST_TOKENS = 128_000
MOST_CACHE_MARKS = 4
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


class Refused(Exception):
    """`kind` is the provider's error type, the text its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def refuse(message: str) -> None:
    raise Refused("invalid_request_error", message)


def check_headers(headers: dict[str, str], keys: frozenset[str]) -> None:
    given = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("x-api-key", "")
    if not given:
        raise Refused("authentication_error", "x-api-key or authorization header is required")
    if given not in keys:
        raise Refused("authentication_error", "invalid x-api-key")
    if headers.get("anthropic-version") not in VERSIONS:
        refuse("anthropic-version: header is required and must be a known version")
    if headers.get("content-type", "").split(";")[0] != "application/json":
        refuse("content-type: must be application/json")


def check_body(body: Any) -> None:
    if not isinstance(body, dict):
        refuse("the request body is not valid JSON")
    _only(body, FIELDS, "")
    for needed in ("model", "max_tokens", "messages"):
        if needed not in body:
            refuse(f"{needed}: Field required")
    model = body["model"]
    if model not in MODELS:
        raise Refused("not_found_error", f"model: {model}")
    if not _whole(body["max_tokens"]) or not 1 <= body["max_tokens"] <= MOST_TOKENS:
        refuse(f"max_tokens: must be a whole number from 1 to {MOST_TOKENS}")
    if not isinstance(body.get("stream", False), bool):
        refuse("stream: Input should be a valid boolean")
    _system(body.get("system", "-"))
    _messages(body["messages"], model)
    _tools(body)
    _thinking(body, model)
    for i, text in enumerate(body.get("stop_sequences", [])):
        if not isinstance(text, str) or not text.strip():
            refuse(f"stop_sequences.{i}: each stop sequence must contain non-whitespace")
    if "metadata" in body:
        _only(body["metadata"], {"user_id"}, "metadata.")
    marks = _cache_marks(body)
    if len(marks) > MOST_CACHE_MARKS:
        refuse(
            f"A maximum of {MOST_CACHE_MARKS} blocks with cache_control may be provided. Found {len(marks)}."
        )
    for mark in marks:
        _only(mark, {"type", "ttl"}, "cache_control.")
        if mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in ("5m", "1h"):
            refuse("cache_control: must be ephemeral with a ttl of 5m or 1h")


def _system(system: Any) -> None:
    if isinstance(system, str):
        return
    for i, block in enumerate(system):
        _only(block, {"type", "text", "cache_control", "citations"}, f"system.{i}.")
        if block.get("type") != "text" or not block.get("text"):
            refuse(f"system.{i}: text content blocks must be non-empty")


def _messages(messages: Any, model: str) -> None:
    if not isinstance(messages, list) or not messages:
        refuse("messages: at least one message is required")
    asked: set[str] = set()
    for i, message in enumerate(messages):
        at = f"messages.{i}"
        _only(message, {"role", "content"}, f"{at}.")
        role, content = message.get("role"), message.get("content")
        if role not in ("user", "assistant"):
            refuse(f"{at}.role: Input should be 'user' or 'assistant'")
        if i == 0 and role != "user":
            refuse("messages: first message must use the user role")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(blocks, list) or not blocks:
            refuse(f"{at}: all messages must have non-empty content")
        answered = {b.get("tool_use_id") for b in blocks if b.get("type") == "tool_result"}
        if asked - answered:
            refuse(
                f"{at}: `tool_use` ids were found without `tool_result` blocks: {sorted(asked - answered)}"
            )
        if answered - asked:
            refuse(f"{at}: unexpected `tool_use_id` found in `tool_result` blocks")
        asked = {_block(b, role, f"{at}.content.{j}") for j, b in enumerate(blocks)} - {""}
    if messages[-1]["role"] == "assistant" and not model.startswith(OLDER):
        refuse("This model does not support assistant message prefill.")


def _block(block: Any, role: str, at: str) -> str:
    """The id of a tool use, empty for any other block."""
    kind = block.get("type")
    if kind == "text":
        _only(block, {"type", "text", "cache_control", "citations"}, f"{at}.")
        if not isinstance(block.get("text"), str) or not block["text"].strip():
            refuse(f"{at}: text content blocks must contain non-whitespace text")
    elif kind == "tool_use" and role == "assistant":
        _only(block, {"type", "id", "name", "input", "cache_control", "caller"}, f"{at}.")
        if not isinstance(block.get("input"), dict) or not _NAME.fullmatch(str(block.get("name"))):
            refuse(f"{at}: tool_use needs a name and an input object")
        return str(block.get("id"))
    elif kind == "tool_result" and role == "user":
        _only(block, {"type", "tool_use_id", "content", "is_error", "cache_control"}, f"{at}.")
    else:
        refuse(f"{at}: a block of type {kind!r} is not expected for the {role} role")
    return ""


def _tools(body: dict[str, Any]) -> None:
    tools, choice = body.get("tools", []), body.get("tool_choice")
    names = []
    for i, tool in enumerate(tools):
        _only(tool, {"name", "description", "input_schema", "type", "strict", "cache_control"}, f"tools.{i}.")
        if not _NAME.fullmatch(str(tool.get("name"))):
            refuse(f"tools.{i}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            refuse(f"tools.{i}.input_schema.type: Field required")
        names.append(tool["name"])
    if len(set(names)) != len(names):
        refuse("tools: Tool names must be unique.")
    if choice is None:
        return
    _only(choice, {"type", "name", "disable_parallel_tool_use"}, "tool_choice.")
    if choice.get("type") not in ("auto", "any", "tool", "none"):
        refuse("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
    if not tools:
        refuse("tool_choice: may only be specified while providing tools")
    if choice["type"] == "tool" and choice.get("name") not in names:
        refuse(f"Tool '{choice.get('name')}' not found in provided tools")


def _thinking(body: dict[str, Any], model: str) -> None:
    config, thinking = body.get("output_config", {}), body.get("thinking", {})
    _only(config, {"effort", "format"}, "output_config.")
    effort = config.get("effort")
    if effort is not None:
        if model.startswith(OLDER):
            refuse("output_config.effort: This model does not support the effort parameter.")
        if effort not in EFFORTS:
            refuse("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
        if thinking.get("type") == "disabled" and effort in ("xhigh", "max"):
            refuse("thinking: cannot be disabled at this effort")
    kind = thinking.get("type")
    if kind == "enabled":
        budget = thinking.get("budget_tokens")
        if not model.startswith(OLDER):
            refuse("thinking.type: this model takes 'adaptive' or 'disabled'")
        if not _whole(budget) or not 1024 <= budget < body["max_tokens"]:
            refuse("thinking.budget_tokens: must be at least 1024 and less than max_tokens")
    elif kind == "adaptive" and model.startswith(OLDER):
        refuse("thinking.type: adaptive thinking is not supported on this model")
    elif kind not in (None, "adaptive", "disabled", "between_tools"):
        refuse("thinking.type: Input should be 'enabled', 'disabled', 'between_tools' or 'adaptive'")


def _cache_marks(value: Any) -> list[dict[str, Any]]:
    """Every `cache_control` of a request body, wherever it stands."""
    if isinstance(value, dict):
        own = [value["cache_control"]] if value.get("cache_control") else []
        return own + [m for k, v in value.items() if k != "cache_control" for m in _cache_marks(v)]
    if isinstance(value, list):
        return [m for item in value for m in _cache_marks(item)]
    return []


def _only(value: Any, known: Any, at: str) -> None:
    if not isinstance(value, dict):
        refuse(f"{at.rstrip('.') or 'body'}: Input should be an object")
    for name in value:
        if name not in known:
            refuse(f"{at}{name}: Extra inputs are not permitted")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
