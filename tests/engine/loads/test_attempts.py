"""A load that kills its engine, and engines that stop in order."""

import subprocess
import sys
from pathlib import Path

import asyncpg

from app.engine.jobs.load_queue import MOST_TRIES
from app.wire.channels import JOBS_DATA_LOAD
from app.wire.events.event import RunChanged
from app.wire.jobs import job
from app.wire.jobs.job import HistoricalLoad
from tests.commands.conftest import ROOT
from tests.conftest import Databases
from tests.support.load_requests import LoadClient
from tests.support.running_engine import events_of, eventually, recorded_events

JOB = HistoricalLoad(requested_by="alice", symbols=("IBM",))
LOCK_PARTS = "lock table data_load_parts in access exclusive mode"
"""A load asks there first how far it has come, and waits."""


async def tries(link: asyncpg.Connection) -> int:
    return int(await link.fetchval("select coalesce(max(tries), 0) from data_load_jobs") or 0)


def alone(load_client: LoadClient) -> "subprocess.Popen[bytes]":
    words = [
        sys.executable,
        "-m",
        "tests.support.loads_process",
        load_client.redis_url,
        load_client.database_url,
        str(load_client.files),
    ]
    return subprocess.Popen(words, cwd=ROOT)


async def wait_for_tries(link: asyncpg.Connection, count: int, engine: "subprocess.Popen[bytes]") -> None:
    async def so_often() -> bool:
        assert engine.poll() is None
        return await tries(link) == count

    await eventually(so_often, 60)


async def job_listened(load_client: LoadClient) -> bool:
    return bool((await job.receivers(load_client.client, [JOBS_DATA_LOAD]))[JOBS_DATA_LOAD])


async def test_a_load_that_kills_the_engine_three_times_is_not_tried_again(
    load_client: LoadClient, databases: Databases
) -> None:
    link, watcher = [await asyncpg.connect(databases.engine) for _ in range(2)]

    async with link.transaction():
        await link.execute(LOCK_PARTS)
        for count in range(1, MOST_TRIES + 1):
            engine = alone(load_client)
            try:
                if count == 1:
                    await eventually(lambda: job_listened(load_client), 60)
                    await load_client.submit(JOB)
                await wait_for_tries(watcher, count, engine)
            finally:
                engine.kill()
                engine.wait(10)
        async with recorded_events(load_client.redis_url) as events, load_client.serve_loads():
            status = await load_client.status(JOB.job_id, "failed")
            await eventually(lambda: events_of(RunChanged, events))

    assert status.error == "the engine fell while it made this load, 3 times; it is not begun again"
    assert [(event.run_id, event.status) for event in events_of(RunChanged, events)] == [(JOB.job_id, "failed")]
    row = await watcher.fetchrow("select status, message, completed_at is not null as over from data_load_jobs")
    assert tuple(row) == ("failed", status.error, True)
    for each in (link, watcher):
        await each.close()


async def test_an_orderly_stop_does_not_count_as_an_attempt(load_client: LoadClient, link: asyncpg.Connection) -> None:
    watcher = await asyncpg.connect(load_client.database_url)
    counts = []

    async def load_begins() -> bool:
        return await tries(watcher) == 1

    for _ in range(MOST_TRIES + 1):
        async with link.transaction():
            await link.execute(LOCK_PARTS)
            async with load_client.serve_loads():
                if not counts:
                    await load_client.submit(JOB)
                await eventually(load_begins)
        counts.append(await tries(watcher))
    async with load_client.serve_loads():
        done = await load_client.status(JOB.job_id)

    assert counts == [0] * (MOST_TRIES + 1)
    assert done.status == "completed"
    await watcher.close()


async def test_a_queue_entry_of_another_version_is_set_aside_with_a_reason(
    load_client: LoadClient, link: asyncpg.Connection
) -> None:
    await link.execute(
        "insert into data_load_jobs (job_id, request, status)"
        " select 'old-' || n, '{\"job_type\": \"gone\"}', 'queued' from generate_series(1, 16) as n"
    )
    await link.execute(
        "insert into data_load_jobs (job_id, request, status) values ($1, $2, 'queued')",
        JOB.job_id,
        job.encode(JOB).decode(),
    )
    async with load_client.serve_loads():
        done = await load_client.status(JOB.job_id)

    assert done.status == "completed"
    assert await link.fetchval("select count(*) from data_load_jobs where message like '%another version%'") == 16


async def test_a_job_cannot_name_a_file_outside_the_list_folder(
    load_client: LoadClient, link: asyncpg.Connection, tmp_path: Path
) -> None:
    (tmp_path.parent / "secret.csv").write_text("symbol\nIBM\n")
    (tmp_path / "folder.csv").mkdir()
    message = '{"job_id":"%s","job_type":"csv_universe_load","requested_by":"a","csv_file":"%s","universe_type":"ETF"}'
    names = ["../secret.csv", str(tmp_path.parent / "secret.csv"), "..", "a/../../secret.csv", "folder.csv", ""]

    async with load_client.serve_loads():
        for at, name in enumerate(names):
            await load_client.client.publish(JOBS_DATA_LOAD, message % (f"j{at}", name))
        statuses = [await load_client.status(f"j{at}") for at in range(len(names))]

    assert {each.status for each in statuses} == {"failed"}
    assert statuses[4].error == "there is no list of symbols folder.csv"
    assert await link.fetchval("select count(*) from symbols") == 0
