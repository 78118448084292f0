"""The outbox of jobs: each is stored first, then published; one without a subscriber waits for an engine."""

import asyncio
import logging
import secrets
import time
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, cast

from redis.asyncio import Redis

from app.wire import lua
from app.wire.channels import IDEMPOTENCY_PREFIX, OUTBOX_JOB_PREFIX, OUTBOX_KEY, OUTBOX_WAITING_KEY
from app.wire.client import RedisUnavailable, reachable
from app.wire.codec.codec import MAX_BYTES
from app.wire.jobs.job import ROUTES, AnyJob, encode, identified
from app.wire.pubsub.connection import heed_cancellation
from app.wire.state import heartbeat

logger = logging.getLogger(__name__)

MAX_WAITING = 1000
MAX_ENTRIES = 2000
"""Of the stream, which is the history of all jobs; those that wait are stored beside it."""

KEPT_SECONDS = 7 * 86_400
"""How long a job that went out is remembered, and how long its idempotency key counts."""

MOST_AT_ONCE = 100
"""A subscriber's output buffer must hold what one script publishes."""

SUBMIT_SECONDS = 6.0
LOOK_SECONDS = 1.0
BEAT_SECONDS = 150.0
"""TickStockPL writes its heartbeat once a minute: after two and a half it counts as gone."""

State = Literal["waiting", "delivered", "lapsed", "withdrawn"]


_OFFER = lua.read(__file__, "offer")
_SUBMIT = _OFFER + lua.read(__file__, "submit")
_OFFER_WAITING = _OFFER + lua.read(__file__, "offer_waiting")
_WITHDRAW = lua.read(__file__, "withdraw")


class OutboxFull(RedisUnavailable):
    """Too many jobs wait for an engine: this one was not stored."""


class Submitted(NamedTuple):
    """A stored job. `delivered`: `receivers` subscribers received it; their status tells whether they run it."""

    id: str
    state: State
    receivers: int
    fresh: bool
    """False: it had been submitted before, and was not sent again."""


class OutboxJob(NamedTuple):
    """What is remembered of a job: times are UTC epoch seconds by Redis' clock."""

    id: str
    kind: str
    channel: str
    state: State
    receivers: int
    submitted_at: float
    lapses_at: float
    left_at: float | None
    """When it was delivered, lapsed or withdrawn."""


class Outbox:
    """Each job is published once. An engine that stops while it runs a job does not get it again: whoever wants it run
    submits it as another job under another key."""

    def __init__(self, client: Redis, max_waiting: int = MAX_WAITING) -> None:
        self._client = client
        self._max_waiting = max_waiting
        self._submit = client.register_script(_SUBMIT)
        self._offer = client.register_script(_OFFER_WAITING)
        self._withdraw = client.register_script(_WITHDRAW)

    async def submit(self, job: AnyJob, idempotency_key: str) -> Submitted:
        """One key is one job, however often it is submitted; the key expires after a week.

        Raises OutboxFull, or RedisUnavailable where it may not be stored: then submit it again with the same key.
        """
        id_, sent = identified(job)
        payload = encode(sent)
        if len(payload) > MAX_BYTES:
            raise ValueError(f"a job of {len(payload)} bytes is more than the {MAX_BYTES} that engines read")
        with reachable():
            async with asyncio.timeout(SUBMIT_SECONDS):
                call = secrets.token_hex(8)
                answer = await self._submit_with_retry(id_, sent, payload, idempotency_key, call)
        state, job_id, receivers, submitter, trouble = answer
        if trouble:
            logger.warning("jobs wait, because Redis refuses to publish them: %s", trouble.decode("utf-8", "replace"))
        if state == b"full":
            raise OutboxFull(f"{self._max_waiting} jobs wait already: no engine listens")
        return Submitted(job_id.decode(), _state(state), int(receivers), submitter.decode() == call)

    async def offer_waiting(self) -> int:
        """How many were delivered. Only while an engine's heartbeat is fresh: other subscribers may be no engines."""
        if not await self.waiting():
            return 0
        beat = await heartbeat.read(self._client)
        if beat is None or abs(time.time() - beat) > BEAT_SECONDS:
            return 0
        with reachable():
            answer: Any = await self._offer(
                keys=(OUTBOX_WAITING_KEY,), args=(OUTBOX_JOB_PREFIX, KEPT_SECONDS, MOST_AT_ONCE)
            )
        offered = int(answer[0])
        if offered:
            logger.info("%d waiting jobs were delivered", offered)
        return offered

    async def withdraw(self, id_: str) -> bool:
        """Whether it still waited; to cancel what was delivered is a job of its own."""
        with reachable():
            left = await self._withdraw(keys=(OUTBOX_WAITING_KEY, OUTBOX_JOB_PREFIX + id_), args=(id_, KEPT_SECONDS))
        return bool(left)

    async def state(self, id_: str) -> OutboxJob | None:
        with reachable():
            fields: Any = await self._client.hgetall(OUTBOX_JOB_PREFIX + id_)
        return _job(id_, fields)

    async def waiting(self) -> int:
        with reachable():
            return int(await self._client.llen(OUTBOX_WAITING_KEY))

    async def run(self) -> None:
        """In every web process: each offers what waits, and Redis sees to it that only one of them succeeds."""
        while True:
            heed_cancellation()
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.offer_waiting()
            except RedisUnavailable:
                continue

    async def _submit_with_retry(self, id_: str, job: AnyJob, payload: bytes, idempotency_key: str, call: str) -> Any:
        route = ROUTES[type(job)]
        hashed = blake2b(idempotency_key.encode("utf-8", "replace"), digest_size=16).hexdigest()
        keys = (OUTBOX_KEY, OUTBOX_WAITING_KEY, OUTBOX_JOB_PREFIX + id_, IDEMPOTENCY_PREFIX + hashed)
        arguments = (id_, type(job).__name__, route.channel, payload, route.patience)
        bounds = (OUTBOX_JOB_PREFIX, KEPT_SECONDS, MOST_AT_ONCE, self._max_waiting, MAX_ENTRIES, call)
        try:
            with reachable():
                return await self._submit(keys=keys, args=arguments + bounds)
        except RedisUnavailable:
            # Perhaps only the answer was lost. With the same key nothing can happen twice.
            return await self._submit(keys=keys, args=arguments + bounds)


def _job(id_: str, fields: dict[bytes, bytes]) -> OutboxJob | None:
    state = fields.get(b"state")
    if state is None:
        return None
    left = fields.get(b"left")
    return OutboxJob(
        id_,
        fields.get(b"kind", b"").decode(),
        fields.get(b"channel", b"").decode(),
        _state(state),
        int(fields.get(b"receivers", b"0")),
        float(fields.get(b"submitted", b"0")),
        float(fields.get(b"lapses", b"0")),
        float(left) if left else None,
    )


def _state(raw: bytes) -> State:
    return cast(State, raw.decode())
