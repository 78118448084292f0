"""A gap in the log."""

from app.wire.events.base import Event


class LogGap(Event, frozen=True, kw_only=True):
    """Before this nobody listened for a while, or whoever did was lost: what was said then is not in the log."""
