"""Loads requested over Redis: the desk's messages, and the statuses that it reads."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from quart import Response

from app.wire.channels import JOBS_CONTROL, JOBS_DATA_LOAD
from app.wire.events.event import JobStatus, RunChanged, RunProgressed
from app.wire.jobs.job import (
    AnyLoad,
    CancelLoad,
    CsvUniverseLoad,
    HistoricalLoad,
    MultiTimeframeLoad,
    ProcessingCommand,
    UniverseLoad,
    UniverseSeed,
    decode,
    encode,
    receivers,
)
from tests.support.history_server import KEY, Massive, bar, speaking
from tests.support.load_requests import LoadClient
from tests.support.running_engine import events_of, eventually, recorded_events, running_engine


@pytest.fixture
async def provider() -> AsyncIterator[Massive]:
    async with speaking() as server:
        server.bars = {"AAPL": [bar("2026-09-04", 100.0), bar("2026-09-08", 101.0)], "IBM": [bar("2026-09-04", 200.0)]}
        yield server


async def test_a_job_without_a_provider_key_loads_the_shipped_history_and_says_so(
    load_client: LoadClient, link: asyncpg.Connection
) -> None:
    async with load_client.serve_loads():
        job = await load_client.submit(HistoricalLoad(requested_by="alice", symbols=("AAPL", "IBM", "NOPE"), years=1))
        done = await load_client.status(job)

    assert (done.status, done.successful, done.failed) == ("completed_with_errors", ("AAPL", "IBM"), ("NOPE",))
    assert (done.progress, done.done, done.total) == (1, 3, 3)
    assert "MASSIVE_API_KEY is not set" in done.message
    assert done.started_at
    assert done.completed_at
    rows = await link.fetch("select symbol, max(date)::text from ohlcv_daily group by 1 order by 1")
    assert [tuple(row) for row in rows] == [("AAPL", "2012-08-31"), ("IBM", "2012-08-31")]
    splits = await link.fetch("select symbol, ex_date::text, source from splits order by 2")
    assert [tuple(row) for row in splits] == [("AAPL", "2000-06-21", "shipped"), ("AAPL", "2005-02-28", "shipped")]


async def test_a_load_publishes_its_status_from_start_to_end(load_client: LoadClient, provider: Massive) -> None:
    async with (
        recorded_events(load_client.redis_url) as events,
        load_client.serve_loads(api_key=KEY, rest_url=provider.url),
    ):
        job = await load_client.submit(
            MultiTimeframeLoad(requested_by="alice", symbols=("AAPL", "IBM"), timeframes=("day", "week"))
        )
        done = await load_client.status(job)
        await eventually(lambda: len(events_of(RunChanged, events)) == 2)

    assert done.status == "completed"
    assert [(event.run_id, event.status, event.work) for event in events_of(RunChanged, events)] == [
        (job, "started", "import"),
        (job, "completed", "import"),
    ]
    assert events_of(RunChanged, events)[0].timeframes == ("daily", "weekly")
    assert events_of(RunChanged, events)[1].found == 6
    assert events_of(JobStatus, events)[-1].status == "completed"
    assert {event.job_id for event in events_of(JobStatus, events)} == {job}
    assert all(event.run_id == job for event in events_of(RunProgressed, events))


async def test_every_kind_of_load_job_is_accepted(
    load_client: LoadClient, provider: Massive, link: asyncpg.Connection
) -> None:
    (load_client.files / "sp_500.csv").write_text("ticker,name\nAAPL,Apple\n")
    (load_client.files / "dow_30.csv").write_text("IBM\nAAPL\n")
    jobs: list[AnyLoad] = [
        UniverseSeed(requested_by="a", universe_type="SP500", years=1),
        CsvUniverseLoad(requested_by="a", csv_file="dow_30.csv", universe_type="DOW30", include_ohlcv=False),
        UniverseLoad(
            requested_by="a",
            universe_key="dow:30",
            symbols=("IBM",),
            timeframes=("day",),
            run_analysis_after_import=True,
        ),
    ]
    async with load_client.serve_loads(api_key=KEY, rest_url=provider.url):
        ids = [await load_client.submit(job) for job in jobs]
        done = [await load_client.status(job_id) for job_id in ids]

    assert [one.status for one in done] == ["completed"] * 3
    assert [one.successful for one in done] == [("AAPL",), ("IBM", "AAPL"), ("IBM",)]
    command = decode(load_client.analysed[0])
    assert isinstance(command, ProcessingCommand)
    assert command.parameters.symbols == ("IBM",)
    assert await link.fetchval("select count(*) from ohlcv_daily") == 3


async def test_a_list_that_is_missing_fails_the_load_and_names_it(load_client: LoadClient) -> None:
    async with load_client.serve_loads():
        done = await load_client.status(
            await load_client.submit(UniverseSeed(requested_by="a", universe_type="ETF", years=1))
        )

    assert (done.status, done.error) == ("failed", "there is no list of symbols curated-etfs.csv")


async def test_a_load_that_fails_unexpectedly_is_counted(load_client: LoadClient, link: asyncpg.Connection) -> None:
    await link.execute("alter table symbols rename column active to listed")

    async with load_client.serve_loads() as load_jobs:
        done = await load_client.status(await load_client.submit(HistoricalLoad(requested_by="a", symbols=("IBM",))))

    assert (done.status, done.error) == ("failed", "UndefinedColumnError")
    assert load_jobs.failed == 1


async def test_a_wrong_key_fails_the_load_at_once(load_client: LoadClient, provider: Massive) -> None:
    async with load_client.serve_loads(api_key="hunter2", rest_url=provider.url):
        done = await load_client.status(
            await load_client.submit(HistoricalLoad(requested_by="a", symbols=("AAPL", "IBM")))
        )

    assert (done.status, done.error) == ("failed", "the provider does not know this key: Unknown API Key")
    assert len(provider.requests) == 1


async def test_running_and_queued_loads_can_be_cancelled(load_client: LoadClient, provider: Massive) -> None:
    provider.trouble.append(Response("{}", 429, {"Retry-After": "200"}))
    async with load_client.serve_loads(api_key=KEY, rest_url=provider.url):
        first = await load_client.submit(HistoricalLoad(requested_by="a", symbols=("AAPL",)))
        second = await load_client.submit(HistoricalLoad(requested_by="a", symbols=("IBM",)))
        await eventually(lambda: provider.requests)
        for job_id in (second, first):
            await load_client.client.publish(JOBS_CONTROL, encode(CancelLoad(job_id=job_id, requested_by="a")))
        ended = [(await load_client.status(job_id)).status for job_id in (first, second)]

    assert ended == ["cancelled", "cancelled"]
    assert len(provider.requests) == 1


async def test_a_full_queue_refuses_further_loads_with_an_error(load_client: LoadClient, provider: Massive) -> None:
    provider.trouble.append(Response("{}", 429, {"Retry-After": "200"}))
    async with load_client.serve_loads(api_key=KEY, rest_url=provider.url):
        first = await load_client.submit(HistoricalLoad(requested_by="a", symbols=("AAPL",)))
        await eventually(lambda: provider.requests)
        line = [await load_client.submit(HistoricalLoad(requested_by="a", symbols=("IBM",))) for _ in range(8)]
        status = await load_client.status(await load_client.submit(HistoricalLoad(requested_by="a", symbols=("IBM",))))
        waiting = await load_client.status(line[-1], "queued")

    assert (status.status, status.error) == ("failed", "8 loads wait already")
    assert waiting.status == "queued"
    assert (await load_client.read_status(first)) is not None


async def test_a_load_resumes_after_an_engine_restart_without_repeating_requests(
    load_client: LoadClient, provider: Massive, link: asyncpg.Connection
) -> None:
    job = HistoricalLoad(requested_by="a", symbols=("AAPL", "IBM"))
    provider.trouble.append(Response("{}", 429, {"Retry-After": "200"}))
    async with load_client.serve_loads(api_key=KEY, rest_url=provider.url):
        await load_client.submit(job)
        await eventually(lambda: provider.requests)
    provider.requests.clear()

    async with (
        recorded_events(load_client.redis_url) as events,
        load_client.serve_loads(api_key=KEY, rest_url=provider.url),
    ):
        await eventually(lambda: any(event.status == "completed" for event in events_of(RunChanged, events)))
        requests = len(provider.requests)
        await load_client.submit(job)
        last = await load_client.submit(HistoricalLoad(requested_by="a", symbols=("IBM",)))
        await load_client.status(last)

    assert any("goes on where it stopped" in event.message for event in events_of(JobStatus, events))
    assert requests == 8
    assert len(provider.requests) == 12
    assert await link.fetchval("select count(*) from data_load_jobs where status = 'completed'") == 2


@pytest.mark.parametrize(
    ("payload", "job_id"),
    [
        (b'{"job_id":"j-1","job_type":"historical_load","symbols":[]}', "j-1"),
        (b'{"job_id":"j-1","job_type":"nonsense","requested_by":"a"}', "j-1"),
        (b"\xff\xfe", ""),
        (b'{"job_id":{"a":1}}', ""),
        (b"[" * 50_000, ""),
    ],
    ids=["bounds", "type", "bytes", "shape", "deep"],
)
async def test_an_invalid_job_is_refused_and_the_next_is_done(
    load_client: LoadClient, payload: bytes, job_id: str
) -> None:
    async with load_client.serve_loads():
        await load_client.client.publish(JOBS_DATA_LOAD, payload)
        done = await load_client.status(await load_client.submit(HistoricalLoad(requested_by="a", symbols=("IBM",))))
        status = await load_client.status(job_id) if job_id else None

    assert done.status == "completed"
    assert status is None or (status.status, status.error) == ("failed", "the job was not understood")


async def test_a_running_engine_accepts_load_jobs(load_client: LoadClient, link: asyncpg.Connection) -> None:
    async with running_engine(load_client.redis_url, load_client.database_url):
        before = await link.fetchval("select count(*) from ohlcv_daily")
        await link.execute("delete from ohlcv_daily where symbol = 'IBM' and date < '2012-01-01'")
        job = HistoricalLoad(requested_by="alice", symbols=("IBM",))

        async def listens() -> bool:
            return bool((await receivers(load_client.client, [JOBS_DATA_LOAD]))[JOBS_DATA_LOAD])

        await eventually(listens)
        await load_client.submit(job)
        done = await load_client.status(job.job_id)

    assert (done.status, done.successful) == ("completed", ("IBM",))
    assert await link.fetchval("select count(*) from ohlcv_daily") == before
