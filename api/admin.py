"""`./coc admin`: look after people: find them, grant tiers, ban, correct gold and items, read the audit trail.

Every change needs --reason and is written down with it. --dry-run says what would happen and changes nothing.

  ./coc admin find ann                          accounts by name, address, id or discord:<id>
  ./coc admin show ann@example.org              one account with its heroes, links and grants
  ./coc admin grant discord:123 PREMIUM --until 30d --reason "prize of the tournament"
  ./coc admin revoke discord:123 --reason "given by mistake"
  ./coc admin ban discord:123 --until 2027-01-31 --reason "insulted people"
  ./coc admin unban discord:123 --reason "apologised"
  ./coc admin gold CHARACTER +50 --reason "lost to a fault in a shop"
  ./coc admin item CHARACTER red_cordial -1 --reason "counted twice"
  ./coc admin audit --user discord:123          who did what, when and why; --what signed_in, --since 7d
  ./coc admin tiers                             what each tier gives here

WHO is an account's id, an e-mail address or discord:<id>. Exit status: 0 done, 1 refused, 2 cannot be done at all.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from api.clock import Clock, iso
from api.content.loader import load_content
from api.content.problems import ContentError
from api.content.tiers import TIERS, tiers_in
from api.errors import ApiError
from api.operators_store import NoSave, settings_for_operators
from api.publishing.feed import NullPublisher, Publisher
from api.services.admin import changes, people
from api.services.admin.changes import Operator
from api.services.audit import read_audit
from api.services.deps import Deps, Publishing
from api.services.tiers import table_view
from api.settings import BadSettings, Settings
from api.store.port import StoreError
from api.tasks.queue import NullQueue
from api.wiring import configure_logging, open_store

DONE, REFUSED, CANNOT = 0, 1, 2
_SPAN = re.compile(r"([1-9][0-9]{0,3})([dh])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Json = dict[str, Any]
Command = Callable[[Deps, argparse.Namespace], Any]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coc admin", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--store", metavar="URL", help="sqlite:////… or postgresql://…; default: what the API uses"
    )
    shared.add_argument("--json", action="store_true", help="print one JSON object")
    change = argparse.ArgumentParser(add_help=False, parents=[shared])
    change.add_argument(
        "--reason", required=True, help="why; kept in the audit trail, and shown to who is banned"
    )
    change.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    change.add_argument(
        "--as", dest="operator", metavar="NAME", help="who does it; default: your system's user"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(
        name: str, run: Command, what: str, base: argparse.ArgumentParser = shared
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=what, description=what, parents=[base])
        one.set_defaults(run=run)
        return one

    command("find", _find, "accounts by name, address, id or discord:<id>").add_argument(
        "text", metavar="TEXT"
    )
    command("show", _show, "one account").add_argument("who", metavar="WHO")
    command("tiers", _tiers, "what each tier gives here")
    grant = command("grant", _grant, "give an account a tier", change)
    grant.add_argument("who", metavar="WHO")
    grant.add_argument("tier", metavar="TIER", type=str.upper, choices=TIERS, help=", ".join(TIERS))
    grant.add_argument(
        "--until", type=_moment, metavar="WHEN", help="30d, 12h or 2027-01-31; default: for good"
    )
    revoke = command("revoke", _revoke, "take a granted tier back", change)
    revoke.add_argument("who", metavar="WHO")
    revoke.add_argument("--source", default=changes.SOURCE, help="who granted it; default: operator")
    banned = command("ban", _ban, "shut an account or a Discord id out", change)
    banned.add_argument("who", metavar="WHO")
    banned.add_argument(
        "--until", type=_moment, metavar="WHEN", help="30d, 12h or 2027-01-31; default: for good"
    )
    command("unban", _unban, "let somebody in again", change).add_argument("who", metavar="WHO")
    gold = command("gold", _gold, "add gold to a hero's purse or take it", change)
    gold.add_argument("character", metavar="CHARACTER", help="its id: ./coc admin show WHO lists them")
    gold.add_argument("amount", metavar="AMOUNT", type=_signed, help="such as +50 or -50")
    item = command("item", _item, "add things to a hero's bag or take them", change)
    item.add_argument("character", metavar="CHARACTER", help="its id: ./coc admin show WHO lists them")
    item.add_argument("item", metavar="ITEM", help="its key in data/items, or what the bag calls it")
    item.add_argument("quantity", metavar="NUMBER", type=_signed, help="such as +1 or -1")
    audit = command("audit", _audit, "who did what, when and why")
    audit.add_argument("--user", metavar="WHO", help="of this account alone")
    audit.add_argument("--what", metavar="KIND", help="such as banned, tier_granted, signed_in or linked")
    audit.add_argument("--since", type=_past, metavar="WHEN", help="7d, 12h or 2026-12-31")
    audit.add_argument("--limit", type=int, default=50, metavar="N", help="at most 200; default 50")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    asked = build_parser().parse_args(arguments)
    try:
        deps = _deps(settings_for_operators(asked.store))
    except (BadSettings, StoreError, NoSave) as reason:
        print(f"coc admin: {reason}", file=sys.stderr)
        return CANNOT
    except ContentError as faults:
        print(f"coc admin: the content cannot be loaded:\n{faults}", file=sys.stderr)
        return CANNOT
    try:
        result = asked.run(deps, asked)
    except ApiError as refused:
        print(f"coc admin: {refused.message}", file=sys.stderr)
        return REFUSED
    except StoreError as reason:
        print(f"coc admin: {reason}", file=sys.stderr)
        return CANNOT
    finally:
        deps.store.close()
    print(json.dumps(result) if asked.json else "\n".join(_lines(result)))
    return DONE


def _deps(settings: Settings) -> Deps:
    publisher: Publishing = NullPublisher()
    if os.environ.get(
        "REDIS_URL"
    ):  # who follows a feed sees a correction at once; else with the next keep-alive
        publisher = Publisher(
            redis.Redis.from_url(settings.redis_url, socket_connect_timeout=1, socket_timeout=2)
        )
    tiers = tiers_in(settings.data_dir, settings.tiers_file)
    content = load_content(settings.data_dir)
    return Deps(open_store(settings), content, Clock(), publisher, NullQueue(), settings, tiers)


def _operator(asked: argparse.Namespace) -> Operator:
    return Operator(asked.operator or getpass.getuser(), asked.reason, asked.dry_run)


def _find(deps: Deps, asked: argparse.Namespace) -> Json:
    return {"items": people.find_people(deps, asked.text)}


def _show(deps: Deps, asked: argparse.Namespace) -> Json:
    return people.show_person(deps, asked.who)


def _tiers(deps: Deps, asked: argparse.Namespace) -> Json:
    return {"items": table_view(deps)}


def _grant(deps: Deps, asked: argparse.Namespace) -> Json:
    return changes.grant_tier(deps, _operator(asked), asked.who, asked.tier, asked.until)


def _revoke(deps: Deps, asked: argparse.Namespace) -> Json:
    return changes.revoke_tier(deps, _operator(asked), asked.who, asked.source)


def _ban(deps: Deps, asked: argparse.Namespace) -> Json:
    return changes.ban(deps, _operator(asked), asked.who, asked.until)


def _unban(deps: Deps, asked: argparse.Namespace) -> Json:
    return changes.unban(deps, _operator(asked), asked.who)


def _gold(deps: Deps, asked: argparse.Namespace) -> Json:
    return changes.correct_gold(deps, _operator(asked), asked.character, asked.amount)


def _item(deps: Deps, asked: argparse.Namespace) -> Json:
    return changes.correct_item(deps, _operator(asked), asked.character, asked.item, asked.quantity)


def _audit(deps: Deps, asked: argparse.Namespace) -> Json:
    user_id = people.account_named(deps, asked.user).id if asked.user else ""
    rows = read_audit(
        deps.store, user_id=user_id, what=asked.what or "", since=asked.since or "", limit=asked.limit
    )
    return {"items": [{"id": row.id, **row.body} for row in rows]}


# --- reading and writing ---


def _moment(text: str) -> str:
    """A moment to come. Raises argparse.ArgumentTypeError."""
    return iso(_read_moment(text, forward=True))


def _past(text: str) -> str:
    return iso(_read_moment(text, forward=False))


def _read_moment(text: str, *, forward: bool) -> datetime:
    now = datetime.now(UTC)
    if span := _SPAN.fullmatch(text):
        length = timedelta(days=int(span[1])) if span[2] == "d" else timedelta(hours=int(span[1]))
        return now + length if forward else now - length
    if _DAY.fullmatch(text):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"'{text}' is no day of the calendar") from error
    raise argparse.ArgumentTypeError(
        f"'{text}' is neither a span such as 30d or 12h nor a day such as 2027-01-31"
    )


def _signed(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,7}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number such as +50 or -50")
    return int(text)


def _lines(result: Json) -> Iterator[str]:
    """The same for people: a line for each thing in a list, else a line for each field."""
    if "items" in result:
        yield from (_one_line(item) for item in result["items"])
        yield f"{len(result['items'])} found"
        return
    if result.get("done") is False:
        yield "dry run: nothing was changed"
    for name, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{name}:"
            yield from (f"  {_one_line(item)}" for item in value)
        elif name != "events":
            yield f"{name}: {_plain(value)}"


def _one_line(item: Json) -> str:
    return "  ".join(f"{k}={_plain(v)}" for k, v in item.items() if v not in (None, "", [], {}))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    configure_logging("WARNING", "admin")  # on standard error: standard output is the answer alone
    sys.exit(main())
