"""Detects lasting delays of feed, engine, Redis link and database, and rounds them for display."""

from typing import NamedTuple

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot

CONFIRMATIONS = 2
"""Consecutive measurements before a delay is reported."""
FACTOR = 1.5
"""Factor by which a delay must change before a new figure is reported."""


FRESH_SECONDS = 2.0
"""An older tick says nothing about the current delay."""


class ReportedDelays(NamedTuple):
    """In seconds; None if the part keeps up."""

    feed: float | None = None
    engine: float | None = None
    waiting: float | None = None
    """Rows and events that the engine has not stored or published yet."""
    link: float | None = None
    database: float | None = None
    """Its response time."""
    readers: float | None = None
    """How many streams cannot keep up."""


class Delay:
    """One delay with hysteresis: reported from `begins` on, and no longer below `ends`."""

    def __init__(self, begins: float, ends: float) -> None:
        self._begins, self._ends = begins, ends
        self._count = 0
        self._figure: float | None = None

    def update(self, figure: float | None) -> float | None:
        """The delay to report, with two significant digits; None while it is small or not confirmed."""
        if figure is None or figure < self._ends or (self._figure is None and figure < self._begins):
            self._count, self._figure = 0, None
            return None
        self._count += 1
        if self._count < CONFIRMATIONS:
            return None
        if self._figure is None or not self._figure / FACTOR < figure < self._figure * FACTOR:
            self._figure = float(f"{figure:.2g}")
        return self._figure


class FeedDelay:
    """Age of the newest tick at its arrival, relative to the freshest tick of the session.

    A provider that is always 15 minutes late, a wrong clock, or a time without trades therefore does not count as a
    delay. While no tick comes, the delay stays unchanged.
    """

    def __init__(self) -> None:
        self._session: tuple[str, str, float, float] | None = None
        self._least = float("inf")
        self._delay = 0.0

    def update(self, clock: MarketClock | None, feed_age: float | None) -> float | None:
        """Wall seconds; None outside a session."""
        if clock is None or clock.state != "open" or feed_age is None or clock.speed <= 0:
            self._session = None
            return None
        session = clock.provider, clock.session, clock.speed, clock.began
        if session != self._session:
            self._session, self._least, self._delay = session, float("inf"), 0.0
        if feed_age <= FRESH_SECONDS:
            offset = clock.wall_time - clock.market_time / clock.speed - feed_age
            self._least = min(self._least, offset)
            self._delay = offset - self._least
        return self._delay


class Delays:
    """All delays, updated with every health snapshot, once a second."""

    def __init__(self) -> None:
        self._feed_delay = FeedDelay()
        self._feed = Delay(5.0, 2.0)
        self._engine = Delay(5.0, 2.0)
        self._waiting = Delay(1.0, 1.0)
        self._link = Delay(2.0, 1.0)
        self._database = Delay(0.5, 0.25)
        self._readers = Delay(1.0, 1.0)

    def update(self, health: HealthSnapshot, clock: MarketClock | None) -> ReportedDelays:
        return ReportedDelays(
            feed=self._feed.update(self._feed_delay.update(clock, health.feed_age)),
            engine=self._engine.update(health.engine_behind),
            waiting=self._waiting.update(health.engine_waiting),
            link=self._link.update(health.link_lag),
            database=self._database.update(health.database_seconds),
            readers=self._readers.update(health.readers_lagging),
        )
