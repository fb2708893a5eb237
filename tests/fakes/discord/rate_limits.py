"""Discord's rate limits: buckets per route, 50 requests a second in all, 10,000 invalid ones in 10 minutes."""

import hashlib
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tests.fakes.discord.clock import Clock
from tests.fakes.discord.errors import TooManyRequests
from tests.fakes.discord.routing import Call, Route

INVALID_STATUSES = (401, 403, 429)
EXEMPT_FROM_GLOBAL = re.compile(r"^/(interactions|webhooks)/")
UNLIMITED_HEADERS = {
    "X-RateLimit-Limit": "5",
    "X-RateLimit-Remaining": "4",
    "X-RateLimit-Reset-After": "1",
}
CHANNEL, MESSAGE = "/channels/{channel}", "/channels/{channel}/messages/{message}"
WEBHOOK = "/webhooks/{application}/{token}"


@dataclass(frozen=True)
class Allowance:
    """So many requests in so many seconds."""

    count: int
    seconds: float


# Discord publishes none of these, "read the headers": this is what its headers said at the time of writing.
PER_ROUTE: Mapping[str, Allowance] = MappingProxyType(
    {
        f"POST {CHANNEL}/messages": Allowance(5, 5),
        f"PATCH {MESSAGE}": Allowance(5, 5),
        f"DELETE {MESSAGE}": Allowance(5, 1),
        f"PUT {MESSAGE}/reactions/{{emoji}}/@me": Allowance(1, 0.25),
        f"DELETE {MESSAGE}/reactions/{{emoji}}/{{user}}": Allowance(1, 0.25),
        f"POST {CHANNEL}/typing": Allowance(5, 5),
        f"POST {WEBHOOK}": Allowance(5, 2),
        f"PATCH {WEBHOOK}/messages/{{message}}": Allowance(5, 2),
        "POST /users/@me/channels": Allowance(10, 10),
    }
)


@dataclass(frozen=True)
class RateLimits:
    """The limits to hold a bot to: `DiscordStandin(rate_limits=RateLimits())`. Without them none is kept."""

    per_route: Mapping[str, Allowance] = field(default_factory=lambda: PER_ROUTE)
    other_routes: Allowance = Allowance(50, 1)
    renames: Allowance = Allowance(2, 600)
    """New names and topics of one channel or thread: a limit inside the route's own, in no header."""
    all_requests: Allowance = Allowance(50, 1)
    invalid_requests: Allowance = Allowance(10_000, 600)


class Banned(Exception):
    """Too many invalid requests: Cloudflare answers in Discord's place, for the rest of the window."""


class Bucket:
    """An allowance in use. Its window opens with the first request and refills all at once."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._opened = float("-inf")
        self._used = 0

    def take(self, now: float) -> float:
        """Use one request up; gives the seconds to wait instead when none is left."""
        if now - self._opened >= self.allowance.seconds:
            self._opened, self._used = now, 0
        if self._used >= self.allowance.count:
            return self.reset_after(now)
        self._used += 1
        return 0.0

    def remaining(self) -> int:
        """How many requests the window still allows."""
        return self.allowance.count - self._used

    def reset_after(self, now: float) -> float:
        """Seconds until the window refills."""
        return max(0.001, self._opened + self.allowance.seconds - now)


class RateLimiter:
    """Counts all requests, and turns away those above the limits, if there are any."""

    def __init__(self, clock: Clock, limits: RateLimits | None) -> None:
        self._clock = clock
        self._limits = limits
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._renames: dict[str, Bucket] = {}
        self._all = Bucket(limits.all_requests) if limits else None
        self._invalid_at: deque[float] = deque()

    @property
    def invalid_requests(self) -> int:
        """How many 401, 403 and 429 there were in the last ten minutes; counted also without limits."""
        window = (self._limits or RateLimits()).invalid_requests.seconds
        while self._invalid_at and self._clock.time() - self._invalid_at[0] >= window:
            self._invalid_at.popleft()
        return len(self._invalid_at)

    def refuse_banned(self) -> None:
        """Raise `Banned` while the budget of invalid requests is used up."""
        if self._limits and self.invalid_requests >= self._limits.invalid_requests.count:
            raise Banned

    def take(self, route: Route, call: Call) -> dict[str, str]:
        """Let a request through, with its bucket's headers, or raise `TooManyRequests`."""
        if self._limits is None or self._all is None:
            return {**UNLIMITED_HEADERS, "X-RateLimit-Bucket": _bucket_name(route)}
        now = self._clock.time()
        if not EXEMPT_FROM_GLOBAL.match(call.path) and (wait := self._all.take(now)):
            raise TooManyRequests(wait, "global")
        bucket = self._bucket(route, call)
        wait = bucket.take(now)
        call.headers = self._headers(route, bucket, now)
        if wait:
            raise TooManyRequests(wait)
        self._take_rename(route, call, now)
        return call.headers

    def note(self, status: int | None, scope: str | None) -> None:
        """Count an answer, if it is an invalid one; a limit that many share is not the bot's fault."""
        if status in INVALID_STATUSES and scope != "shared":
            self._invalid_at.append(self._clock.time())

    def _bucket(self, route: Route, call: Call) -> Bucket:
        assert self._limits is not None
        key = (_bucket_name(route), _major_parameter(call))
        if key not in self._buckets:
            name = f"{route.method} {route.template}"
            allowance = self._limits.per_route.get(name, self._limits.other_routes)
            self._buckets[key] = Bucket(allowance)
        return self._buckets[key]

    def _take_rename(self, route: Route, call: Call, now: float) -> None:
        assert self._limits is not None
        renames = isinstance(call.body, dict) and {"name", "topic"} & set(call.body)
        if renames and (route.method, route.template) == ("PATCH", CHANNEL):
            bucket = self._renames.setdefault(call.params["channel"], Bucket(self._limits.renames))
            if wait := bucket.take(now):
                raise TooManyRequests(wait, "shared")

    @staticmethod
    def _headers(route: Route, bucket: Bucket, now: float) -> dict[str, str]:
        wait = bucket.reset_after(now)
        return {
            "X-RateLimit-Limit": str(bucket.allowance.count),
            "X-RateLimit-Remaining": str(bucket.remaining()),
            "X-RateLimit-Reset": f"{now + wait:.3f}",
            "X-RateLimit-Reset-After": f"{wait:.3f}",
            "X-RateLimit-Bucket": _bucket_name(route),
        }


def _bucket_name(route: Route) -> str:
    """A route's bucket, the same for all channels, guilds and webhooks."""
    return hashlib.sha1(f"{route.method} {route.template}".encode(), usedforsecurity=False).hexdigest()[:32]


def _major_parameter(call: Call) -> str:
    """What a route's buckets are counted apart by: the channel, the guild, or the webhook and its token."""
    if call.path.startswith(("/webhooks/", "/interactions/")):
        return call.params["token"]
    return call.params.get("channel") or call.params.get("guild") or ""
