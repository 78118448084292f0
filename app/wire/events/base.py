"""What all events have in common."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Times are UTC epoch seconds: of the event itself (market time), of its publication, of its arrival here."""

    at: float
    published_at: float = 0.0
    arrived_at: float = 0.0
    source: str = ""
