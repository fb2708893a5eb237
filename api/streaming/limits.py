"""Every bound of the stream process in one place; tests shorten them, operators need not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts. What one follower can cost follows from these (docs/streams.md)."""

    keep_alive_seconds: float = 15.0  # a quiet session's feed is looked at as often, unasked
    deaf_look_seconds: float = 1.0  # the same while Redis is away
    deaf_resync_seconds: float = 3.0  # services look at everything as often, while Redis is away
    recheck_seconds: float = 25.0  # how often it is asked again whether each follower may still read
    linger_seconds: float = 30.0  # a session nobody follows is kept so long, for those who come back
    stall_seconds: float = 20.0  # a connection that takes no byte for so long is dropped
    max_wait_seconds: float = 25.0  # of a long-poll
    retry_milliseconds: int = 2000  # the hint to clients: wait so long before coming back
    backlog_frames: int = 512  # a follower that lags further behind is cut off
    backlog_bytes: int = 256 * 1024
    page_rows: int = 50  # read from the store at once by somebody who catches up
    page_bytes: int = 32 * 1024
    piece_bytes: int = 16 * 1024  # handed to the connection at once
    write_buffer_bytes: int = 16 * 1024  # of a connection; beyond it nothing more is handed over
    socket_buffer_bytes: int = 64 * 1024  # of the kernel, for each connection
    narration_characters: int = 64 * 1024  # of a passage in progress that is kept for those who join
    store_threads: int = 4
    followers: int = 10_000
    known_sessions: int = 10_000  # whose provider is remembered
