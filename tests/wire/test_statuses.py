"""The status of a job is read from any writer and key type; nothing is written."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.channels import APP_JOB_STATUS_PREFIX, JOB_STATUS_PREFIX
from app.wire.client import RedisUnavailable, close, connect
from app.wire.events.event import JobStatus
from app.wire.jobs.job import HistoricalLoad
from app.wire.jobs.outbox import Outbox
from app.wire.jobs.statuses import JobStatusReader
from tests.wire.conftest import Server

KEY, OTHER = JOB_STATUS_PREFIX + "j1", APP_JOB_STATUS_PREFIX + "j1"
RUNNING = JobStatus(
    at=0.0,
    job_id="j1",
    status="running",
    progress=0.4,
    total=5,
    done=2,
    successful=("IBM", "BRK.B"),
    failed=("BF/B",),
    current_symbol="AEP",
    message="loading",
    submitted_at=1_772_445_600.0,
    started_at=1_772_445_660.0,
)
AS_JSON: dict[str, Any] = {
    "job_id": "j1",
    "status": "RUNNING",
    "progress": 40,
    "total_symbols": 5,
    "processed_symbols": 2,
    "successful_symbols": ["IBM", "BRK.B"],
    "failed_symbols": ["BF/B"],
    "error_message": None,
    "started_at": "2026-03-02T10:01:00Z",
    "submitted_at": "2026-03-02T10:00:00",
    "completed_at": None,
    "current_symbol": "AEP",
    "message": "loading",
}
AS_HASH = {
    name: json.dumps(value) if isinstance(value, list) else "" if value is None else str(value)
    for name, value in AS_JSON.items()
}


async def status_of(statuses: JobStatusReader) -> JobStatus | None:
    """What an engine said, whenever it was read."""
    reading = await statuses.read("j1")
    assert reading is None or reading.reported
    return replace(reading.job, at=0.0, published_at=0.0, arrived_at=0.0) if reading else None


@pytest.fixture
def outbox(client: Redis) -> Outbox:
    return Outbox(client)


@pytest.fixture
def statuses(client: Redis, outbox: Outbox) -> JobStatusReader:
    return JobStatusReader(client, outbox)


async def test_a_string_and_a_hash_read_alike(statuses: JobStatusReader, client: Redis) -> None:
    await client.set(KEY, json.dumps(AS_JSON))
    assert await status_of(statuses) == RUNNING

    await client.delete(KEY)
    await client.hset(KEY, mapping=AS_HASH)
    assert await status_of(statuses) == RUNNING

    await client.hset(KEY, "successful_symbols", "IBM,BRK.B")
    assert await status_of(statuses) == RUNNING


async def test_the_older_key_is_read_where_the_new_one_is_missing(statuses: JobStatusReader, client: Redis) -> None:
    await client.set(OTHER, '{"status":"submitted","progress":0,"submitted_at":"2026-03-02T10:00:00.25"}')

    reading = await status_of(statuses)

    assert reading
    assert (reading.status, reading.progress, reading.submitted_at) == ("submitted", 0.0, 1_772_445_600.25)
    await client.set(KEY, json.dumps(AS_JSON))
    assert await status_of(statuses) == RUNNING


@pytest.mark.parametrize(
    "nonsense", [b"", b"\xff", b"[1]", b"[" * 100_000, b'{"progress":1}', b'{"status":null}', b"{" + b" " * 300_000]
)
async def test_a_malformed_key_is_ignored(statuses: JobStatusReader, client: Redis, nonsense: bytes) -> None:
    await client.set(KEY, nonsense)
    assert await statuses.read("j1") is None

    await client.hset(OTHER, mapping=AS_HASH)
    assert await status_of(statuses) == RUNNING


async def test_an_oversized_hash_is_not_read(statuses: JobStatusReader, client: Redis) -> None:
    await client.hset(KEY, mapping=AS_HASH | {"message": "x" * 300_000})
    assert await statuses.read("j1") is None

    await client.delete(KEY)
    await client.hset(KEY, mapping=AS_HASH | {f"field {number}": "x" for number in range(200)})
    assert await statuses.read("j1") is None


async def test_a_key_of_another_type_is_ignored(statuses: JobStatusReader, client: Redis) -> None:
    await client.rpush(KEY, "x")
    await client.sadd(OTHER, "x")

    assert await statuses.read("j1") is None


async def test_invalid_values_are_dropped_alone(statuses: JobStatusReader, client: Redis) -> None:
    await client.set(
        KEY,
        b'{"status":"failed","progress":NaN,"total_symbols":"many","processed_symbols":-1,"failed_symbols":[1,"\\ud800"],'
        b'"message":"disk\\u0000full\\ud800","started_at":"soon","completed_at":1772445660000,"error_message":{"a":1}}',
    )

    reading = await status_of(statuses)

    assert reading
    assert (reading.status, reading.progress, reading.total, reading.done) == ("failed", None, None, None)
    assert (reading.message, reading.error, reading.failed) == ("diskfull", "", ())
    assert (reading.started_at, reading.completed_at) == (None, 1_772_445_660.0)


async def test_the_outbox_gives_the_status_before_the_engine_reports_one(
    statuses: JobStatusReader, outbox: Outbox, client: Redis
) -> None:
    await outbox.submit(HistoricalLoad(job_id="j1", requested_by="alice", symbols=("IBM",)), "once")

    waiting = await statuses.read("j1")

    assert waiting
    assert (waiting.job.status, waiting.reported) == ("waiting", False)
    assert waiting.job.submitted_at
    assert not await client.exists(KEY, OTHER), "a key that stands there makes some engines fail"

    await outbox.withdraw("j1")
    withdrawn = await statuses.read("j1")
    assert withdrawn
    assert withdrawn.job.status == "cancelled"


async def test_the_engines_status_wins_and_the_outbox_adds_the_submission_time(
    statuses: JobStatusReader, outbox: Outbox, client: Redis
) -> None:
    await outbox.submit(HistoricalLoad(job_id="j1", requested_by="alice", symbols=("IBM",)), "once")
    ours = await outbox.state("j1")
    await client.set(KEY, '{"status":"running"}')

    reading = await statuses.read("j1")

    assert ours
    assert reading
    assert (reading.job.status, reading.job.submitted_at, reading.reported) == ("running", ours.submitted_at, True)


async def test_an_unknown_job_id_has_no_status(statuses: JobStatusReader) -> None:
    for id_ in ("", "j1", "x" * 1000, "a\nb", "\ud800"):
        assert await statuses.read(id_) is None


async def test_an_unreachable_redis_raises_unavailable(server: Server) -> None:
    link = connect(server.url)
    server.kill()

    with pytest.raises(RedisUnavailable):
        await JobStatusReader(link, Outbox(link)).read("j1")
    await close(link)
