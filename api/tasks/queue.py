"""Puts jobs on the queues: ids as arguments, JSON on the wire, a job id that is used once."""

from __future__ import annotations

import redis
import structlog
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

log = structlog.get_logger()

QUEUES = ("ai_tasks", "combat_tasks", "marketplace_tasks")
RESULT_SECONDS = 3600
JOB_SECONDS = 180


class JobQueue:
    """RQ on Redis. `enqueue` answers False when Redis is down: the sweeper enqueues later, the turn is not lost."""

    def __init__(self, connection: redis.Redis) -> None:
        self._queues = {
            name: Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES
        }

    def narrate(self, turn_id: str, attempt: int) -> bool:
        return self._enqueue(
            "ai_tasks", "api.tasks.ai_tasks.generate_dm_response", narration_job_id(turn_id, attempt), turn_id
        )

    def process_combat_round(self, session_id: str, occasion: str) -> bool:
        return self._enqueue(
            "combat_tasks",
            "api.tasks.combat_tasks.process_combat_round",
            f"deadline-{session_id}-{occasion}",
            session_id,
        )

    def depths(self) -> dict[str, int]:
        """Waiting jobs by queue. Raises redis.RedisError."""
        return {name: queue.count for name, queue in self._queues.items()}

    def _enqueue(self, queue: str, function: str, job_id: str, *args: str) -> bool:
        try:
            self._queues[queue].enqueue(
                function, *args, job_id=job_id, unique=True, result_ttl=RESULT_SECONDS,
                failure_ttl=RESULT_SECONDS, job_timeout=JOB_SECONDS,
                meta={"request_id": structlog.contextvars.get_contextvars().get("request_id", "")},
            )  # fmt: skip
        except DuplicateJobError:
            return True
        except redis.RedisError as error:
            log.warning("job_not_enqueued", job_id=job_id, error=str(error))
            return False
        return True


def narration_job_id(turn_id: str, attempt: int) -> str:
    """A used id cannot be enqueued again, so the attempt counts up."""
    return f"narrate-{turn_id}-{attempt}"


class NullQueue:
    """Accepts jobs and forgets them; `narrated` lists what was asked for."""

    def __init__(self) -> None:
        self.narrated: list[tuple[str, int]] = []
        self.rounds: list[str] = []

    def narrate(self, turn_id: str, attempt: int) -> bool:
        self.narrated.append((turn_id, attempt))
        return True

    def process_combat_round(self, session_id: str, occasion: str) -> bool:
        self.rounds.append(session_id)
        return True

    def depths(self) -> dict[str, int]:
        return {}
