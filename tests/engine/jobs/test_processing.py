from collections.abc import Sequence

import asyncpg
import pytest

from app.wire.channels import JOBS_PROCESSING
from app.wire.client import connect
from app.wire.events.event import ProcessingChanged, ProcessingEvent
from tests.support.running_engine import events_of, eventually, recorded_events, running_engine

ENDS = {"completed", "failed"}


async def ask(redis_url: str, job: bytes) -> Sequence[ProcessingEvent]:
    """What is told of the job until it ends."""
    client = connect(redis_url)
    async with recorded_events(redis_url) as events:
        heard_by = await client.publish(JOBS_PROCESSING, job)
        assert heard_by == 1
        await eventually(
            lambda: any(event.status in ("completed", "failed") for event in events_of(ProcessingChanged, events))
        )
    await client.aclose()
    return events_of(ProcessingEvent, events)


async def test_daily_processing_detects_lost_patterns_again(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, database_url):
        patterns = await link.fetchval("select count(*) from daily_patterns")
        await link.execute("delete from daily_patterns; delete from daily_indicators")

        events = await ask(redis_url, b'{"command":"START_DAILY_PROCESSING","parameters":{"run_id":"run-1"}}')

    assert [event.status for event in events] == ["started", *["running"] * 5, "completed"]
    assert {event.run_id for event in events} == {"run-1"}
    assert (events[-1].done, events[-1].total) == (5, 5)
    assert await link.fetchval("select count(*) from daily_patterns") == patterns
    assert await link.fetchval("select status from processing_runs where run_id = 'run-1'") == "success"


async def test_processing_is_limited_to_the_requested_symbols_and_patterns(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    job = (
        b'{"command":"START_DAILY_PROCESSING","parameters":{"symbols":["IBM","NOPE"],"patterns":["Doji"],"force":true}}'
    )
    async with running_engine(redis_url, database_url):
        await link.execute("delete from daily_patterns")

        events = await ask(redis_url, job)

    assert [event.status for event in events] == ["started", "running", "completed"]
    rows = await link.fetch("select symbol, pattern_type, count(*) as count from daily_patterns group by 1, 2")
    assert [(row["symbol"], row["pattern_type"]) for row in rows] == [("IBM", "Doji")]
    assert rows[0]["count"] > 5


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (b'{"command":"MAKE_TEA"}', "unknown command 'MAKE_TEA'"),
        (b"tea", "the job was not understood (bad-job)"),
        (b'{"command":"START_DAILY_PROCESSING","parameters":{"symbols":["NOPE"]}}', "no stored symbol was asked for"),
    ],
)
async def test_an_impossible_job_is_answered_with_a_failure(
    job: bytes, message: str, redis_url: str, database_url: str
) -> None:
    async with running_engine(redis_url, database_url):
        events = await ask(redis_url, job)

    assert events[-1].status == "failed"
    assert events[-1].message == message


async def test_processing_that_fails_unexpectedly_is_counted(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, database_url) as engine:
        await link.execute("alter table ohlcv_daily rename column close to last")

        events = await ask(redis_url, b'{"command":"START_DAILY_PROCESSING","parameters":{"symbols":["IBM"]}}')
        lost = engine._health().lost["failed"]

    assert (events[-1].status, events[-1].message) == ("failed", "UndefinedColumnError")
    assert lost == 1
