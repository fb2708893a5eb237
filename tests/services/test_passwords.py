"""The list of an operator: plain lines, or the sorted hashes in which breached passwords are published."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from api.errors import Invalid
from api.identity.passwords import PasswordPolicy, is_in_sorted_hashes


def sha1(word: str) -> str:
    return hashlib.sha1(word.encode()).hexdigest().upper()


@pytest.mark.parametrize("count", [1, 2, 3, 10, 257])
@pytest.mark.parametrize("ending", ["", ":7", ":31415926"])
def test_every_hash_of_a_sorted_list_is_found_and_no_other(tmp_path: Path, count: int, ending: str) -> None:
    words = [f"word {n}" for n in range(count)]
    path = tmp_path / "hashes.txt"
    path.write_text("".join(f"{h}{ending}\n" for h in sorted(map(sha1, words))))
    assert all(is_in_sorted_hashes(path, word) for word in words)
    assert not any(is_in_sorted_hashes(path, f"other {n}") for n in range(200))


def test_lines_of_different_length_are_searched_as_well(tmp_path: Path) -> None:
    dice = random.Random(5)
    words = [f"word {n}" for n in range(300)]
    path = tmp_path / "hashes.txt"
    path.write_text("\r\n".join(f"{h}:{dice.choice((1, 12, 99999999))}" for h in sorted(map(sha1, words))))
    assert all(is_in_sorted_hashes(path, word) for word in words)
    assert not is_in_sorted_hashes(path, "not there")


def test_an_operators_list_comes_on_top_of_ours(tmp_path: Path) -> None:
    plain, hashed = tmp_path / "plain.txt", tmp_path / "hashed.txt"
    plain.write_text("Our Guild Motto\n")
    hashed.write_text(sha1("our guild motto") + ":3\n")
    for path in (plain, hashed):
        policy = PasswordPolicy(path)
        with pytest.raises(Invalid, match="attackers try first"):
            policy.check("our guild motto")
        with pytest.raises(Invalid):
            policy.check("dungeonmaster")
        policy.check("another motto of ours")


def test_a_list_that_cannot_be_read_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PASSWORD_LIST"):
        PasswordPolicy(tmp_path / "missing.txt")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="PASSWORD_LIST"):
        PasswordPolicy(tmp_path / "binary")
