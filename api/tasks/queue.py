"""Puts jobs on the queues: ids as arguments, JSON on the wire, a job id that is used once."""

from __future__ import annotations

import redis
import structlog
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from api.tasks.narration_job import NarrationJobs
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
        self._narrations = NarrationJobs(
            connection, self._queues["ai_tasks"], "api.tasks.ai_tasks.generate_dm_response",
            seconds=JOB_SECONDS, lives=RESULT_SECONDS,
        )  # fmt: skip
        self._probe = Probe(connection, "ai_tasks", self._queues["ai_tasks"].key)

    def narrate(
        self,
        turn_id: str,
        attempt: int,
        *,
        session_id: str = "",
        sponsor_id: str = "",
        seq: int | None = None,
    ) -> bool:
        """`session_id` and `sponsor_id` let the workers be fair; a job without them is served all the same.

        With `seq` the session's followers are woken first, in the same trip.
        """
        # Its attempt is counted up by the commit that asks for it, so its id cannot come twice.
        job_id = narration_job_id(turn_id, attempt)
        woken = None if seq is None else (session_id, seq)
        try:
            self._narrations.put(job_id, turn_id, _meta(session_id=session_id, sponsor_id=sponsor_id), woken)
        except redis.RedisError as error:
            log.warning("job_not_enqueued", job_id=job_id, error=str(error))
            return False
        return True

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
        """A deadline is asked for again and again until it was served: its job once only."""
        return self._once(
            "combat_tasks",
            "api.tasks.combat_tasks.process_combat_round",
            f"deadline-{session_id}-{occasion}",
            session_id,
        )

    def finalize_combat(self, session_id: str, occasion: str) -> bool:
        """Sum up a fight that is over; asked for at each turn until it is done."""
        return self._once(
            "combat_tasks",
            "api.tasks.combat_tasks.finalize_combat",
            f"fight-{session_id}-{occasion}",
            session_id,
        )

    def summarise(self, session_id: str, number: int) -> bool:
        """Sum up a story up to now; asked for with every turn (`number`) until it is done."""
        return self._once(
            "ai_tasks",
            "api.tasks.ai_tasks.summarise_session",
            f"summary-{session_id}-{number}",
            session_id,
        )

    def deliver_mail(self, mail_id: str, number: int) -> bool:
        """`number` makes the job's id a new one each time that a letter is asked for."""
        return self._once(
            "mail_tasks", "api.tasks.mail_tasks.deliver_mail", f"mail-{mail_id}-{number}", mail_id
        )

    def clean_logs(self, day: str, occasion: str) -> bool:
        """The day's round over old logs; `occasion` makes the job's id a new one when it is asked for again."""
        return self._once(
            "marketplace_tasks",
            "api.tasks.marketplace_tasks.cleanup_old_session_logs",
            f"cleanup-{day}-{occasion}",
            day,
        )

    def _once(self, queue: str, function: str, job_id: str, *args: str) -> bool:
        try:
            self._queues[queue].enqueue(
                function, *args, job_id=job_id, unique=True, result_ttl=RESULT_SECONDS,
                failure_ttl=RESULT_SECONDS, job_timeout=JOB_SECONDS, meta=_meta(),
            )  # fmt: skip
        except DuplicateJobError:
            return True
        except redis.RedisError as error:
            log.warning("job_not_enqueued", job_id=job_id, error=str(error))
            return False
        return True

    def depths(self) -> dict[str, int]:
        """Waiting jobs by queue. Raises redis.RedisError."""
        return {name: queue.count for name, queue in self._queues.items()}


def _meta(**more: str) -> dict[str, str]:
    """What travels with a job besides its ids: the request that asked for it, for the logs of the workers."""
    return {"request_id": structlog.contextvars.get_contextvars().get("request_id", ""), **more}


def narration_job_id(turn_id: str, attempt: int) -> str:
    """A used id cannot be enqueued again, so the attempt counts up."""
    return f"narrate-{turn_id}-{attempt}"


class NullQueue:
    """Accepts jobs and forgets them; its lists (`narrated`, `rounds` …) hold what was asked for."""

    def __init__(self) -> None:
        self.narrated: list[tuple[str, int]] = []
        self.rounds: list[str] = []
        self.fights: list[str] = []
        self.summaries: list[str] = []
        self.mails: list[str] = []
        self.cleanups: list[str] = []

    def narrate(
        self,
        turn_id: str,
        attempt: int,
        *,
        session_id: str = "",
        sponsor_id: str = "",
        seq: int | None = None,
    ) -> bool:
        self.narrated.append((turn_id, attempt))
        return True

    def process_combat_round(self, session_id: str, occasion: str) -> bool:
        self.rounds.append(session_id)
        return True

    def finalize_combat(self, session_id: str, occasion: str) -> bool:
        self.fights.append(session_id)
        return True

    def summarise(self, session_id: str, number: int) -> bool:
        self.summaries.append(session_id)
        return True

    def deliver_mail(self, mail_id: str, number: int) -> bool:
        self.mails.append(mail_id)
        return True

    def clean_logs(self, day: str, occasion: str) -> bool:
        self.cleanups.append(day)
        return True

    def is_waiting(self, turn_id: str, attempt: int) -> bool:
        return False

    def outlook(self) -> Outlook | None:
        return None

    def depths(self) -> dict[str, int]:
        return {}
