"""Files on a disk: whole or not at all, under names that nobody chose, of the types and sizes that are allowed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api.assets import disk as module
from api.assets.disk import DiskAssets
from api.assets.port import MAX_BYTES, NoAssets
from api.errors import Invalid, NoFiles, Unavailable
from api.store.port import Change, StoreError
from api.store.sql import SqlStore
from tests.fakes.clock import MovableClock

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return SqlStore(f"sqlite:///{tmp_path / 'a.sqlite3'}")


@pytest.fixture
def assets(tmp_path: Path, store: SqlStore) -> DiskAssets:
    return DiskAssets(tmp_path / "assets", store, MovableClock())


def files(assets: DiskAssets) -> list[Path]:
    return [p for p in assets._folder.rglob("*") if p.is_file()]


def test_a_file_comes_back_as_it_was_put_and_is_replaced_whole(assets: DiskAssets) -> None:
    assets.put("ann", "portrait.1", "image/png", PNG)
    found = assets.get("ann", "portrait.1")
    assert found is not None and found[1] == PNG and found[0].content_type == "image/png"
    assets.put("ann", "portrait.1", "image/jpeg", b"\xff\xd8\xff new")
    found = assets.get("ann", "portrait.1")
    assert found is not None and found[1] == b"\xff\xd8\xff new" and found[0].content_type == "image/jpeg"
    assert len(files(assets)) == 1, "the earlier one is gone from the disk"
    assert assets.delete("ann", "portrait.1") and not assets.delete("ann", "portrait.1")
    assert files(assets) == [] and assets.get("ann", "portrait.1") is None


def test_a_file_of_somebody_else_is_as_good_as_none(assets: DiskAssets) -> None:
    assets.put("ann", "portrait.1", "image/png", PNG)
    assert assets.get("bob", "portrait.1") is None and not assets.delete("bob", "portrait.1")
    assert assets.get("ann", "portrait.1") is not None


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "portrait./etc",
        "portrait.a/b",
        "",
        "PORTRAIT",
        "portrait.a\x00",
        "portrait.." + "a" * 50,
    ],
)
def test_path_traversal_in_a_key_is_refused(assets: DiskAssets, key: str) -> None:
    with pytest.raises(Invalid, match="key"):
        assets.put("ann", key, "image/png", PNG)
    assert files(assets) == []


def test_the_owners_id_never_becomes_part_of_a_path(assets: DiskAssets, tmp_path: Path) -> None:
    assets.put("../../escaped", "portrait.1", "image/png", PNG)
    [file] = files(assets)
    assert file.parent.parent == tmp_path / "assets" and not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    ("content_type", "content", "told"),
    [
        ("text/html", b"<script>", "must be one of image/jpeg, image/png, image/webp"),
        ("image/svg+xml", b"<svg>", "must be one of"),
        ("image/png", b"<script>alert(1)</script>", "is no image/png"),
        ("image/webp", b"RIFF0000AVI ", "is no image/webp"),
        ("image/png", b"", "is empty"),
        ("image/png", PNG + b"x" * MAX_BYTES, "at most"),
    ],
)
def test_a_type_or_size_that_is_not_kept_is_refused(
    assets: DiskAssets, content_type: str, content: bytes, told: str
) -> None:
    with pytest.raises(Invalid, match=told):
        assets.put("ann", "portrait.1", content_type, content)
    assert files(assets) == []


def test_one_account_cannot_fill_the_disk(assets: DiskAssets) -> None:
    big = PNG + b"x" * (MAX_BYTES - len(PNG))
    for number in range(32):
        assets.put("ann", f"portrait.{number}", "image/png", big)
    with pytest.raises(Invalid, match="are kept for one account"):
        assets.put("ann", "portrait.32", "image/png", PNG)
    assets.put("ann", "portrait.0", "image/png", big)  # in the place of another: no more than before
    assert len(files(assets)) == 32


class Dying:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self, changes: Sequence[Change]) -> None:
        raise StoreError("away")


def test_a_store_that_is_away_leaves_the_earlier_file_and_no_other(
    assets: DiskAssets, store: SqlStore
) -> None:
    assets.put("ann", "portrait.1", "image/png", PNG)
    assets._store = Dying(store)
    with pytest.raises(StoreError):
        assets.put("ann", "portrait.1", "image/png", PNG + b"y")
    assets._store = store
    found = assets.get("ann", "portrait.1")
    assert found is not None and found[1] == PNG and len(files(assets)) == 1


def test_what_a_killed_process_left_is_tidied_and_what_is_on_its_way_is_not(assets: DiskAssets) -> None:
    assets.put("ann", "portrait.1", "image/png", PNG)
    left, fresh = assets._path("0" * 32), assets._path("1" * 32)
    for path in (left, fresh):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PNG)
    for path in (left, files(assets)[0]):
        os.utime(path, (1, 1))
    for path in files(assets):
        if path != fresh:
            os.utime(path, (1, 1))
    assert assets.tidy() == 1
    assert not left.exists() and fresh.exists() and assets.get("ann", "portrait.1") is not None


def test_a_disk_that_takes_nothing_is_said_so(assets: DiskAssets, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "open", full)
    with pytest.raises(Unavailable, match="nothing was changed"):
        assets.put("ann", "portrait.1", "image/png", PNG)
    assert assets.get("ann", "portrait.1") is None


def test_an_installation_without_a_folder_says_so() -> None:
    with pytest.raises(NoFiles, match="ASSETS_DIR"):
        NoAssets().put("ann", "portrait.1", "image/png", PNG)
    assert NoAssets().get("ann", "portrait.1") is None
