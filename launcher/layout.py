"""Where everything lies on disk: the tree, the state folder, the save, the logs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """All paths that the launcher uses. `home` is `.coc/` in the tree, or COC_HOME."""

    root: Path
    home: Path
    moved: bool  # COC_HOME was given

    @classmethod
    def find(cls, env: Mapping[str, str], root: Path = ROOT) -> Layout:
        given = env.get("COC_HOME", "").strip()
        home = Path(given).expanduser().absolute() if given else root / ".coc"
        return cls(root=root, home=home, moved=bool(given))

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def save(self) -> Path:
        return self.home / "coc.sqlite3"

    @property
    def secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.save}"

    def is_new(self, database_url: str) -> bool:
        """Whether the save at this address has yet to be made; a server's database counts as new."""
        prefix = "sqlite:///"
        return not (database_url.startswith(prefix) and Path(database_url.removeprefix(prefix)).exists())

    def venv_candidates(self) -> list[Path]:
        """The tree's own environment first; with COC_HOME, one is made there when the tree's is not ready."""
        in_tree = self.root / ".venv"
        return [in_tree, self.home / "venv"] if self.moved else [in_tree]

    def require_writable(self) -> None:
        """Makes the state folder; raises LauncherError with one line when nothing can be written there."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
        except OSError as problem:
            raise _unwritable(self.home, problem) from problem
        require_writable_folder(self.home)


def require_writable_folder(folder: Path) -> None:
    """Raises LauncherError unless a file can be made in the folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as problem:
        raise _unwritable(folder, problem) from problem


def _unwritable(folder: Path, problem: OSError) -> LauncherError:
    reason = os.strerror(problem.errno) if problem.errno else str(problem)
    return LauncherError(
        f"cannot write in {folder} ({reason}).",
        "Set COC_HOME to a folder of your own, e.g. COC_HOME=~/coc ./coc play",
    )
