"""What is well and what is not, in words."""

from typing import Literal, NamedTuple

from app.finance.clock import MarketClock
from app.vitals import Vitals

RECENT_SECONDS = 5.0
"""For so long a short absence, or a new beginning, is news."""

SILENT_SECONDS = 10.0
"""A feed in an open session that says nothing for that long is silent."""

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


def lamps(vitals: Vitals | None, clock: MarketClock | None) -> list[Lamp]:
    if vitals is None:
        return [Lamp(key, name, "looking", "quiet") for key, name in NAMES.items()]
    return [_ticks(vitals, clock), _engine(vitals), _redis(vitals), _database(vitals), _jobs(vitals)]


NAMES = {"ticks": "Feed", "engine": "Engine", "redis": "Redis", "database": "Database", "jobs": "Jobs"}


def _lamp(key: str, word: str, tone: Tone, seconds: float | None = None) -> Lamp:
    return Lamp(key, NAMES[key], word, tone, seconds)


def _ticks(vitals: Vitals, clock: MarketClock | None) -> Lamp:
    if clock is not None and clock.state == "ended":
        return _lamp("ticks", "ended: prices stay as they were", "warn")
    if not vitals.redis:
        return _lamp("ticks", "unknown while Redis is away", "quiet")
    if vitals.feed_age is None:
        return _lamp("ticks", "no tick yet", "warn")
    if vitals.feed_age <= SILENT_SECONDS:
        new = clock is not None and clock.wall_time - clock.began < RECENT_SECONDS
        return _lamp("ticks", "just started", "warn") if new else _lamp("ticks", "live", "good")
    if clock is not None and clock.state in ("closed", "paused"):
        return _lamp("ticks", "between sessions", "quiet")
    return _lamp("ticks", "silent for", "bad", vitals.feed_age)


def _engine(vitals: Vitals) -> Lamp:
    if vitals.engine_age is None:
        return _lamp("engine", "not heard yet", "warn")
    if vitals.engine_late:
        return _lamp("engine", "silent for", "bad", vitals.engine_age)
    if vitals.engine_status.lower() not in WELL:
        return _lamp("engine", vitals.engine_status, "warn")
    return _lamp("engine", "running", "good")


def _redis(vitals: Vitals) -> Lamp:
    if not vitals.redis:
        return _lamp("redis", "away: no new prices until it is back", "bad")
    if _recent(vitals.redis_lost_age):
        return _lamp("redis", "was away a moment ago", "warn")
    return _lamp("redis", "connected", "good")


def _database(vitals: Vitals) -> Lamp:
    if not vitals.database:
        return _lamp("database", "away: history is away, live goes on", "bad")
    if _recent(vitals.database_lost_age):
        return _lamp("database", "was away a moment ago", "warn")
    return _lamp("database", "connected", "good")


def _recent(age: float | None) -> bool:
    return age is not None and age < RECENT_SECONDS


def _jobs(vitals: Vitals) -> Lamp:
    if not vitals.redis:
        return _lamp("jobs", "unknown while Redis is away", "quiet")
    if vitals.job_receivers == 0:
        return _lamp("jobs", "nobody listens", "warn")
    if vitals.job_receivers == 1:
        return _lamp("jobs", "one engine listens", "good")
    return _lamp("jobs", f"{vitals.job_receivers} engines listen: jobs would run twice", "bad")
