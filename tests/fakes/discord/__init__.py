"""A stand-in for Discord on loopback, for tests of an unmodified discord.py bot. See README.md."""

from tests.fakes.discord.clock import FrozenClock, RunningClock
from tests.fakes.discord.driver import User
from tests.fakes.discord.errors import ContractMissing, Refused, Violation
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.model import Channel, Guild, Message, Role
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.rate_limits import Allowance, RateLimits
from tests.fakes.discord.replies import Modal, Reply
from tests.fakes.discord.standin import DiscordStandin
from tests.fakes.discord.threaded import ThreadedStandin
from tests.fakes.discord.world import Windows

__all__ = [
    "Allowance",
    "Channel",
    "ContractMissing",
    "DiscordStandin",
    "FrozenClock",
    "Guild",
    "Message",
    "Modal",
    "Permission",
    "RateLimits",
    "Refused",
    "Reply",
    "Role",
    "RunningClock",
    "ThreadedStandin",
    "Upload",
    "User",
    "Violation",
    "Windows",
]
