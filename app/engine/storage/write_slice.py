"""A slice of the write queue: rows of one transaction, and the events that follow it."""

import asyncio
from collections import deque

from app.engine.storage.batch import StorageBatch
from app.wire.events.event import AnyEvent
from app.wire.ticks.reader import Checkpoint


class Slice:
    """Rows that are stored in one transaction, and events that are published after it."""

    def __init__(self) -> None:
        self.batch = StorageBatch()
        self.closed = False
        """Whether it takes no more rows: it is being stored, or a caller waits for it."""
        self.events: deque[AnyEvent] = deque()
        """Unpublished events of a stored slice."""
        self.expired_until: float | None = None
        self.checkpoint: Checkpoint | None = None
        self.done = asyncio.Event()
        """Set when it is stored and published."""
