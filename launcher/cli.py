"""The command line of `./coc`: one subcommand per job."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from launcher.console import Console
from launcher.dotenv import load_environment
from launcher.errors import LauncherError, Stopped
from launcher.layout import ROOT, Layout

EPILOG = """examples:
  ./coc play                       set up, start and open the table in this terminal
  ./coc play --party 3             three players at one keyboard
  ./coc up                         API, website, stream, worker and bot in the foreground
  ./coc doctor                     what is wrong here, and how to mend it
  ./coc admin show ann@example.org look after people: tiers, bans, corrections, audit
  ./coc replay SESSION             play a session's log again and compare
  ./coc test --fast                the quick checks and tests

State (save, logs, secrets) lives in .coc/, or in COC_HOME=/some/folder. Settings: see .env.example."""

PASS_ON = (
    "bench", "chaos", "soak", "fuzz", "replay", "eval-gm", "admin", "cards", "texts", "invite",
)  # fmt: skip


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coc",
        description="Code of Conquest: an AI game master. One command to play, host, check and test it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    play = commands.add_parser(
        "play",
        help="play in this terminal; sets everything up at the first start",
        description="Starts Redis, API, stream and worker on free ports and opens the table in this "
        "terminal. Ctrl-C stops all of them; the save is there next time.",
    )
    play.add_argument("--party", type=_party, metavar="N", help="seat N players (1 to 10) at one keyboard")
    play.add_argument("--script", metavar="FILE", help="play the lines of a file; exit status 1 on an error")
    play.add_argument(
        "--campaign", metavar="KEY", help="the campaign to play (default: the starter campaign)"
    )
    play.add_argument("--language", metavar="CODE", help="what the table speaks, such as de (default: en)")
    play.add_argument("--fresh", action="store_true", help="begin a new save; the old one is kept beside it")
    play.add_argument("--verbose", action="store_true", help="show what is started, where, and debug logs")

    up = commands.add_parser(
        "up",
        help="run the whole stack in the foreground: API, website, stream, worker, bot",
        description="Runs the whole stack with one status table; restarts what crashes. Ctrl-C stops it.",
    )
    up.add_argument("--host", help="address to listen on (default: LISTEN_HOST or 127.0.0.1)")
    up.add_argument("--api-port", type=_port, metavar="PORT", help="default: API_PORT or 5000")
    up.add_argument("--web-port", type=_port, metavar="PORT", help="default: WEB_PORT or 5001")
    up.add_argument("--stream-port", type=_port, metavar="PORT", help="default: STREAM_PORT or 5002")
    up.add_argument("--plain", action="store_true", help="log lines instead of the live table")

    test = commands.add_parser(
        "test",
        help="set up what the tests need and run checks and tests",
        description="Without PATHS: lint, types, import contracts, content and all tests. With PATHS "
        "(or pytest options after --): only those tests.",
    )
    test.add_argument("--fast", action="store_true", help="leave out the tests marked slow or e2e")
    test.add_argument(
        "--ci", action="store_true", help="as on the build machine: a missing system part fails"
    )
    test.add_argument("paths", nargs="*", metavar="PATHS", help="test files, folders or node ids")

    check = commands.add_parser("check", help="run the static checks alone (part of ./coc test)")
    check.add_argument(
        "names", nargs="*", metavar="NAME", help="lint, format, types, imports, security, content, audit"
    )

    commands.add_parser(
        "doctor",
        help="check configuration and everything it names",
        description="Checks configuration, Python, packages, Redis, database, Discord, ports, disk. Exit "
        "status 1 when something is wrong.",
    )

    content = commands.add_parser("content", help="check or count the game content in data/")
    content.add_argument(
        "action", choices=["check", "stats"], help="check: validate all files; stats: count them"
    )
    content.add_argument("options", nargs=argparse.REMAINDER, help="passed on, e.g. --json")

    commands.add_parser(
        "replay",
        help="play a session's log again and compare: ./coc replay SESSION",
        add_help=False,
    )

    commands.add_parser(
        "admin",
        help="look after people: find, tiers, bans, corrections, audit trail; ./coc admin --help",
        add_help=False,
    )

    bench = commands.add_parser(
        "bench",
        help="measure: turn, rules, workers, stream",
        description="Exit status 1 when a gate is missed.",
    )
    bench.add_argument("name", nargs="?", metavar="NAME", help="what to measure; without it, what there is")
    commands.add_parser(
        "chaos",
        help="parties play while everything under them is killed; nothing may be lost or doubled",
        add_help=False,
    )
    commands.add_parser(
        "eval-gm",
        help="scripted evenings with an honest and a hostile game master; no lie may reach the players",
        add_help=False,
    )
    commands.add_parser(
        "soak", help="a long chaos; its result goes to docs/results/soak-STORE.json", add_help=False
    )

    commands.add_parser(
        "cards",
        help="draw every card in every state and language as HTML and PNG: ./coc cards --out DIR",
        add_help=False,
    )
    commands.add_parser(
        "invite",
        help="the link by which a Discord server takes the bot in: ./coc invite [CLIENT_ID]",
        add_help=False,
    )
    commands.add_parser(
        "texts",
        help="collect the bot's texts into its catalogues and say what has no translation",
        add_help=False,
    )
    commands.add_parser(
        "fuzz",
        help="schemathesis against the running API; with --requests N the result goes to docs/results/",
        add_help=False,
    )

    commands.add_parser(
        "lock",
        help="compile every requirements.in into requirements.txt with hashes",
        description="Compiles the requirement files with uv, which gets an environment of its own.",
    )
    return parser


def _party(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10:
        raise argparse.ArgumentTypeError("a party has 1 to 10 players")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _known_checks(names: Sequence[str]) -> Sequence[str]:
    from launcher.testing import CHECK_NAMES

    if unknown := [name for name in names if name not in CHECK_NAMES]:
        raise LauncherError(
            f"there is no check {', '.join(unknown)}.", f"There are {', '.join(CHECK_NAMES)}."
        )
    return names


def _split_extra(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """What follows a lone `--` goes to pytest as it stands."""
    if "--" in argv:
        cut = list(argv).index("--")
        return list(argv[:cut]), list(argv[cut + 1 :])
    return list(argv), []


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command, and the options that it passes on as they stand to what it runs."""
    parser = build_parser()
    arguments, passed_on = parser.parse_known_args(argv)
    if passed_on and arguments.command not in PASS_ON:
        parser.error(f"unrecognized arguments: {' '.join(passed_on)}")
    return arguments, passed_on


