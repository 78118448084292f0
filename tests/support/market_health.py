"""A healthy process, and a market clock."""

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot

WELL = HealthSnapshot(
    redis=True,
    redis_lost_age=None,
    database=True,
    database_lost_age=None,
    engine_age=1.0,
    engine_interval=2.0,
    engine_status="healthy",
    feed_age=0.2,
    job_receivers=1,
    gaps=0,
    rejected=0,
)

CLOCK = MarketClock("replay", "replay of real daily bars", "2012-09-04", 1346765400.0, 1000.0, 60.0, "open")

NOW = CLOCK.wall_time + 0.5
