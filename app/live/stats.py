"""Counters of one hub, for metrics and status pages."""

from collections.abc import Mapping
from typing import NamedTuple


class HubStats(NamedTuple):
    connections: int
    sockets: int
    """Those of them that are."""
    audiences: int
    lagging: int
    published: int
    frames: int
    undrawable: int
    raw_bytes: int
    wire_bytes: int
    ended: Mapping[str, int]
    """Readers by why they ended."""
    joins: Mapping[str, int]
    """Readers by how they came: fresh, exact (every entry they missed) or snapshot (more than could be told)."""
