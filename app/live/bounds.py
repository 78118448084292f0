"""Limits of streams: connections, streams of one user, stall time and lifetime; errors when a limit is reached."""

from typing import NamedTuple


class HubFull(Exception):
    """No room for another reader in this process."""


class UserStreamsFull(HubFull):
    """This person holds as many as one may."""


class StreamLimits(NamedTuple):
    connections: int = 1000
    per_user: int = 5
    stalled_seconds: float = 10.0
    """A lagging reader whose wire takes nothing for so long is gone."""
    lifetime: tuple[float, float] = (480.0, 720.0)
    """Seconds, between which a reader is asked to come back: no stream lives for ever, and they end one by one."""


LIMITS = StreamLimits()
