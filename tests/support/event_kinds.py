"""The events that arrive on channels: all kinds but LogGap, which our own processes write to the log."""

from app.wire.events.event import KINDS, AnyEvent, LogGap

CHANNEL_EVENTS: tuple[type[AnyEvent], ...] = tuple(kind for kind in KINDS if kind is not LogGap)
