"""Publishes the status of loads, and stores it in the key that the web process reads."""

from redis.asyncio import Redis

from app.wire.channels import JOB_STATUS_PREFIX
from app.wire.client import reachable
from app.wire.codec import codec
from app.wire.events.event import AnyEvent, JobStatus
from app.wire.pubsub.publisher import Publisher

KEPT_SECONDS = 7 * 86_400


class JobReporter:
    def __init__(self, client: Redis, publisher: Publisher) -> None:
        self._client = client
        self._publisher = publisher

    async def report(self, event: AnyEvent) -> None:
        """Raises wire.RedisUnavailable."""
        if isinstance(event, JobStatus):
            with reachable():
                await self._client.set(JOB_STATUS_PREFIX + event.job_id, codec.encode(event), ex=KEPT_SECONDS)
        await self._publisher.publish(event)
