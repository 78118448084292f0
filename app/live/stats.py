"""Counters of one hub, for metrics and status pages."""

from collections.abc import Mapping
from typing import NamedTuple


class HubStats(NamedTuple):
    connections: int
    sockets: int
    """WebSockets among the connections."""
    audiences: int
    lagging: int
    published: int
    frames: int
    undrawable: int
    raw_bytes: int
    wire_bytes: int
    ended: Mapping[str, int]
    """Connections by the reason of their end."""
    joins: Mapping[str, int]
    """Joins by kind: fresh, exact (every missed entry was sent) or snapshot (too many were missed)."""
