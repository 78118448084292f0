"""Status of each component (feed, engine, Redis, database, readers, jobs) in words."""

from typing import Literal, NamedTuple

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.market.condition import SILENT_SECONDS, feed_silence
from app.market.delays import ReportedDelays

RECENT_SECONDS = 5.0
"""A short outage or a restart is shown for this long."""

MINUTES_FROM = 120.0
"""Delays of this many seconds or more are shown in minutes."""

HEALTHY = {"healthy", "ok", "running", "online", "active", ""}

Tone = Literal["good", "quiet", "warn", "bad"]


class ComponentStatus(NamedTuple):
    """`seconds`: how long this has been so at rendering time; the browser counts on."""

    key: str
    name: str
    word: str
    tone: Tone
    seconds: float | None = None
    after: str = ""
    """Text after the age."""

    @property
    def label(self) -> tuple[str, Tone]:
        """Word and tone, without the age."""
        return self.word, self.tone


def statuses(
    health: HealthSnapshot | None, clock: MarketClock | None, lag: ReportedDelays, now: float
) -> list[ComponentStatus]:
    """`now`: wall time, UTC epoch seconds."""
    if health is None:
        return [ComponentStatus(key, name, "looking", "quiet") for key, name in NAMES.items()]
    return [
        _ticks(health, clock, lag, now),
        _engine(health, lag),
        _redis(health, lag),
        _database(health, lag),
        _readers(lag),
        _jobs(health),
    ]


NAMES = {
    "ticks": "Feed",
    "engine": "Engine",
    "redis": "Redis",
    "database": "Database",
    "readers": "Readers",
    "jobs": "Jobs",
}

SLOW_PARTS = {
    "store": " with storing",
    "publish": " with publishing",
    "analysis": " with its analysis",
    "reading": " with reading ticks",
}


def _status(key: str, word: str, tone: Tone, seconds: float | None = None) -> ComponentStatus:
    return ComponentStatus(key, NAMES[key], word, tone, seconds)


def _ticks(health: HealthSnapshot, clock: MarketClock | None, lag: ReportedDelays, now: float) -> ComponentStatus:
    if clock is not None and clock.state == "ended":
        return _status("ticks", "ended: prices stay as they were", "warn")
    if not health.redis:
        return _status("ticks", "unknown while Redis is away", "quiet")
    if health.feed_age is None:
        return _status("ticks", "no tick yet", "warn")
    seconds = feed_silence(health, clock, now)
    if seconds is not None and seconds > SILENT_SECONDS:
        return _status("ticks", "silent for", "bad", seconds)
    if health.feed_age <= SILENT_SECONDS:
        if lag.feed is not None:
            return _status("ticks", _late(lag.feed), "warn")
        new = clock is not None and clock.wall_time - clock.began < RECENT_SECONDS
        return _status("ticks", "just started", "warn") if new else _status("ticks", "live", "good")
    return _status("ticks", "between sessions", "quiet")


def _engine(health: HealthSnapshot, lag: ReportedDelays) -> ComponentStatus:
    if health.engine_age is None:
        return _status("engine", "no report yet", "warn")
    if health.engine_late:
        return _status("engine", "silent for", "bad", health.engine_age)
    if lag.engine is not None:
        word = f"{_late(lag.engine)}{SLOW_PARTS.get(health.engine_slow_part, '')}"
        waiting = f", {lag.waiting:,.0f} rows wait" if lag.waiting else ""
        return _status("engine", word + waiting, "warn")
    if health.engine_status.lower() not in HEALTHY:
        return _status("engine", health.engine_status, "warn")
    return _status("engine", "running", "good")


def _redis(health: HealthSnapshot, lag: ReportedDelays) -> ComponentStatus:
    if not health.redis:
        return _status("redis", "away: no new prices until it is back", "bad")
    if _recent(health.redis_lost_age):
        return _status("redis", "was away a moment ago", "warn")
    if lag.link is not None:
        return _status("redis", f"this page's server is {_late(lag.link)}", "warn")
    return _status("redis", "connected", "good")


def _database(health: HealthSnapshot, lag: ReportedDelays) -> ComponentStatus:
    if not health.database:
        return _status("database", "away: history is away, live goes on", "bad")
    if _recent(health.database_lost_age):
        return _status("database", "was away a moment ago", "warn")
    if lag.database is not None:
        return _status("database", f"slow: an answer takes {lag.database:g} s", "warn")
    return _status("database", "connected", "good")


def _readers(lag: ReportedDelays) -> ComponentStatus:
    if lag.readers is None:
        return _status("readers", "all keep up", "good")
    return _status("readers", f"{lag.readers:.0f} cannot keep up: they are sent the newest when they can", "quiet")


def _late(seconds: float) -> str:
    return f"{seconds:.0f} s behind" if seconds < MINUTES_FROM else f"{seconds / 60:.0f} min behind"


def _recent(age: float | None) -> bool:
    return age is not None and age < RECENT_SECONDS


def _jobs(health: HealthSnapshot) -> ComponentStatus:
    if not health.redis:
        return _status("jobs", "unknown while Redis is away", "quiet")
    if health.job_receivers == 0:
        return _status("jobs", "nobody listens", "warn")
    if health.job_receivers == 1:
        return _status("jobs", "one engine listens", "good")
    return _status("jobs", f"{health.job_receivers} engines listen: jobs would run twice", "bad")
