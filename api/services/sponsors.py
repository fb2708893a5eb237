"""Who pays for a session: how the sponsorship passes, and whose it is when somebody leaves."""

from __future__ import annotations

from api.services.deps import Actor
from api.services.table import Table


def sponsored(table: Table, actor: Actor) -> None:
    """Within the table's own commit: this member pays from now on, and the party is told."""
    pass_to(table, actor.require_user(), actor.name)


def pass_to(table: Table, user_id: str, name: str) -> None:
    table.body["sponsor_user_id"] = user_id
    table.emit("sponsor_changed", user_id=user_id, name=name)
