"""Status of Redis for administrators: messages by channel, rejected messages, log position, receivers of jobs."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from app.wire.channels import BATCHES, OUTGOING, USES, BatchChannel, Channels, Kind, Meaning
from app.wire.log.log import BEGINNING, StreamPosition
from app.wire.pubsub.subscriber import SubscriberStats

JOB_CHANNELS = tuple(each.name for each in OUTGOING if each.kind == "job")


class Channel(NamedTuple):
    """`age`: seconds since the newest message; None if there was none."""

    name: str
    meaning: Meaning | BatchChannel
    kind: Kind
    messages: int
    per_minute: int
    age: float | None
    late: int = 0

    @property
    def parts(self) -> list[str]:
        return parts(self.name)


class RejectedMessages(NamedTuple):
    meaning: Meaning | BatchChannel
    reason: str
    messages: int


class LogState(NamedTuple):
    """`began`: start of the epoch, UTC epoch seconds; None for an empty log."""

    id: str
    began: float | None


class Receivers(NamedTuple):
    channel: str
    listening: int

    @property
    def parts(self) -> list[str]:
        return parts(self.channel)

    @property
    def description(self) -> str:
        if self.listening == 0:
            return "nobody listens"
        return "one engine listens" if self.listening == 1 else f"{self.listening} engines listen: jobs would run twice"


def parts(name: str) -> list[str]:
    """The name split where a narrow screen may break it."""
    return re.split(r"(?<=[.:])", name)


def channels(names: Channels, stats: SubscriberStats, now: float) -> tuple[list[Channel], list[Channel]]:
    """Channels with messages, newest first, and channels without, in the order of the Redis contract."""
    every = [
        _channel(name, USES[field].meaning, USES[field].kind, stats, now) for field, name in names._asdict().items()
    ]
    every += [_channel(name, batch, "state", stats, now) for name, batch in BATCHES.items()]
    active = sorted((channel for channel in every if channel.age is not None), key=lambda channel: channel.age or 0.0)
    return active, [channel for channel in every if channel.age is None]


def rejections(rejected: Mapping[tuple[Meaning | BatchChannel, str], int]) -> list[RejectedMessages]:
    """Most frequent first."""
    counts = (RejectedMessages(meaning, reason, count) for (meaning, reason), count in rejected.items())
    return sorted(counts, key=lambda each: (-each.messages, each.meaning, each.reason))


def log_state(top: StreamPosition) -> LogState:
    """An epoch's name is the millisecond at which it began."""
    return LogState("", None) if top == BEGINNING else LogState(str(top), top.epoch / 1000)


def receivers(counts: Mapping[str, int]) -> list[Receivers]:
    return [Receivers(name, counts.get(name, 0)) for name in JOB_CHANNELS]


def _channel(name: str, meaning: Meaning | BatchChannel, kind: Kind, stats: SubscriberStats, now: float) -> Channel:
    traffic = stats.channels.get(name)
    if traffic is None:
        return Channel(name, meaning, kind, 0, 0, None)
    age = max(0.0, now - traffic.last_at)
    return Channel(name, meaning, kind, traffic.messages, traffic.per_minute, age, traffic.late)
