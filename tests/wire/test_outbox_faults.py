"""Web processes that are killed while they submit and send lose no job and send none twice."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from itertools import pairwise

import msgspec
from redis.asyncio import Redis

from app.wire.channels import JOBS_DATA_LOAD
from app.wire.client import close, connect
from app.wire.jobs.outbox import Outbox
from app.wire.state import heartbeat
from tests.house.tree import ROOT

WEB = """
import asyncio, sys
from app.wire.client import connect
from app.wire.jobs.job import HistoricalLoad
from app.wire.jobs.outbox import Outbox

async def main(url, name):
    outbox = Outbox(connect(url), max_waiting=100_000)
    offering = asyncio.create_task(outbox.run())
    for number in range(100_000):
        load = HistoricalLoad(job_id=f"{name}-{number}", requested_by="alice", symbols=("IBM",))
        submitted = await outbox.submit(load, f"{name} {number}")
        print(submitted.id, flush=True)
        await asyncio.sleep(0.002)

asyncio.run(main(*sys.argv[1:]))
"""


async def web(url: str, name: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", WEB, url, name, stdout=PIPE, cwd=ROOT)


async def job_numbers(process: Process, least: int) -> list[str]:
    assert process.stdout
    return [(await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip() for _ in range(least)]


async def rest(process: Process) -> list[str]:
    """What it had said when it was killed."""
    process.kill()
    numbers, _ = await process.communicate()
    return [line.decode() for line in numbers.split(b"\n")[:-1]]


async def test_with_killed_processes_every_job_is_sent_once_in_order(client: Redis, redis_url: str) -> None:
    await heartbeat.beat(client, time.time())
    webs = [await web(redis_url, name) for name in ("first", "second")]
    submitted = [*await job_numbers(webs[0], 20), *await job_numbers(webs[1], 20)]
    link = connect(redis_url)
    engine = link.pubsub()
    await engine.subscribe(JOBS_DATA_LOAD)
    await engine.get_message(timeout=5)

    submitted += [*await job_numbers(webs[0], 50), *await rest(webs[0])]
    submitted += [*await job_numbers(webs[1], 50), *await rest(webs[1])]
    outbox = Outbox(client)
    while await outbox.waiting():
        assert await outbox.offer_waiting()
    payloads: list[str] = []
    # Beyond the last one for a while: what comes twice comes behind it.
    while message := await engine.get_message(timeout=0.5 if set(submitted) <= set(payloads) else 10):
        payloads.append(msgspec.json.decode(message["data"])["job_id"])
    await close(engine, link)

    assert len(submitted) >= 140
    assert set(submitted) <= set(payloads)
    assert len(set(payloads)) == len(payloads)
    for name in ("first", "second"):
        numbers = [int(id_.rpartition("-")[2]) for id_ in payloads if id_.startswith(name)]
        assert all(after == before + 1 for before, after in pairwise(numbers))
