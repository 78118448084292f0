"""One word for how current the figures are: the worst of feed, its age, Redis, engine and database."""

from typing import Literal, NamedTuple

from app.finance.clock import MarketClock
from app.finance.sessions import phase
from app.health.snapshot import HealthSnapshot
from app.market.delays import ReportedDelays

SILENT_SECONDS = 10.0
"""A feed is silent after this long without a tick in an open session, or without an announcement at any time."""

AGE = "{age}"
"""Placeholder of the seconds in a sentence."""

ConditionKind = Literal[
    "starting", "interrupted", "silent", "absent", "late", "engine", "database", "ended", "halted", "closed", "live"
]


class Condition(NamedTuple):
    """`seconds`: how long this has been so, or by how much the figures are late."""

    kind: ConditionKind
    word: str
    sentence: str = ""
    """For every user, with the placeholder AGE; empty if nothing needs an explanation."""
    seconds: float | None = None
    counts: bool = False
    """Whether the page shows the seconds and counts them on."""

    @property
    def sentence_parts(self) -> tuple[str, str]:
        """The sentence before and after the seconds."""
        before, _, after = self.sentence.partition(AGE)
        return before, after


REMEDIES: dict[str, str] = {
    "interrupted": "Redis does not answer: start it, or check REDIS_URL.",
    "silent": "Start the feed again: tickstock ingest.",
    "absent": "Start a feed: tickstock ingest, or INGEST=on.",
    "late": "Compare the delays of feed, server and engine.",
    "engine": "Start the engine again: tickstock engine.",
    "database": "PostgreSQL does not answer: start it, or check DATABASE_URL.",
}
"""What an administrator can do, by kind."""

STARTING = Condition("starting", "starting", "The server has just started and is looking for the feed.")
LIVE = Condition("live", "live")


def condition(health: HealthSnapshot | None, clock: MarketClock | None, lag: ReportedDelays, now: float) -> Condition:
    """`now`: wall time, UTC epoch seconds."""
    if health is None:
        return STARTING
    if not health.redis:
        return Condition("interrupted", "interrupted", "Prices are interrupted: these are the last known figures.")
    return _feed(health, clock, now) or _late(clock, lag) or _parts(health) or _session(clock)


def _feed(health: HealthSnapshot, clock: MarketClock | None, now: float) -> Condition | None:
    """None if the feed is well."""
    if clock is not None and clock.state == "ended":
        return None
    seconds = feed_silence(health, clock, now)
    if seconds is None:
        return Condition("absent", "no feed", "No feed has sent a price: these figures were stored earlier.")
    if seconds <= SILENT_SECONDS:
        return None
    if clock is None and phase(now) == "closed":
        return Condition("closed", "closed")
    return Condition("silent", "feed silent", f"No price for {AGE}: these are the last known figures.", seconds, True)


def feed_silence(health: HealthSnapshot, clock: MarketClock | None, now: float) -> float | None:
    """Seconds since the feed's last sign of life: in a session a tick, else its clock. None if there was none."""
    announced = None if clock is None else max(0.0, now - clock.wall_time)
    if clock is None or clock.state == "open":
        return announced if health.feed_age is None else health.feed_age
    return announced


def _late(clock: MarketClock | None, lag: ReportedDelays) -> Condition | None:
    """A market played faster than real time is never late: after a pause it goes on where it stopped."""
    played = clock is not None and clock.speed != 1
    seconds = max(filter(None, (None if played else lag.feed, lag.link)), default=None)
    if seconds is None:
        return None
    return Condition("late", "delayed", f"Prices come {AGE} late.", seconds)


def _parts(health: HealthSnapshot) -> Condition | None:
    if not health.database:
        return Condition("database", "partial", "Prices are live; history and lists are not available now.")
    if health.engine_late:
        return Condition("engine", "partial", "Prices are live; new patterns and indicators are not available now.")
    return None


def _session(clock: MarketClock | None) -> Condition:
    match clock and clock.state:
        case "ended":
            return Condition("ended", "ended", "The replay has ended: these are its last prices.")
        case "paused":
            return Condition("halted", "feed paused", "The feed is paused: prices stand until it goes on.")
        case "closed":
            return Condition("closed", "closed")
        case "starting":
            return Condition("starting", "starting", "The feed is about to start.")
    return LIVE
