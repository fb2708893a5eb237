"""Who used how much: a sponsor's calls and costs, the operator's ceiling, and the word to the table at a limit."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import structlog

from api.clock import seconds_until
from api.llm.budget.port import Limit, OverBudget
from api.llm.model_client import Charge
from api.llm.models import MILLION
from api.services.budget import StoreBudget, all_id, day_id, day_of, next_day
from api.services.deps import Deps, retrying
from api.services.table import Table
from api.services.tiers import limits_of, standing_of
from api.store.port import Query

log = structlog.get_logger()

Json = dict[str, Any]

DAYS = 30  # for which a sponsor sees the costs of the own sessions
PURPOSES = {"ruling": "rulings", "repair": "repairs", "summary": "summaries", "item_lore": "lore"}
TOLD: dict[Limit, str] = {
    "quota": "The game master's calls for today are used up ({used} of {used}). The storyteller carries on, and no turn"
    " is lost; from 00:00 UTC the game master is back.",
    "ceiling": "The game master rests until 00:00 UTC: this server has spent what it spends in a day. The storyteller"
    " carries on, and no turn is lost.",
}


def budget_of(deps: Deps) -> StoreBudget:
    """The budget of this installation. Any number of them may be made; they meet in the store."""

    def limit_of(sponsor: str) -> int | None:
        return limits_of(deps, sponsor).ai_calls_a_day

    return StoreBudget(deps.store, deps.clock, limit_of, deps.settings.daily_ceiling_usd)


def tell_of_limit(deps: Deps, charge: Charge, error: OverBudget) -> bool:
    """Tell a session's table once a day that the storyteller takes over. True when it was told now."""
    if not charge.session:
        return False
    day = day_of(deps.clock.now())

    def attempt() -> bool:
        document = deps.store.get("game_sessions", charge.session)
        if document is None or document.body.get("limit_told_on") == day:
            return False
        table = Table(deps, document)
        table.body["limit_told_on"] = day
        table.emit("notice", code=f"{error.limit}_reached", resets_at=error.resets_at,
                   text=TOLD[error.limit].format(used=f"{error.allowed:g}"))  # fmt: skip
        table.commit()
        log.info("limit_told", session_id=charge.session, limit=error.limit)
        return True

    return retrying(attempt)


def account_usage(deps: Deps, user_id: str) -> Json:
    """Today's calls that this account sponsored, and what its sessions cost by day (`AccountUsage`)."""
    now = deps.clock.now()
    day = day_of(now)
    own = standing_of(deps, user_id)
    limit = own.limits.ai_calls_a_day
    row = deps.store.get("usage", day_id(day, user_id))
    calls = by_purpose(row.body["calls"] if row else {})
    used = sum(calls.values())
    return {
        "tier": own.tier,
        "today": {
            "day": day,
            "calls": calls,
            "used": used,
            "limit": limit,
            "left": None if limit is None else max(0, limit - used),
            "resets_at": next_day(now),
        },
        "days": _days(deps, user_id, day_of(now - timedelta(days=DAYS))),
        "ceiling_reached": spending(deps)["state"] == "reached",
    }


def by_purpose(calls: Json) -> Json:
    """Calls by what they were for: rulings, narration, repairs, summaries, lore."""
    counted: Counter[str] = Counter(
        dict.fromkeys(("rulings", "narration", "repairs", "summaries", "lore"), 0)
    )
    for context, number in calls.items():
        counted[PURPOSES.get(context, "narration")] += number
    return dict(counted)


def _days(deps: Deps, user_id: str, after: str) -> list[Json]:
    """The costs of this account's sessions after a day, newest first; days without a call are left out."""
    days: dict[str, Json] = {}
    cursor: str | None = None
    while True:
        page = deps.store.query(
            Query("costs", {"user_id": user_id}, above={"day": after}, order_by="day",
                  descending=True, limit=200, cursor=cursor)
        )  # fmt: skip
        for line in page.items:
            body = line.body
            day = days.setdefault(body["day"], {"day": body["day"], "usd": 0.0, "calls": 0, "estimated": 0,
                                                "sessions": {}})  # fmt: skip
            session = day["sessions"].setdefault(body["session_id"], 0)
            day["sessions"][body["session_id"]] = session + body["micros"]
            day["calls"] += body["calls"]
            day["estimated"] += body["estimated"]
        cursor = page.next_cursor
        if cursor is None:
            break
    for day in days.values():
        micros = day["sessions"]
        day["usd"] = sum(micros.values()) / MILLION
        day["sessions"] = [{"session_id": s, "usd": m / MILLION} for s, m in sorted(micros.items()) if s]
    return [days[d] for d in sorted(days, reverse=True)]


def spending(deps: Deps) -> Json:
    """What models have cost today, for the operator: dollars, the ceiling, calls, and `state`."""
    now = deps.clock.now()
    row = deps.store.get("usage", all_id(day_of(now)))
    body: Json = row.body if row else {"spent": 0, "held": 0, "alerts": [], "calls": {}}
    ceiling = deps.settings.daily_ceiling_usd
    share = body["spent"] / MILLION / ceiling if ceiling else 1.0
    state = "reached" if 100 in body["alerts"] or not ceiling else "near" if share >= 0.8 else "ok"
    return {
        "state": state, "spent_usd": body["spent"] / MILLION, "held_usd": body["held"] / MILLION,
        "ceiling_usd": ceiling, "share": round(share, 4), "calls": by_purpose(body["calls"]),
        "alerts": body["alerts"], "resets_at": next_day(now), "resets_in": round(seconds_until(next_day(now), now)),
    }  # fmt: skip
