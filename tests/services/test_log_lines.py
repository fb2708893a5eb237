"""Log lines on a stream that fails."""

from __future__ import annotations

import io

from api.log_lines import LogLines


class FullDisk(io.StringIO):
    """A stream that takes nothing while it is `full`."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_full_disk_fails_nobody_who_logs() -> None:
    lines = LogLines(FullDisk())
    lines.info("one")
    lines.error("two")
    assert lines.dropped == 2


def test_the_first_line_after_a_full_disk_tells_how_many_are_missing() -> None:
    stream = FullDisk()
    lines = LogLines(stream)
    lines.info("lost")
    stream.full = False
    lines.info("kept")
    assert stream.getvalue() == '{"event": "log_lines_dropped", "lines": 1}\nkept\n'
    assert lines.dropped == 0


def test_a_closed_stream_fails_nobody_either() -> None:
    stream = io.StringIO()
    stream.close()
    lines = LogLines(stream)
    lines.warning("lost")
    assert lines.dropped == 1
