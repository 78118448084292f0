import asyncio
import json

import asyncpg

from app.db.pools import Pool
from app.engine.storage.store import Store
from app.finance.bars import Bar, day_start
from app.wire.channels import EOD_COMPLETION, EOD_STATUS_KEY, Channels
from app.wire.client import connect
from app.wire.events.event import ProcessingChanged
from app.wire.pubsub.publisher import Publisher
from tests.support.running_engine import DAY, events_of, eventually, recorded_events, running_engine, running_feed


async def test_the_engine_closes_a_day_when_its_session_ends(redis_url: str, empty_url: str) -> None:
    link, client = await asyncpg.connect(empty_url), connect(redis_url)
    completions = client.pubsub()
    await completions.subscribe(EOD_COMPLETION)
    messages = []

    async def completion_arrives() -> bool:
        message = await completions.get_message(ignore_subscribe_messages=True, timeout=0.1)
        messages.extend([message] if message else [])
        return bool(messages)

    async with running_engine(redis_url, empty_url), recorded_events(redis_url) as events, running_feed(redis_url):
        await eventually(completion_arrives)
        await eventually(lambda: any(each.run_id == f"eod-{DAY}" for each in ended_of(events)))

    days = await link.fetchval("select count(*) from ohlcv_daily where date = $1", DAY)
    weeks = await link.fetchval("select count(*) from ohlcv_weekly where week_start = '2012-09-03'")
    (ended,) = [each for each in ended_of(events) if each.run_id == f"eod-{DAY}"]
    assert days == weeks == ended.done == ended.total == 5
    assert await link.fetchval("select status from processing_runs where run_id = $1", f"eod-{DAY}") == "success"
    # Of the feed's own daily bars, and not of what its minutes add up to.
    assert (
        await link.fetchval(
            "select count(*) from ohlcv_weekly join ohlcv_daily using (symbol, open, high, low, close, volume)"
            " where week_start = '2012-09-03' and date = $1",
            DAY,
        )
        == 5
    )
    message = json.loads(messages[0]["data"])
    results = message["results"]
    assert (message["type"], message["timestamp"][-1]) == ("eod_completion", "Z")
    assert (results["status"], results["target_date"], results["total_symbols"]) == ("COMPLETE", str(DAY), 5)
    assert (results["completion_rate"], results["validation_status"]) == (1.0, "COMPLETE")
    assert json.loads(await client.get(EOD_STATUS_KEY)) == results
    assert 0 < await client.ttl(EOD_STATUS_KEY) <= 86_400
    await completions.aclose()
    await client.aclose()
    await link.close()


async def test_a_store_is_idle_only_when_its_writes_are_finished(
    pool: Pool, link: asyncpg.Connection, redis_url: str
) -> None:
    client = connect(redis_url)
    store = Store(pool, Publisher(client, Channels()))
    store.offer([Bar("IBM", "daily", day_start(DAY), 1.0, 2.0, 1.0, 2.0, 5)])

    async with link.transaction():
        await link.execute("lock table ohlcv_daily in access exclusive mode")
        flush, waiter = asyncio.create_task(store.flush()), asyncio.create_task(store.wait_stored())
        await eventually(lambda: link.fetchval("select exists (select from pg_locks where not granted)"))
        while_writing = store.quiet, waiter.done()
    await flush
    # Had it met the lock for a second, as long as it waits for one, it would have to come again.
    await eventually(store.flush)

    await waiter
    assert (while_writing, store.quiet) == ((False, False), True)
    assert await link.fetchval("select count(*) from ohlcv_daily") == 1
    await client.aclose()


def ended_of(events: list[object]) -> list[ProcessingChanged]:
    return [each for each in events_of(ProcessingChanged, events) if each.status == "completed"]  # type: ignore[arg-type]
