import time
from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg
from redis.asyncio import Redis

from app.finance.sessions import regular
from app.finance.studies import STUDIES
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import (
    AnyEvent,
    EngineHealth,
    IndicatorCalculated,
    PatternDetected,
    PatternEvent,
    PatternUpdated,
)
from app.wire.state import heartbeat
from tests.support.running_engine import (
    DAY,
    EXACT,
    SLOW,
    UNTIL,
    daily,
    events_of,
    eventually,
    recorded_events,
    running_engine,
    running_feed,
    session_is_closed,
)

STORED_CONFIDENCE = """
select confidence::float8
  from (select symbol, pattern_type, timeframe, detection_timestamp, confidence from intraday_patterns
        union all
        select symbol, pattern_type, timeframe, detection_timestamp, confidence from daily_intraday_patterns
        union all
        select symbol, pattern_type, timeframe, detection_timestamp, confidence from daily_patterns) as patterns
 where (symbol, pattern_type, timeframe, detection_timestamp) = ($1, $2, $3, $4)
"""


async def test_a_first_start_loads_the_history_of_charts(
    redis_url: str, empty_url: str, empty_link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, empty_url):
        pass

    assert await empty_link.fetchval("select count(*) from ohlcv_daily") == 11544
    assert await empty_link.fetchval("select max(date) from ohlcv_daily") == UNTIL
    assert await empty_link.fetchval("select name from symbols where symbol = 'FB'") == "Facebook, Inc."
    assert await empty_link.fetchval("select count(*) from daily_patterns where confidence >= 0.7") > 10
    assert await empty_link.fetchval("select min(confidence) from daily_patterns") >= 0.7
    assert await empty_link.fetchval("select count(distinct indicator_type) from daily_indicators") == len(STUDIES)


async def test_a_second_start_changes_nothing(redis_url: str, empty_url: str, empty_link: asyncpg.Connection) -> None:
    tables = (
        "ohlcv_daily", "ohlcv_weekly", "ohlcv_monthly", "daily_patterns", "daily_indicators", "pattern_outcomes",
        "symbols", "pattern_definitions",
    )  # fmt: skip
    counts = []
    for _ in range(2):
        async with running_engine(redis_url, empty_url):
            pass
        counts.append([await empty_link.fetchval(f"select count(*) from {table}") for table in tables])

    assert counts[0] == counts[1]


async def test_every_published_pattern_is_already_stored(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    absent: list[PatternDetected] = []

    async def look(event: AnyEvent) -> None:
        if isinstance(event, PatternDetected):
            at = datetime.fromtimestamp(event.at, UTC)
            confidence = await link.fetchval(STORED_CONFIDENCE, event.symbol, event.pattern, event.timeframe, at)
            if confidence != event.confidence:
                absent.append(event)

    engine = running_engine(redis_url, database_url, min_confidence=0.5)
    async with recorded_events(redis_url, look) as events, engine, running_feed(redis_url):
        await eventually(lambda: events_of(PatternDetected, events))
        await eventually(lambda: any(event.timeframe == "daily" for event in events_of(IndicatorCalculated, events)))
        # What a later tick has mended is told of as updated, when it is stored already.
        await eventually(lambda: ids(absent) <= ids(events_of(PatternUpdated, events)))

    assert ids(absent) <= ids(events_of(PatternUpdated, events))
    patterns = events_of(PatternDetected, events)
    assert all(event.confidence >= 0.5 for event in patterns)
    assert all(event.source == "TickStockPL" for event in patterns)
    assert {event.tier for event in patterns} <= {"intraday", "daily", "combo"}
    assert len({event.flow_id for event in patterns}) == len(patterns)
    daily_values = [event for event in events_of(IndicatorCalculated, events) if event.timeframe == "daily"]
    assert {event.at for event in daily_values} == {regular(DAY).closes}


def ids(events: Iterable[PatternEvent]) -> set[str]:
    return {event.flow_id for event in events}


async def test_an_engine_killed_in_mid_session_still_stores_the_exact_day(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_feed(redis_url, SLOW):
        async with running_engine(redis_url, database_url):
            await eventually(lambda: link.fetchval("select count(*) > 50 from ohlcv_1min"))
        async with running_engine(redis_url, database_url):
            await eventually(lambda: daily(link, DAY))

    assert await daily(link, DAY) == EXACT


async def test_days_missed_while_no_engine_ran_are_filled_in(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_feed(redis_url):
        await eventually(lambda: session_is_closed(redis_url))
    async with running_engine(redis_url, database_url):
        await eventually(lambda: daily(link, DAY))

    assert await daily(link, DAY) == EXACT


async def test_the_heartbeat_reports_the_state_of_the_engine(redis_url: str, database_url: str) -> None:
    client = connect(redis_url)
    async with recorded_events(redis_url) as events, running_engine(redis_url, database_url):
        await eventually(lambda: any(event.status == "healthy" for event in events_of(EngineHealth, events)))
        beaten, now = await heartbeat.read(client), time.time()

    assert beaten is not None
    assert abs(beaten - now) < 10
    assert events_of(EngineHealth, events)[0].status == "starting"
    assert {event.interval for event in events_of(EngineHealth, events)} == {0.2}
    await client.aclose()


NONSENSE = (
    b"\xff\xfe",
    b"{}",
    b"[1]",
    b'{"ticker":"IBM","price":1e300,"volume":1,"timestamp":1346765400}',
    b'{"ticker":"IBM","price":-1,"volume":1,"timestamp":1346765400}',
    b'{"ticker":"IBM","price":10,"volume":1e30,"timestamp":1346765400}',
    b'{"ticker":"' + b"X" * 60 + b'","price":10,"volume":1,"timestamp":1346765400}',
    b'{"ticker":"IBM","price":10,"volume":1,"timestamp":"never"}',
    b'{"ticker":"IBM","price":10,"volume":1,"timestamp":1e18}',
)


async def test_malformed_messages_stop_nothing(redis_url: str, database_url: str, link: asyncpg.Connection) -> None:
    client = Redis.from_url(redis_url)
    good = b'{"ticker":"BRK.B","price":%d,"volume":7,"timestamp":%d}'
    async with running_engine(redis_url, database_url):
        for nonsense in NONSENSE:
            await client.publish(Channels().ticks, nonsense)
        await client.publish(Channels().ticks, good % (10, 1346765400))
        await client.publish(Channels().ticks, good % (11, 1346765460))
        await eventually(lambda: link.fetchval("select volume = 7 from ohlcv_1min where symbol = 'BRK.B'"))

    assert await link.fetchval("select active from symbols where symbol = 'BRK.B'")
    await client.aclose()
