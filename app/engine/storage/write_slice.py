"""A slice of the write queue: rows of one transaction, and the events that follow it."""

import asyncio
from collections import deque

from app.engine.storage.batch import StorageBatch
from app.wire.events.event import AnyEvent
from app.wire.ticks.reader import Checkpoint


class Slice:
    """Facts that are stored in one transaction, and their events, which are published when it is over."""

    def __init__(self) -> None:
        self.batch = StorageBatch()
        self.closed = False
        """Whether it takes nothing more: it is being stored, or somebody waits for it."""
        self.events: deque[AnyEvent] = deque()
        """Of a slice that is stored: those that are not published yet."""
        self.expired_until: float | None = None
        self.checkpoint: Checkpoint | None = None
        self.done = asyncio.Event()
        """Set when it is stored and published."""
