"""Reads topics again after a possible loss of events, and publishes their snapshots to all subscribers."""

import asyncio
import time
from typing import NoReturn

from app import db, wire
from app.deps import SnapshotFailed, StreamTopics
from app.live.hub import Hub
from app.wire.backoff import Backoff

READ_WITHIN_SECONDS = 5.0
"""A snapshot that took longer is read again, since later changes would be repeated long after they were published."""


class Resync:
    def __init__(self, hub: Hub, topics: StreamTopics) -> None:
        self._hub, self._topics = hub, topics

    async def run(self) -> NoReturn:
        """Publishes pending snapshots, and retries during an outage."""
        backoff = Backoff()
        while True:
            pending = await self._hub.pending_snapshots.wait()
            while pending := tuple([topic for topic in pending if not await self.publish(topic)]):
                await backoff.wait()
            backoff.succeeded()

    async def publish(self, topic: str) -> bool:
        """Whether the topic was read and sent to all subscribers."""
        version = self._hub.pending_snapshots.version(topic)
        before, began = self._hub.last_id, time.monotonic()
        await asyncio.sleep(0)
        try:
            snapshot = await self._topics.snapshot(topic)
        except (db.Unavailable, wire.RedisUnavailable, SnapshotFailed):
            return False
        # What was told while the database answered may not be in the answer; twice is no harm, but what comes after
        # the whole comes in order: nothing is waited for from here on.
        meanwhile = self._hub.recent.between(before, self._hub.last_id)
        if time.monotonic() - began > READ_WITHIN_SECONDS or (meanwhile is None and before != self._hub.last_id):
            return False
        self._hub.pending_snapshots.complete(topic, version)
        for push in snapshot:
            self._hub.publish(push)
        for change in meanwhile or ():
            if change.push.topic == topic:
                self._hub.publish(change.push)
        return True
