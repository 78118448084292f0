"""Bars are expected up to the last session that is over, whatever is stored."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from app.commands import market_time
from app.engine.coverage.periods import last_closed
from app.engine.coverage.result import Missing
from app.finance import calendar
from app.finance.clock import MarketClock
from app.settings.load import Settings
from app.settings.sections import IngestSection, RedisSection
from app.wire.client import close, connect
from app.wire.state import market_clock
from tests.commands.conftest import command
from tests.conftest import Databases
from tests.support.coverage_bars import Day, Series, coverage_of, store

SINCE, DIED, NOW = date(2012, 11, 1), date(2012, 11, 14), datetime(2012, 11, 26, 20, 59, tzinfo=UTC)
"""An hour before the close of a Monday, after a week with a holiday and a half-day."""
LAST = date(2012, 11, 23)
FEED = MarketClock("replay", "replay", "2012-11-26", NOW.timestamp(), 0.0, 1.0, "paused")


def series(symbol: str, *, listed: date | None = None, active: bool = True, since: date = SINCE) -> Series:
    days = [Day(day, 1.0 + n, 9.0 + n, 1.0, 2.0 + n, 5) for n, day in enumerate(calendar.sessions(since, DIED))]
    return Series(symbol, listed, active, days, {})


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2012, 11, 26, 20, 59, 59, tzinfo=UTC), LAST),
        (datetime(2012, 11, 26, 21, 0, tzinfo=UTC), date(2012, 11, 26)),
        (datetime(2012, 11, 23, 17, 59, 59, tzinfo=UTC), date(2012, 11, 21)),
        (datetime(2012, 11, 23, 18, 0, tzinfo=UTC), LAST),
        (datetime(2012, 11, 22, 23, 0, tzinfo=UTC), date(2012, 11, 21)),
        (datetime(2012, 11, 25, 12, 0, tzinfo=UTC), LAST),
        (datetime(2012, 11, 27, 3, 0, tzinfo=UTC), date(2012, 11, 26)),
    ],
    ids=["in session", "closed", "half-day", "half-day closed", "holiday", "weekend", "night"],
)
def test_the_last_closed_session_follows_the_exchanges_hours(at: datetime, day: date) -> None:
    assert last_closed(at.timestamp()) == day


async def test_bars_missing_since_the_feed_died_are_a_gap(link: asyncpg.Connection) -> None:
    every = [
        series("DEAD"),
        series("DELISTED", active=False),
        Series("FRESH", date(2012, 11, 20), True, [], {}),
        Series("TOMORROW", date(2012, 11, 26), True, [], {}),
        series("EARLY", listed=date(2012, 11, 7), since=date(2012, 11, 5)),
    ]
    await store(link, every)

    coverage = await coverage_of(link, until=last_closed(NOW.timestamp()))

    after = date(2012, 11, 15)
    assert coverage.missing == [
        Missing("DEAD", after, LAST, 6),
        Missing("EARLY", after, LAST, 6),
        Missing("FRESH", date(2012, 11, 20), LAST, 3),
    ]
    assert {each.symbol: each.expected for each in coverage.extents} == {
        "DEAD": 16, "DELISTED": 10, "EARLY": 14, "FRESH": 3, "TOMORROW": 0
    }  # fmt: skip


def settings_of(redis_url: str | None, provider: str) -> Settings:
    redis = RedisSection(url=SecretStr(redis_url) if redis_url else None)
    return Settings(redis=redis, ingest=IngestSection(provider=provider))


@pytest.mark.parametrize(
    ("clock", "provider", "now"),
    [
        (None, "replay", None),
        (None, "synthetic", None),
        (None, "massive", 5e9),
        (FEED._replace(wall_time=4e9), "replay", NOW.timestamp()),
        (FEED._replace(wall_time=5e9 - 60, speed=10.0, state="open"), "replay", NOW.timestamp() + 600),
        (FEED._replace(provider="massive", market_time=4e9, wall_time=4e9), "massive", 5e9),
    ],
    ids=["no replay", "no synthetic", "no feed", "paused", "playing", "died"],
)
async def test_the_market_time_is_the_clock_of_a_replaying_feed(
    clock: MarketClock | None, provider: str, now: float | None, redis_url: str
) -> None:
    client = connect(redis_url)
    if clock:
        await market_clock.announce(client, clock)
    await close(client)

    assert await market_time.now(settings_of(redis_url, provider), lambda: 5e9) == now


async def test_without_redis_the_wall_clock_is_used_for_live_feeds_only(tmp_path: Path) -> None:
    settings = settings_of(f"unix://{tmp_path}/none.sock", "massive")

    assert await market_time.now(settings, lambda: 5e9) == 5e9


async def test_data_gaps_ends_with_the_last_session_of_the_replayed_market(
    databases: Databases, link: asyncpg.Connection, redis_url: str, tmp_path: Path
) -> None:
    await store(link, [series("DEAD")])
    client = connect(redis_url)
    await market_clock.announce(client, FEED._replace(wall_time=time.time()))
    await close(client)
    database = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}

    process = command(tmp_path, "data", "gaps", "--json", REDIS_URL=redis_url, **database)
    narrowed = command(tmp_path, "data", "gaps", "--json", "--to", str(DIED), REDIS_URL=redis_url, **database)

    assert (process.returncode, narrowed.returncode) == (1, 0), process.stderr
    assert json.loads(process.stdout)["until"] == str(LAST)
    (gap,) = json.loads(process.stdout)["missing"]
    assert gap == {"symbol": "DEAD", "first": "2012-11-15", "last": str(LAST), "bars": 6}
