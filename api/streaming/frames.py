"""Server-sent events as bytes, encoded once and shared by everybody who gets them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

KEEP_ALIVE = b": keep-alive\n\n"
_LEFT = "member_left"
_TAKES_BACK = ("narration_withdrawn", "turn_renarrated")
_TOLD = ("turn_narrated", "turn_renarrated", "turn_withdrawn", "narration_withdrawn")


@dataclass(frozen=True, slots=True)
class Frame:
    """One event on the wire. `seq` is the feed row's number, 0 for what carries none."""

    data: bytes
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Row(Frame):
    """A feed row, with what the stream itself must know of it: who left, which turns' stories are closed, and whether
    it takes back what stood in earlier rows."""

    left: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    takes_back: bool = False

    @property
    def json(self) -> bytes:
        """The row alone, without its event around it."""
        return self.data[self.data.index(b"data: ") + 6 : -2]


def feed_row(row: Json) -> Row:
    seq = int(row["seq"])
    text = f"id: {seq}\nevent: feed\ndata: {json.dumps(row, ensure_ascii=False)}\n\n"
    left: list[str] = []
    told: list[str] = []
    for event in row["events"]:
        if event["type"] == _LEFT:
            left.append(event["user_id"])
        elif event["type"] in _TOLD:
            told += event.get("turn_ids") or [event["turn_id"]]
    takes_back = any(event["type"] in _TAKES_BACK for event in row["events"])
    return Row(text.encode(), seq, tuple(left), tuple(told), takes_back)


def event(kind: str, payload: Json) -> Frame:
    """An event without a number: wake, narration_delta, resync, closed."""
    return Frame(f"event: {kind}\ndata: {json.dumps(payload, ensure_ascii=False)}\n\n".encode())


def opening(retry_milliseconds: int) -> bytes:
    """The first bytes of every stream."""
    return f"retry: {retry_milliseconds}\n: following\n\n".encode()


def last_words(kind: str, reason: str, retry_milliseconds: int) -> bytes:
    """The last event of a stream that this side ends."""
    return f"retry: {retry_milliseconds}\n".encode() + event(kind, {"reason": reason}).data
