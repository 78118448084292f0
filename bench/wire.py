"""The wire: decoding, the log, the way from PUBLISH to the tail with several processes, Redis beside a bare client.

    python -m bench.wire [--events 1000]

A Valkey of its own is started and thrown away. The processes that listen do what a web process does with the log and
nothing else (tests/support/log_listener.py); publisher and tail are this process, so that one clock times both ends.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redis.asyncio import Redis

from app.embedded import valkey
from app.embedded.child import Child
from app.embedded.places import prepare
from app.wire.channels import LOG_KEY, Channels
from app.wire.client import close, connect
from app.wire.codec.codec import channel, decode_each, encode
from app.wire.events.event import KINDS, PatternDetected
from app.wire.log.log import Log, LogEntry
from app.wire.pubsub.publisher import Publisher
from bench.samples import SAMPLES

ROUNDS = 5
DECODED = 2000
IN_FLIGHT = 16
PACE_SECONDS = 0.004
SETTLING = 50
"""Events that nobody times: the first find everybody still waiting for the others."""
PROCESSES = (1, 2, 4)


@contextmanager
def server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        places = prepare(Path(directory), None)
        child = Child(valkey.program(places))
        child.start()
        assert child.wait_ready(10)
        try:
            yield valkey.url(places)
        finally:
            child.stop(5)
            shutil.rmtree(places.sockets)


def detected(number: int) -> PatternDetected:
    return PatternDetected(
        at=1_346_679_000.0 + number, symbol="BRK.B", pattern="Doji", timeframe="1min", confidence=0.8, price=85.25
    )


def print_percentiles(label: str, seconds: list[float]) -> None:
    p50, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100)[-1]
    print(f"  {label:34} p50 {p50 * 1000:7.3f} ms   p99 {p99 * 1000:7.3f} ms   ({len(seconds)})")


def decoding() -> None:
    """The best of several rounds, so that other work on the machine does not count."""
    print("decode, by type:")
    meanings, arrived_at = Channels().meanings(), time.time()
    for event in SAMPLES:
        payload, meaning = encode(event), meanings[channel(event, Channels())]
        (decoded,) = decode_each(meaning, payload, arrived_at)
        assert type(decoded) is type(event), (event, decoded)
        best = float("inf")
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for _ in range(DECODED):
                decode_each(meaning, payload, arrived_at)
            best = min(best, time.perf_counter() - began)
        print(f"  {type(event).__name__:34} {best / DECODED * 1e6:7.1f} µs   {len(payload):5} bytes")
    assert {type(event) for event in SAMPLES} == set(KINDS)


async def appending(url: str, count: int) -> None:
    redis = connect(url)
    log = Log(redis, url)
    began = time.perf_counter()
    for number in range(count):
        await log.append_once(detected(number))
    one = count / (time.perf_counter() - began)
    began = time.perf_counter()
    for number in range(count, 2 * count, IN_FLIGHT):
        await asyncio.gather(*(log.append_once(detected(number + each)) for each in range(IN_FLIGHT)))
    many = count / (time.perf_counter() - began)
    print(f"append_once: {one:.0f} a second one after the other, {many:.0f} with {IN_FLIGHT} in flight")
    await close(redis)


async def listener(url: str) -> Process:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.support.log_listener", url, stdout=PIPE)
    assert process.stdout
    await asyncio.wait_for(process.stdout.readline(), 15)
    return process


async def arriving(url: str, processes: int, count: int) -> list[float]:
    """Seconds from just before PUBLISH until the entry is in the tail."""
    redis = connect(url)
    await redis.flushall()
    listeners = await asyncio.gather(*(listener(url) for _ in range(processes)))
    log, publisher = Log(redis, url), Publisher(redis, Channels())
    sent, came, all_came = dict[float, float](), dict[float, float](), asyncio.Event()

    before = await log.top()

    async def follow() -> None:
        async for entry in log.tail(before):
            if isinstance(entry, LogEntry):
                came[entry.event.at] = time.perf_counter()
            if len(came) == count + SETTLING:
                all_came.set()

    following = asyncio.create_task(follow())
    try:
        for number in range(-SETTLING, count):
            event = detected(number)
            sent[event.at] = time.perf_counter()
            await publisher.publish(event)
            await asyncio.sleep(PACE_SECONDS if number >= 0 else 0.02)
        await asyncio.wait_for(all_came.wait(), 20)
        assert await redis.xlen(LOG_KEY) == count + SETTLING
    finally:
        following.cancel()
        for process in listeners:
            process.kill()
            await process.wait()
    await close(redis)
    return [came[at] - at_ for at, at_ in sent.items() if at >= detected(0).at]


async def beside_a_bare_client(url: str, count: int) -> None:
    """Alternates both clients, so that both meet the same load of the machine."""
    ours, bare = connect(url), Redis.from_url(url)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "SET, ours": lambda: ours.set("bench", b"x" * 200),
        "SET, bare client": lambda: bare.set("bench", b"x" * 200),
        "GET, ours": lambda: ours.get("bench"),
        "GET, bare client": lambda: bare.get("bench"),
    }
    took: dict[str, list[float]] = {label: [] for label in calls}
    for turn in range(count + 100):
        for label, call in calls.items():
            began = time.perf_counter()
            await call()
            if turn >= 100:
                took[label].append(time.perf_counter() - began)
    print("Redis:")
    for label, seconds in took.items():
        print_percentiles(label, seconds)
    await close(ours, bare)


async def measure(count: int) -> None:
    with server() as url:
        await beside_a_bare_client(url, 2 * count)
        await appending(url, count)
        print("from PUBLISH to the tail:")
        for processes in PROCESSES:
            print_percentiles(f"{processes} listening", await arriving(url, processes, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1000)
    options = parser.parse_args()
    decoding()
    asyncio.run(measure(options.events))


if __name__ == "__main__":
    main()
