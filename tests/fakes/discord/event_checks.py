"""Holds the objects in the gateway's own events against the published description."""

from tests.fakes.discord.contract import Contract
from tests.fakes.discord.world import Event, World


def check(world: World, event: Event) -> None:
    """Record what is wrong with an event as a violation of ours."""
    if world.contract is not None:
        for problem in _problems(world.contract, event):
            world.violate("event", "GATEWAY", event.name, problem)


def _problems(contract: Contract, event: Event) -> list[str]:
    data = event.data
    if event.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        return contract.object_problems("MessageResponse", data)
    if event.name in ("CHANNEL_CREATE", "CHANNEL_UPDATE"):
        return contract.object_problems("GuildChannelResponse", data)
    if event.name in ("THREAD_CREATE", "THREAD_UPDATE"):
        return contract.object_problems("ThreadResponse", data)
    if event.name in ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE"):
        return contract.object_problems("GuildMemberResponse", data)
    if event.name.startswith("ENTITLEMENT_"):
        return contract.object_problems("EntitlementResponse", data)
    if event.name == "INTERACTION_CREATE":
        problems = contract.object_problems("GuildMemberResponse", data["member"]) if "member" in data else []
        if "message" in data:
            problems += contract.object_problems("MessageResponse", data["message"])
        return problems
    return []
