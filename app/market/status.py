"""What is well and what is not, in words."""

from typing import Literal, NamedTuple

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.market.condition import SILENT_SECONDS, silence
from app.market.delays import Behind

RECENT_SECONDS = 5.0
"""For so long a short absence, or a new beginning, is news."""

MINUTES_FROM = 120.0
"""Seconds, from which on a delay is said in minutes."""

WELL = {"healthy", "ok", "running", "online", "active", ""}

Tone = Literal["good", "quiet", "warn", "bad"]


class Lamp(NamedTuple):
    """`seconds` is how long it has been so at the moment of drawing; the browser counts on."""

    key: str
    name: str
    word: str
    tone: Tone
    seconds: float | None = None
    after: str = ""
    """What follows the age."""

    @property
    def said(self) -> tuple[str, Tone]:
        """What a reader would notice, apart from the age."""
        return self.word, self.tone


def lamps(vitals: HealthSnapshot | None, clock: MarketClock | None, behind: Behind, now: float) -> list[Lamp]:
    """`now`: wall time, UTC epoch seconds."""
    if vitals is None:
        return [Lamp(key, name, "looking", "quiet") for key, name in NAMES.items()]
    return [
        _ticks(vitals, clock, behind, now),
        _engine(vitals, behind),
        _redis(vitals, behind),
        _database(vitals, behind),
        _readers(behind),
        _jobs(vitals),
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


def _lamp(key: str, word: str, tone: Tone, seconds: float | None = None) -> Lamp:
    return Lamp(key, NAMES[key], word, tone, seconds)


def _ticks(vitals: HealthSnapshot, clock: MarketClock | None, behind: Behind, now: float) -> Lamp:
    if clock is not None and clock.state == "ended":
        return _lamp("ticks", "ended: prices stay as they were", "warn")
    if not vitals.redis:
        return _lamp("ticks", "unknown while Redis is away", "quiet")
    if vitals.feed_age is None:
        return _lamp("ticks", "no tick yet", "warn")
    seconds = silence(vitals, clock, now)
    if seconds is not None and seconds > SILENT_SECONDS:
        return _lamp("ticks", "silent for", "bad", seconds)
    if vitals.feed_age <= SILENT_SECONDS:
        if behind.feed is not None:
            return _lamp("ticks", _late(behind.feed), "warn")
        new = clock is not None and clock.wall_time - clock.began < RECENT_SECONDS
        return _lamp("ticks", "just started", "warn") if new else _lamp("ticks", "live", "good")
    return _lamp("ticks", "between sessions", "quiet")


def _engine(vitals: HealthSnapshot, behind: Behind) -> Lamp:
    if vitals.engine_age is None:
        return _lamp("engine", "not heard yet", "warn")
    if vitals.engine_late:
        return _lamp("engine", "silent for", "bad", vitals.engine_age)
    if behind.engine is not None:
        word = f"{_late(behind.engine)}{SLOW_PARTS.get(vitals.engine_slow_part, '')}"
        waiting = f", {behind.waiting:,.0f} rows wait" if behind.waiting else ""
        return _lamp("engine", word + waiting, "warn")
    if vitals.engine_status.lower() not in WELL:
        return _lamp("engine", vitals.engine_status, "warn")
    return _lamp("engine", "running", "good")


def _redis(vitals: HealthSnapshot, behind: Behind) -> Lamp:
    if not vitals.redis:
        return _lamp("redis", "away: no new prices until it is back", "bad")
    if _recent(vitals.redis_lost_age):
        return _lamp("redis", "was away a moment ago", "warn")
    if behind.link is not None:
        return _lamp("redis", f"this page's server is {_late(behind.link)}", "warn")
    return _lamp("redis", "connected", "good")


def _database(vitals: HealthSnapshot, behind: Behind) -> Lamp:
    if not vitals.database:
        return _lamp("database", "away: history is away, live goes on", "bad")
    if _recent(vitals.database_lost_age):
        return _lamp("database", "was away a moment ago", "warn")
    if behind.database is not None:
        return _lamp("database", f"slow: an answer takes {behind.database:g} s", "warn")
    return _lamp("database", "connected", "good")


def _readers(behind: Behind) -> Lamp:
    if behind.readers is None:
        return _lamp("readers", "all keep up", "good")
    return _lamp("readers", f"{behind.readers:.0f} cannot keep up: they are sent the newest when they can", "quiet")


def _late(seconds: float) -> str:
    return f"{seconds:.0f} s behind" if seconds < MINUTES_FROM else f"{seconds / 60:.0f} min behind"


def _recent(age: float | None) -> bool:
    return age is not None and age < RECENT_SECONDS


def _jobs(vitals: HealthSnapshot) -> Lamp:
    if not vitals.redis:
        return _lamp("jobs", "unknown while Redis is away", "quiet")
    if vitals.job_receivers == 0:
        return _lamp("jobs", "nobody listens", "warn")
    if vitals.job_receivers == 1:
        return _lamp("jobs", "one engine listens", "good")
    return _lamp("jobs", f"{vitals.job_receivers} engines listen: jobs would run twice", "bad")
