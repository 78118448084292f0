"""What this process knows of the things it depends on; gathered once a second, drawn on every page."""

from typing import NamedTuple

LATE_BEATS = 2.5


class HealthSnapshot(NamedTuple):
    """All ages in seconds of wall time; None means never heard."""

    redis: bool
    redis_lost_age: float | None
    """Since its link was last seen broken, however short the absence."""
    database: bool
    database_lost_age: float | None
    engine_age: float | None
    """Since the engine's last heartbeat or health message."""
    engine_interval: float
    """How often the engine promises to beat; it is late after LATE_BEATS of these."""
    engine_status: str
    feed_age: float | None
    """Since the last tick arrived."""
    job_receivers: int
    """Subscribers of the job channels: 0 means nobody would hear a job, 2 that two engines would do it twice."""
    gaps: int
    """How often the Redis link was lost since this process began."""
    rejected: int
    """Messages that could not be understood since this process began."""
    link_lag: float = 0.0
    """How far this process is behind what is published on Redis."""
    engine_behind: float | None = None
    """How far the engine says that it is behind the market."""
    engine_waiting: int | None = None
    """Rows and events that it has still to store or publish."""
    engine_slow_part: str = ""
    """What holds it up: store, publish, analysis."""
    database_seconds: float | None = None
    """How long the slower of the two databases took to answer; None while one is away."""
    readers_lagging: int = 0
    """Streams of this process whose readers cannot keep up."""

    @property
    def engine_late(self) -> bool:
        return self.engine_age is None or self.engine_age > LATE_BEATS * self.engine_interval
