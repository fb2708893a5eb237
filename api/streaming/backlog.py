"""The latest frames of one audience, shared by all its followers, so that a slow one costs nothing but its place."""

from __future__ import annotations

from collections import deque
from itertools import islice

from api.streaming.frames import Frame, Row


class Backlog:
    """Frames in order, bounded in number and bytes; who reads slower than they come is told so by `since`."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._frames: deque[Frame] = deque()
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._bytes = 0
        self._first_row = 0
        self.end = 0  # the place after the newest frame

    def append(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._bytes += len(frame.data)
        self.end += 1
        if frame.seq and not self._first_row:
            self._first_row = frame.seq
        while len(self._frames) > self._max_frames or (
            self._bytes > self._max_bytes and len(self._frames) > 1
        ):
            dropped = self._frames.popleft()
            self._bytes -= len(dropped.data)
            if dropped.seq:
                self._first_row = dropped.seq + 1

    def clear(self) -> None:
        """Forget all frames: who stands before the end is too slow now, and reads the store."""
        self._frames.clear()
        self._bytes = self._first_row = 0

    def since(self, place: int) -> list[Frame] | None:
        """The frames from a place on; None when some of them are gone already."""
        start = len(self._frames) - (self.end - place)
        return None if start < 0 else list(islice(self._frames, start, None))

    def rows_after(self, seq: int) -> list[Row] | None:
        """The feed rows after a number; None when the first of them is no longer (or was never) here."""
        if not self._first_row or seq + 1 < self._first_row:
            return None
        found: list[Row] = []
        for frame in reversed(self._frames):
            if isinstance(frame, Row):
                if frame.seq <= seq:
                    break
                found.append(frame)
        return found[::-1]
