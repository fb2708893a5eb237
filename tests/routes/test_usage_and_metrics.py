"""What people and operators can see of calls and costs, over HTTP."""

from __future__ import annotations

from api.llm.model_client import Charge, Usage
from api.schemas.answers.usage import AccountUsage
from api.services.usage import budget_of
from tests.routes.conftest import Client

SERVICE = {"Authorization": "Bearer bot-token"}


def spend(client: Client, sponsor: str, dollars: float = 0.25) -> None:
    budget = budget_of(client.parts.deps)
    charge = Charge("combat", sponsor, "session", "FREE")
    budget.settle(budget.reserve("some", charge, "m", Usage(1, 1), 1), Usage(1, 1), round(dollars * 1e6))


def test_a_sponsor_sees_calls_limit_and_costs(client: Client) -> None:
    session, _ = client.table()
    me = client.ok("GET", f"/sessions/{session}")["host"]
    spend(client, me)
    used = client.ok("GET", "/account/usage")
    AccountUsage.model_validate(used)
    assert used["today"]["calls"] == {"rulings": 0, "narration": 1, "repairs": 0, "summaries": 0, "lore": 0}
    assert (used["tier"], used["today"]["limit"], used["today"]["left"]) == ("ELITE", None, None)
    assert used["today"]["resets_at"] == "2026-11-26T00:00:00.000Z"
    assert used["days"] == [
        {"day": "2026-11-25", "usd": 0.25, "calls": 1, "estimated": 0,
         "sessions": [{"session_id": "session", "usd": 0.25}]}
    ]  # fmt: skip


def test_a_guest_sees_only_the_own_usage_and_a_service_none(client: Client) -> None:
    client.table(2)
    assert client.ok("GET", "/account/usage", user=2)["today"]["used"] == 0
    assert client.send("GET", "/account/usage", user=None)[0] == 401
    assert client.send("GET", "/account/usage", user=None, **SERVICE)[0] == 403


def test_thirty_days_are_shown_and_no_more(client: Client) -> None:
    client.ok("GET", "/account/usage")
    me = client.ok("POST", "/characters", {"hero": "aldo_fisk"})["user_id"]
    spend(client, me)
    client.clock.advance(29 * 86400)
    spend(client, me)
    assert [d["day"] for d in client.ok("GET", "/account/usage")["days"]] == ["2026-12-24", "2026-11-25"]
    client.clock.advance(86400)
    assert [d["day"] for d in client.ok("GET", "/account/usage")["days"]] == ["2026-12-24"]


def test_lore_is_told_over_http_and_a_bad_name_says_what_is_legal(client: Client) -> None:
    session, _ = client.table()
    told = client.ok("GET", f"/sessions/{session}/lore?item=long%20lancet")
    assert (told["item"], told["teller"]) == ("long_lancet", "storyteller")
    status, envelope = client.send("GET", f"/sessions/{session}/lore?item=moon")
    assert (status, envelope["error"]["details"]["field"]) == (422, "item")
    assert "long lancet" in envelope["error"]["details"]["known"]


def test_metrics_show_spend_and_calls(client: Client) -> None:
    spend(client, "ann", 4.5)
    raw = client.send("GET", "/metrics", user=None, **SERVICE)[1]["raw"]
    text = raw.data.decode()
    assert raw.content_type.startswith("text/plain; version=0.0.4")
    assert "coc_model_spent_usd 4.5\n" in text and "coc_model_ceiling_usd 5.0\n" in text
    assert 'coc_model_calls{purpose="narration"} 1.0\n' in text
    assert 'coc_model_spend_alert{percent="80"} 1.0\n' in text
    assert 'coc_model_spend_alert{percent="100"} 0.0\n' in text


def test_metrics_are_for_services(client: Client) -> None:
    assert client.send("GET", "/metrics", user=None)[0] == 401
    assert client.send("GET", "/metrics")[0] == 403
    assert client.send("GET", "/metrics", user=None, **SERVICE)[0] == 200


def test_health_says_how_near_the_ceiling_is_and_no_figure(client: Client) -> None:
    assert client.ok("GET", "/health")["budget"] == {
        "state": "ok", "resets_at": "2026-11-26T00:00:00.000Z"
    }  # fmt: skip
    spend(client, "ann", 4.5)
    assert client.ok("GET", "/health")["budget"]["state"] == "near"
    spend(client, "ann", 0.6)
    assert client.ok("GET", "/health")["budget"]["state"] == "reached"
