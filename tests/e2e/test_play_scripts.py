"""`./coc play` as a newcomer starts it, with the example scripts: real Redis, API, stream, worker and terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def play(home: Path, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = ("REDIS_URL", "DATABASE_URL", "SECRET_KEY", "BOT_SERVICE_TOKEN", "TERMINAL_SERVICE_TOKEN")
    env = {k: v for k, v in os.environ.items() if k not in own} | {"COC_HOME": str(home)}
    command = [str(ROOT / "coc"), "play", "--script", str(script), *arguments]
    return subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=480)


PAIRS = [("first-session.txt", "another-ending.txt"), ("dungeon.txt", "dungeon-other-choice.txt")]


@pytest.mark.parametrize("name", [name for pair in PAIRS for name in pair])
def test_the_example_plays_to_its_ending(tmp_path: Path, name: str) -> None:
    done = play(tmp_path, EXAMPLES / name)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_friends_steer_the_telling_from_the_terminal(tmp_path: Path) -> None:
    done = play(tmp_path, EXAMPLES / "players-controls.txt")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "Anybody may play the X-card" in done.stdout
    assert "/x\n" not in done.stdout, "not even the transcript says whose line it was"


@pytest.mark.parametrize("pair", PAIRS)
def test_other_choices_end_differently(pair: tuple[str, str]) -> None:
    endings = {
        line.partition("ending=")[2].strip()
        for name in pair
        for line in (EXAMPLES / name).read_text().splitlines()
        if line.startswith("@expect ending=")
    }
    assert len(endings) == 2


def test_a_journey_to_where_no_way_leads_fails_the_script(tmp_path: Path) -> None:
    script = tmp_path / "lost.txt"
    script.write_text("@hero 1 = aldo_fisk\n@campaign standing_water\n@go the_lean\n")
    done = play(tmp_path, script)
    assert done.returncode == 1
    assert "lost.txt:3: the_lean is not offered" in done.stdout + done.stderr


def test_a_failed_expectation_names_its_line_and_exits_with_one(tmp_path: Path) -> None:
    script = tmp_path / "wrong.txt"
    script.write_text("@hero 1 = aldo_fisk\n@expect scene=weighing_floor\n")
    done = play(tmp_path, script)
    assert done.returncode == 1
    assert "wrong.txt:2" in done.stdout + done.stderr


def test_the_save_is_there_next_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(
        "@hero 1 = pim_cardew\n@choose 1: open_the_satchel\n@expect item 1 warm_salt>=1\n/quit\n"
    )
    second.write_text(
        "@resume\n@expect item 1 warm_salt>=1\n@expect scene=drowned_library\n@expect turn>=2\n"
    )
    for script in (first, second):
        done = play(tmp_path, script)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
