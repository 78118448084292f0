"""One run: opens pages, publishes patterns, injects faults, waits until all is quiet, and verifies every page."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from redis.asyncio import Redis

from bench.checker import processes, verifier
from bench.checker.browser import Browser
from bench.checker.engine import Engine
from bench.checker.faults import FaultInjector, FaultTargets
from bench.checker.log_record import LogReader, LogRecord
from bench.checker.processes import Servers, WebProcess
from bench.checker.report import Report

PAGES_PER_USER = 4
STORED_PATTERNS = 60
"""Patterns that are there before anybody looks: more than a feed holds."""

OPEN_SECONDS = 40.0
SETTLE_SECONDS = 60.0


class CheckPlan(NamedTuple):
    pages: int
    ports: Sequence[int]
    """One for each web process."""
    per_second: float
    seed: int
    scale: float
    inject: Callable[[FaultInjector], Awaitable[None]]


async def run_check(plan: CheckPlan, servers: Servers, data: Path) -> Report:
    started_at, generator, record = time.monotonic(), random.Random(plan.seed), LogRecord()
    redis = Redis(unix_socket_path=servers.redis_socket, socket_timeout=5)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(redis.aclose)
        webs = await stack.enter_async_context(processes.webs(servers, list(plan.ports), data, generator))
        log_reader, engine = LogReader(redis, record), Engine(redis, servers.engine, record, plan.per_second)
        injector = FaultInjector(FaultTargets(servers, webs, redis, engine, log_reader, generator, plan.scale))
        browsers = await _browsers(plan, servers, webs, generator)
        await engine.find(STORED_PATTERNS)
        works = [log_reader.run(), engine.run(), *(browser.run() for browser in browsers)]
        running = [asyncio.create_task(work) for work in works]
        stack.push_async_callback(_cancel, running)
        await _wait_until(lambda: all(browser.open for browser in browsers), OPEN_SECONDS, running)
        await plan.inject(injector)
        await _settle(browsers, engine, log_reader, running)
    verifiers = [verifier.verify_page(browser.name, browser.events, record) for browser in browsers]
    return Report(
        record,
        len(browsers),
        sum((one.tally for one in verifiers), Counter()),
        sum((browser.ends for browser in browsers), Counter()),
        injector.injected,
        [*verifier.verify_log(record), *chain.from_iterable(one.violations for one in verifiers)],
        started_at,
        time.monotonic(),
    )


async def _browsers(
    plan: CheckPlan, servers: Servers, webs: list[WebProcess], generator: random.Random
) -> list[Browser]:
    users = await processes.users(servers, webs, -(-plan.pages // PAGES_PER_USER))
    await asyncio.gather(*(user.sign_in_again("") for user in users))
    ports = [web.http_proxy.port for web in webs]
    return [
        Browser(
            f"page {n}",
            users[n // PAGES_PER_USER],
            ports,
            random.Random(generator.random()),
            gzip=n % 2 == 0,
            scale=plan.scale,
        )
        for n in range(plan.pages)
    ]


async def _settle(
    browsers: Sequence[Browser], engine: Engine, log_reader: LogReader, running: Sequence[asyncio.Task[None]]
) -> None:
    """Ends all faults, publishes a last pattern, and waits until every page has it."""
    for browser in browsers:
        browser.settled = True
    engine.over = True
    await asyncio.wait({running[1]})
    await asyncio.sleep(2)
    last = await engine.find(1)

    def arrived() -> bool:
        logged = last in log_reader.record.places
        return logged and all(browser.position == log_reader.record.top for browser in browsers)

    await _wait_until(arrived, SETTLE_SECONDS, [running[0], *running[2:]])


async def _wait_until(holds: Callable[[], bool], seconds: float, running: Sequence[asyncio.Task[None]]) -> None:
    """Waits for the condition or the time-out; the verifiers report what is missing then."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        for task in running:
            if task.done():
                task.result()
        await asyncio.sleep(0.1)


async def _cancel(running: Sequence[asyncio.Task[None]]) -> None:
    """Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation."""
    left = set(running)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)
    await asyncio.gather(*running, return_exceptions=True)