def main(argv: Sequence[str]) -> int:
    """Runs one command and returns its exit status; every expected trouble is one line on standard error."""
    own, extra = _split_extra(argv)
    arguments, passed_on = parse(own)
    try:
        return _dispatch(arguments, [*passed_on, *extra])
    except LauncherError as trouble:
        print(f"coc: {trouble.line()}", file=sys.stderr)
        for line in trouble.details:
            print(f"     {line}", file=sys.stderr)
        return 1
    except Stopped as stop:
        return 128 + stop.signal_number
    except KeyboardInterrupt:
        print("\ncoc: stopped; the next start picks up from here.", file=sys.stderr)
        return 130


def _dispatch(arguments: argparse.Namespace, extra: list[str]) -> int:
    env = load_environment(ROOT, os.environ)
    layout = Layout.find(env)
    console = Console()
    if arguments.command == "play":
        from launcher.play import play

        return play(layout, env, console, arguments)
    if arguments.command == "up":
        from launcher.up import up

        return up(layout, env, console, arguments)
    if arguments.command == "test":
        from launcher.testing import run_tests

        return run_tests(layout, console, arguments, extra)
    if arguments.command == "check":
        from launcher.testing import run_checks

        return run_checks(layout, console, _known_checks(arguments.names))
    if arguments.command == "doctor":
        from launcher.doctor import doctor

        return doctor(layout, env)
    if arguments.command == "content":
        from launcher.delegate import content

        return content(layout, env, console, [arguments.action, *arguments.options, *extra])
    if arguments.command == "replay":
        from launcher.delegate import replay

        return replay(layout, env, console, extra)
    if arguments.command in ("cards", "texts", "invite"):
        from launcher.delegate import module

        name = {"cards": "tests.gallery", "texts": "bot.texts", "invite": "bot.invite"}[arguments.command]
        return module(layout, env, console, name, extra)
    if arguments.command == "admin":
        from launcher.delegate import admin

        return admin(layout, env, console, extra)
    if arguments.command == "bench":
        from launcher.bench import bench

        return bench(layout, env, console, arguments.name, extra)
    if arguments.command in ("chaos", "soak", "fuzz", "eval-gm"):
        from launcher import bench as trials

        runs = {"chaos": trials.chaos, "soak": trials.soak, "fuzz": trials.fuzz, "eval-gm": trials.eval_gm}
        return runs[arguments.command](layout, env, console, extra)
    from launcher.lock import lock

    return lock(layout, console)
