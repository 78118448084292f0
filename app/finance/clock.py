"""The market clock: time of the newest tick, and its speed against wall time."""

from typing import Literal, NamedTuple

State = Literal["starting", "open", "closed", "paused", "ended"]


class MarketClock(NamedTuple):
    """Announced by the feed about once a second; times are UTC epoch seconds."""

    provider: str
    label: str
    """What the data is, in words for the page."""
    session: str
    """The trading date being played or traded, ISO."""
    market_time: float
    wall_time: float
    speed: float
    state: State
    began: float = 0.0
    """When the process that feeds us was started, in wall time."""
    hours: str = ""
    """Words for the page where the feed trades before or after the session; else empty."""

    def now(self, wall: float) -> float:
        """Market time at `wall`: it stands still unless the session is open."""
        if self.state != "open":
            return self.market_time
        return self.market_time + max(0.0, wall - self.wall_time) * self.speed
