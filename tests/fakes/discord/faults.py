"""Faults on command: answers that go wrong although the request was right."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Fault:
    """What happens to the next `times` requests that match."""

    method: str
    pattern: re.Pattern[str]
    status: int
    times: int
    retry_after: float = 0.05
    global_limit: bool = False
    code: int = 0
    message: str = "injected fault"
    lose_response: bool = False
    after_work: bool = False
    hits: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request meets the fault; if so, one of its times is used up."""
        if self.hits >= self.times or self.method != method or not self.pattern.search(path):
            return False
        self.hits += 1
        return True

    def answer(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Body and headers of the faulty answer."""
        if self.status != 429:
            return {"message": self.message, "code": self.code}, {}
        body = {
            "message": "You are being rate limited.",
            "retry_after": self.retry_after,
            "global": self.global_limit,
        }
        headers = {
            "Retry-After": str(self.retry_after),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": str(self.retry_after),
            "X-RateLimit-Scope": "global" if self.global_limit else "user",
        }
        if self.global_limit:
            headers["X-RateLimit-Global"] = "true"
        return body, headers
