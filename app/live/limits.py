"""Limits of streams: connections, streams of one user, stall time and lifetime; errors when a limit is reached."""

from typing import NamedTuple


class HubFull(Exception):
    """The process has reached its limit of connections."""


class UserStreamsFull(HubFull):
    """The user has reached the limit of streams per user."""


class StreamLimits(NamedTuple):
    connections: int = 1000
    per_user: int = 5
    stalled_seconds: float = 10.0
    """A lagging connection that accepts no bytes for so long is closed."""
    lifetime: tuple[float, float] = (480.0, 720.0)
    """Seconds (least, most) after which a connection must reconnect; random, so that they do not end together."""


LIMITS = StreamLimits()
