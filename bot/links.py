"""The API's calls about links, for the Discord bot and the terminal. All raise ApiError."""

from __future__ import annotations

from typing import Any

from bot.api_client import ApiClient, Player

Json = dict[str, Any]


async def own_links(api: ApiClient, player: Player) -> Json:
    """By what the player comes in, and the requests that wait for a confirmation."""
    return await api.call("GET", "links", player=player)


async def give_code(api: ApiClient, player: Player) -> Json:
    return await api.call("POST", "links", body={}, player=player)


async def enter_code(api: ApiClient, player: Player, code: str) -> Json:
    return await api.call("POST", "links/redeem", body={"code": code}, player=player)


async def confirm(api: ApiClient, player: Player, request_id: str) -> Json:
    return await api.call("POST", f"links/{request_id}/confirm", body={}, player=player)


async def refuse(api: ApiClient, player: Player, request_id: str) -> Json:
    return await api.call("DELETE", f"links/{request_id}", player=player)


async def browser_link(api: ApiClient, player: Player) -> Json:
    return await api.call("POST", "links/browser", body={}, player=player)
