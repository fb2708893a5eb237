"""Finding people and showing what an operator needs to know of them."""

from __future__ import annotations

from typing import Any

from api.errors import Invalid, NotFound
from api.identity.accounts import ban_of, email_link
from api.services.deps import Deps
from api.services.tiers import standing
from api.store.pages import every
from api.store.port import Document

Json = dict[str, Any]
PROVIDERS = ("discord", "terminal")
MOST_FOUND = 50


def account_named(deps: Deps, who: str) -> Document:
    """The account of an id, an e-mail address or `discord:<id>`. Raises NotFound, Invalid."""
    who = who.strip()
    if not who:
        raise Invalid("who", "must be an account's id, an e-mail address or discord:<id>")
    if "@" in who:
        link_id = email_link(who.lower())
    elif ":" in who:
        link_id = who.replace(":", ".", 1)
    else:
        link_id = ""
    account_id = who
    if link_id:
        link = deps.store.get("links", link_id) if len(link_id) <= 36 else None
        account_id = link.body["user_id"] if link is not None else ""
    found = deps.store.get("accounts", account_id) if account_id and len(account_id) <= 36 else None
    if found is None:
        raise NotFound(f"account '{who}'")
    return found


def find_people(deps: Deps, text: str) -> list[Json]:
    """Accounts whose name or address has this text in it, or of which it is the id or `provider:id`; at most 50."""
    try:
        return [line(deps, account_named(deps, text))]
    except NotFound:
        wanted = text.strip().casefold()
    found = []
    for account in every(deps.store, "accounts", {}):
        spoken = (str(account.body.get("name") or ""), str(account.body.get("email") or ""))
        if any(wanted in one.casefold() for one in spoken):
            found.append(line(deps, account))
        if len(found) == MOST_FOUND:
            break
    return found


def line(deps: Deps, account: Document) -> Json:
    """An account in one line."""
    body = account.body
    return {
        "id": account.id, "name": body["name"], "email": body["email"], "verified": bool(body.get("verified")),
        "tier": standing(deps, account).tier, "banned": ban_of(body) is not None, "created_at": body["created_at"],
        **({"merged_into": body["merged_into"]} if body.get("merged_into") else {}),
    }  # fmt: skip


def show_person(deps: Deps, who: str) -> Json:
    """Everything that an operator needs to know of an account; no password and no token of any kind."""
    account = account_named(deps, who)
    now, ban = standing(deps, account), ban_of(account.body)
    departure = deps.store.get("departures", account.id)
    return {
        **line(deps, account),
        "ban": {"reason": ban.reason, "until": ban.until} if ban else None,
        "grants": list(account.body.get("grants", ())),
        "tier_source": now.grant.source if now.grant else "default",
        "links": [_link_view(link) for link in every(deps.store, "links", {"user_id": account.id})],
        "leaves_at": departure.body["due_at"] if departure else None,
        "sign_ins": sum(1 for _ in every(deps.store, "logins", {"user_id": account.id})),
        "characters": [
            {"id": c.id, "name": c.body["name"], "level": c.body["level"], "gold": c.body["gold"],
             "active": c.body["is_active"], "seated_in": c.body["seated_in"]}
            for c in every(deps.store, "characters", {"user_id": account.id})
        ],
        "sessions": sorted({s.body["session_id"] for s in every(deps.store, "seats", {"user_id": account.id})}),
    }  # fmt: skip


def _link_view(link: Document) -> Json:
    """By what somebody comes in; of an address the link's id says nothing."""
    provider = link.body["provider"]
    return {"provider": provider, "id": "" if provider == "email" else link.id.partition(".")[2],
            "banned": ban_of(link.body) is not None}  # fmt: skip
