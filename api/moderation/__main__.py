"""`python -m api.moderation hash WORD …` prints how words stand in a list; `check FILE` says what is wrong with one."""

from __future__ import annotations

import sys
from pathlib import Path

from api.moderation.lists import STANDARD_FILE, BadLists, hashes_of, load_lists


def main(arguments: list[str]) -> int:
    """0 when all went well, 1 for a bad file or word, 2 for a bad call."""
    match arguments:
        case ["hash", *words] if words:
            try:
                print("\n".join(hashes_of(words)))
            except ValueError as error:
                print(error, file=sys.stderr)
                return 1
            return 0
        case ["check", path]:
            try:
                lists = load_lists(STANDARD_FILE, Path(path))
            except BadLists as error:
                print(error, file=sys.stderr)
                return 1
            print(f"{len(lists.hashes)} terms, {len(lists.patterns)} patterns: all well")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
