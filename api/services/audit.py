"""The audit trail: what operators did and why, and what happened to an account's safety.

A row is part of the commit that it tells of. It names accounts by id and holds no address, password, token or text of a
player's; a ban of somebody and what it was for stays, a sign-in is forgotten after half a year.
"""

from __future__ import annotations

from typing import Any

from api.clock import Clock
from api.store.port import Document, Insert, Query, Store

SECURITY_DAYS = 180

# What happens to an account by its owner's own doing, or somebody's who tries; all else is an operator's.
SECURITY = frozenset(
    {
        "signed_in", "password_reset", "password_changed", "address_changed", "signed_out_everywhere", "link_asked",
        "link_refused", "linked", "unlinked", "browser_code_given", "browser_code_used", "departure_asked",
        "departure_cancelled", "departed", "exported",
    }
)  # fmt: skip


def audited(
    clock: Clock,
    what: str,
    *,
    user_id: str,
    by: str = "",
    reason: str = "",
    before: Any = None,
    after: Any = None,
    **more: Any,
) -> Insert:
    """The row to commit beside a change. `by` is empty for the account itself, else `operator:<name>`."""
    body: dict[str, Any] = {
        "at": clock.iso(), "what": what, "user_id": user_id, "by": by or "self", "reason": reason,
        "before": before, "after": after, **more,
    }  # fmt: skip
    if what in SECURITY:
        body["expires_at"] = clock.iso(after=SECURITY_DAYS * 86400)
    return Insert("audit", clock.new_id(), body)


def read_audit(
    store: Store, *, user_id: str = "", what: str = "", since: str = "", limit: int = 50
) -> list[Document]:
    """The latest rows first, at most 200; filtered by account and kind."""
    where = {k: v for k, v in (("user_id", user_id), ("what", what)) if v}
    query = Query(
        "audit", where, above={"at": since} if since else {}, order_by="at", descending=True,
        limit=max(1, min(limit, 200)),
    )  # fmt: skip
    return list(store.query(query).items)
