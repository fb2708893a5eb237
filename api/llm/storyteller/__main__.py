"""Prints a sample transcript: `python -m api.llm.storyteller --turns 30 --heroes 3 --seed x`."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.content.loader import load_content
from api.llm.storyteller.demo import Session, tougher
from api.llm.storyteller.narrator import Storyteller
from api.llm.storyteller.wording import WORDS_FOLDER


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m api.llm.storyteller", description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--heroes", type=int, default=3)
    parser.add_argument("--seed", default="x")
    parser.add_argument("--tough", type=int, default=1, help="creatures have this many times their HP")
    parser.add_argument("--events", action="store_true", help="print each turn's events as well")
    parser.add_argument("--content", type=Path, default=WORDS_FOLDER.parent)
    wanted = parser.parse_args()
    content = load_content(wanted.content)
    if wanted.tough > 1:
        content = tougher(content, wanted.tough)
    session = Session(content, Storyteller(content), wanted.seed, wanted.heroes)
    for told in session.turns(wanted.turns):
        request = told.request
        print(
            f"--- turn {request.turn_number}, {request.kind}, {len(told.passage.split())}/{request.words} words"
        )
        if wanted.events:
            for deed in request.deeds:
                for event in deed.events:
                    print(f"    {event.to_json()}")
            for event in request.closing_events:
                print(f"    => {event.to_json()}")
        print(told.passage, end="\n\n")


if __name__ == "__main__":
    main()
