"""What all events have in common."""

import msgspec

LATE_SECONDS = 300.0


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Times are UTC epoch seconds: of the event itself (market time), of its publication, of its arrival here."""

    at: float
    published_at: float = 0.0
    arrived_at: float = 0.0
    source: str = ""

    @property
    def late(self) -> bool:
        """It was published long before it came: a backlog, or a clock that is wrong."""
        return 0 < self.published_at < self.arrived_at - LATE_SECONDS
