"""Puts jobs on the queues: ids as arguments, JSON on the wire, a job id that is used once."""

from __future__ import annotations

import redis
import structlog
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from api.tasks.outlook import Outlook, Probe

log = structlog.get_logger()

QUEUES = ("ai_tasks", "combat_tasks", "marketplace_tasks", "mail_tasks")
RESULT_SECONDS = 3600
JOB_SECONDS = 180


class JobQueue:
    """RQ on Redis. `enqueue` answers False when Redis is down: the sweeper enqueues later, the turn is not lost."""

    def __init__(self, connection: redis.Redis) -> None:
        self._queues = {
            name: Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES
        }
        self._redis = connection
        self._probe = Probe(connection, "ai_tasks", self._queues["ai_tasks"].key)

    def narrate(self, turn_id: str, attempt: int, *, session_id: str = "", sponsor_id: str = "") -> bool:
        """`session_id` and `sponsor_id` let the workers be fair; a job without them is served all the same."""
        return self._enqueue(
            "ai_tasks", "api.tasks.ai_tasks.generate_dm_response", narration_job_id(turn_id, attempt), turn_id,
            session_id=session_id, sponsor_id=sponsor_id,
        )  # fmt: skip

    def is_waiting(self, turn_id: str, attempt: int) -> bool:
        """Whether that narration still stands in the queue, so that it needs no second job."""
        try:
            key = self._queues["ai_tasks"].key
            return self._redis.lpos(key, narration_job_id(turn_id, attempt)) is not None
        except redis.RedisError:
            return False

    def outlook(self) -> Outlook | None:
        """How long a narration waits now, at most a second old; None when Redis is away."""
        return self._probe.look()

    def process_combat_round(self, session_id: str, occasion: str) -> bool:
        return self._enqueue(
            "combat_tasks",
            "api.tasks.combat_tasks.process_combat_round",
            f"deadline-{session_id}-{occasion}",
            session_id,
        )

    def deliver_mail(self, mail_id: str, number: int) -> bool:
        """`number` makes the job's id a new one each time that a letter is asked for."""
        return self._enqueue(
            "mail_tasks", "api.tasks.mail_tasks.deliver_mail", f"mail-{mail_id}-{number}", mail_id
        )

    def depths(self) -> dict[str, int]:
        """Waiting jobs by queue. Raises redis.RedisError."""
        return {name: queue.count for name, queue in self._queues.items()}

    def _enqueue(self, queue: str, function: str, job_id: str, *args: str, **meta: str) -> bool:
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        # A narration's attempt is counted up by the commit that asks for it, so that its id cannot come twice, and all
        # of it is one trip to Redis; a deadline is asked for again and again until it was served. The id is pushed
        # last, so nobody can take a job that is not there yet, and what breaks off in between the sweeper mends.
        once = queue != "ai_tasks"
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                self._queues[queue].enqueue(
                    function, *args, job_id=job_id, unique=once, pipeline=pipe, result_ttl=RESULT_SECONDS,
                    failure_ttl=RESULT_SECONDS, job_timeout=JOB_SECONDS,
                    meta={"request_id": request_id, **meta},
                )  # fmt: skip
                pipe.execute()
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
    """Accepts jobs and forgets them; `narrated`, `rounds` and `mails` list what was asked for."""

    def __init__(self) -> None:
        self.narrated: list[tuple[str, int]] = []
        self.rounds: list[str] = []
        self.mails: list[str] = []

    def narrate(self, turn_id: str, attempt: int, *, session_id: str = "", sponsor_id: str = "") -> bool:
        self.narrated.append((turn_id, attempt))
        return True

    def process_combat_round(self, session_id: str, occasion: str) -> bool:
        self.rounds.append(session_id)
        return True

    def deliver_mail(self, mail_id: str, number: int) -> bool:
        self.mails.append(mail_id)
        return True

    def is_waiting(self, turn_id: str, attempt: int) -> bool:
        return False

    def outlook(self) -> Outlook | None:
        return None

    def depths(self) -> dict[str, int]:
        return {}
