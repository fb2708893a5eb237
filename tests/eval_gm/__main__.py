"""`python -m tests.eval_gm`: what `./coc eval-gm` runs. Plays scripted evenings and measures what was posted."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog

from api.clock import Clock
from api.content.catalogue import Content
from api.content.loader import load_content
from api.llm.anthropic import AnthropicClient
from api.llm.checking import checker_of
from api.llm.model_client import ModelClient, Patience
from api.llm.port import NarrationRequest
from api.llm.replicate import ReplicateClient
from api.services.budget import StoreBudget
from api.settings import ROOT, Settings
from api.store.sql import SqlStore
from api.wiring import model_clients, models_of
from tests.eval_gm.corpus import alarms, composed, written
from tests.eval_gm.costs import bills
from tests.eval_gm.evening import Posted, play
from tests.eval_gm.memory import long_story
from tests.eval_gm.report import (
    cost_figures,
    evening_figures,
    found_lies,
    moderation_figures,
    show,
    truth_figures,
)
from tests.fakes import anthropic, replicate
from tests.fakes.hostile.lying import Lie
from tests.fakes.hostile.model import HostileAnthropic, HostileReplicate, Mind

QUICK = Patience(connect=5, first=10, gap=5, total=30)
WHO = ("storyteller", "honest", "hostile", "provider")


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="coc eval-gm", description=__doc__)
    parser.add_argument(
        "--with",
        dest="who",
        action="append",
        choices=WHO,
        help="who tells: the built-in storyteller, an honest or a hostile stand-in, or the provider whose key"
        " is set (this costs money); may be given several times; by default all but the provider",
    )
    parser.add_argument("--sessions", type=int, default=4, metavar="N", help="evenings with each")
    parser.add_argument(
        "--turns", type=int, default=40, metavar="N", help="rounds of actions in each evening"
    )
    parser.add_argument("--seed", default="low-water", help="the same seed plays the same evenings")
    parser.add_argument(
        "--passages", type=int, default=240, metavar="N", help="of the storyteller, to be let through"
    )
    parser.add_argument(
        "--memory", choices=("none", "short", "full"), default="short",
        help="a long story of planted facts: 1,300 turns, or 5,000 with its figures left in docs/results/memory.json",
    )  # fmt: skip
    parser.add_argument(
        "--cost-turns",
        type=int,
        default=40,
        metavar="N",
        help="rounds of each tier's evening; 0 leaves them out",
    )
    parser.add_argument("--json", action="store_true", help="the JSON line alone on standard output")
    return parser


def main(arguments: list[str] | None = None) -> int:
    asked = build_parser().parse_args(arguments)
    _quiet()
    content = load_content(ROOT / "data")
    figures: dict[str, Any] = {}
    stories: list[str] = []
    for who in asked.who or ("storyteller", "honest", "hostile"):
        evenings, lies = _evenings(content, who, asked)
        figures |= evening_figures(who, evenings, lies)
        for evening, labelled in zip(evenings, lies, strict=True):
            stories += [
                f"POSTED ({lie.kind}) in turn {turn}: {lie.text}"
                for turn, lie in found_lies(evening, labelled)
            ]
    if asked.memory != "none":
        remembered, missed = long_story(content, full=asked.memory == "full")
        figures |= remembered
        stories += missed
    by_hand = alarms(checker_of(content), written())
    by_us = alarms(checker_of(content), composed(content, range(asked.passages // 30), 30))
    figures |= truth_figures(by_hand, by_us)
    if asked.cost_turns:
        figures |= cost_figures(bills(content, seed=asked.seed, turns=asked.cost_turns))
    figures |= moderation_figures()
    stories += [f"ALARM {alarm}" for alarm in by_hand.alarms + by_us.alarms]
    return 0 if show(figures, stories, as_json=asked.json, seed=asked.seed) else 1


def _evenings(
    content: Content, who: str, asked: argparse.Namespace
) -> tuple[list[Posted], list[dict[str, list[Lie]]]]:
    evenings: list[Posted] = []
    lies: list[dict[str, list[Lie]]] = []
    for number in range(asked.sessions):
        seed = f"{asked.seed}-{who}-{number}"
        with tempfile.TemporaryDirectory(prefix="coc-eval-") as folder:
            table = {"seed": seed, "turns": asked.turns, "players": 1 + number % 3}
            posted, told = evening(content, Path(folder), who, number, table)
        evenings.append(posted)
        lies.append(told)
    return evenings, lies


def evening(
    content: Content, folder: Path, who: str, number: int, table: dict[str, Any]
) -> tuple[Posted, dict[str, list[Lie]]]:
    """One evening with one narrator; stand-ins speak Anthropic's protocol and Replicate's in turn."""
    if who == "storyteller":
        return play(content, folder, client=None, **table), {}
    if who == "provider":
        settings = Settings()
        budget = StoreBudget(SqlStore(f"sqlite:///{folder / 'bill.sqlite3'}"), Clock(), lambda sponsor: None,
                             settings.daily_ceiling_usd)  # fmt: skip
        clients = model_clients(settings, models_of(settings), Clock(), budget)
        client = next(iter(clients.values()), None)
        if client is None:
            raise SystemExit(
                "coc eval-gm: no provider's key is set (ANTHROPIC_API_KEY or REPLICATE_API_TOKEN)"
            )
        return play(content, folder, client=client, **table), {}
    mind = Mind(content, table["seed"], hostile=who == "hostile")

    def note(request: NarrationRequest) -> None:
        mind.request = request

    standin: Any = HostileReplicate(mind) if number % 2 else HostileAnthropic(mind)
    with standin as provider:
        posted = play(content, folder, client=_client(number, provider.base_url), on_request=note, **table)
    return posted, mind.lies


def _client(number: int, url: str) -> ModelClient:
    """The real adapter, led to a stand-in."""
    if number % 2:
        model = "meta/meta-llama-3-70b-instruct"
        return ReplicateClient(replicate.TOKEN, model, base_url=url, patience=QUICK)
    return AnthropicClient(anthropic.KEY, "claude-haiku-5-5", base_url=url, patience=QUICK, longest_wait=0)


def _quiet() -> None:
    """Every lie that is kept back is a warning of the API; here they are counted instead."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # of stand-ins that are hung up on
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
                        logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
