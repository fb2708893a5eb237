"""What happens around a game while it goes on: roles change, people and the bot are thrown out, time passes."""

from typing import Any

from tests.fakes.discord import membership, permissions, shop, threads
from tests.fakes.discord.clock import Clock
from tests.fakes.discord.driver import User
from tests.fakes.discord.model import Account, Channel, Guild, Role
from tests.fakes.discord.passing_time import catch_up
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.world import World


class Happenings:
    """The part of `DiscordStandin` with which a test lets things happen that no `User` does."""

    world: World
    clock: Clock
    guild: Guild

    def change_role(self, role: Role, allowed: Permission | str) -> None:
        """Give a role other permissions."""
        self.world.change_role(self._guild_of(role), role, permissions.parse(allowed))

    def delete_role(self, role: Role) -> None:
        """Take a role away."""
        membership.delete_role(self.world, self._guild_of(role), role)

    def give_role(self, who: User | Account, role: Role) -> None:
        """Give a member a role."""
        membership.give_role(self.world, self._guild_of(role), self.world.accounts[who.id], role)

    def take_role(self, who: User | Account, role: Role) -> None:
        """Take a role from a member."""
        membership.take_role(self.world, self._guild_of(role), self.world.accounts[who.id], role)

    def delete_channel(self, channel: Channel) -> None:
        """Somebody deletes a channel or thread."""
        threads.delete(self.world, channel)

    def set_slow_mode(self, channel: Channel, seconds: int) -> None:
        """Let people wait between two messages in a channel or thread."""
        channel.slow_mode_seconds = seconds
        self.world.tell_channel("THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE", channel)

    def kick(self, user: User, guild: Guild | None = None) -> None:
        """Throw a person out."""
        membership.remove_member(self.world, guild or self.guild, user.account)

    def kick_bot(self, guild: Guild | None = None) -> None:
        """Throw the bot out of a guild."""
        membership.remove_bot(self.world, guild or self.guild)

    def admit_bot(self, guild: Guild | None = None) -> None:
        """Add the bot to a guild, for the first time or again."""
        membership.admit_bot(self.world, guild or self.guild)

    def begin_outage(self, guild: Guild | None = None) -> None:
        """Let Discord lose a guild for a while."""
        membership.begin_outage(self.world, guild or self.guild)

    def end_outage(self, guild: Guild | None = None) -> None:
        """Let the guild be there again."""
        membership.end_outage(self.world, guild or self.guild)

    def advance(self, seconds: float) -> None:
        """Let time pass, and with it happen what is due: idle threads are archived."""
        self.clock.advance(seconds)
        catch_up(self.world)
        self.world.changes.notify()

    def _guild_of(self, role: Role) -> Guild:
        everywhere = {channel.guild for channel in self.world.channels.values() if channel.guild}
        return next(guild for guild in everywhere if guild.roles.get(role.id) is role)

    # ---- the shop

    def add_sku(self, name: str, kind: int = shop.SUBSCRIPTION, for_guilds: bool = False) -> dict[str, Any]:
        """Offer something for sale: 2 durable, 3 consumable, 5 a subscription. `User.buy` buys it."""
        return shop.add_sku(self.world, name, kind, for_guilds)

    def cancel(self, entitlement: dict[str, Any], seconds: float) -> None:
        """A subscription is cancelled and ends in so many seconds."""
        shop.change_end(self.world, entitlement, seconds)

    def renew(self, entitlement: dict[str, Any]) -> None:
        """A cancelled subscription goes on after all."""
        shop.change_end(self.world, entitlement, None)

    def refund(self, entitlement: dict[str, Any]) -> None:
        """A purchase is taken back."""
        shop.take_back(self.world, entitlement)
