"""One run from beginning to end: pages open, the engine finds, the nemesis strikes, all is mended, all is judged."""

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

from bench.checker import ground, judge
from bench.checker.browser import Browser
from bench.checker.engine import Engine
from bench.checker.ground import Servers, Web
from bench.checker.nemesis import Nemesis, Scene
from bench.checker.report import Report
from bench.checker.truth import Auditor, Truth

PAGES_PER_USER = 4
FIRST = 60
"""Patterns that are there before anybody looks: more than a feed holds."""

ARRIVAL_SECONDS = 40.0
QUIET_SECONDS = 60.0


class Plan(NamedTuple):
    pages: int
    ports: Sequence[int]
    """One for each web process."""
    per_second: float
    seed: int
    scale: float
    strike: Callable[[Nemesis], Awaitable[None]]


async def conduct(plan: Plan, servers: Servers, data: Path) -> Report:
    began, chance, truth = time.monotonic(), random.Random(plan.seed), Truth()
    redis = Redis(unix_socket_path=servers.redis_socket, socket_timeout=5)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(redis.aclose)
        webs = await stack.enter_async_context(ground.webs(servers, list(plan.ports), data, chance))
        auditor, engine = Auditor(redis, truth), Engine(redis, servers.engine, truth, plan.per_second)
        nemesis = Nemesis(Scene(servers, webs, redis, engine, auditor, chance, plan.scale))
        browsers = await _browsers(plan, servers, webs, chance)
        await engine.find(FIRST)
        works = [auditor.run(), engine.run(), *(browser.run() for browser in browsers)]
        running = [asyncio.create_task(work) for work in works]
        stack.push_async_callback(_ended, running)
        await _until(lambda: all(browser.open for browser in browsers), ARRIVAL_SECONDS, running)
        await plan.strike(nemesis)
        await _calm(browsers, engine, auditor, running)
    judges = [judge.judged(browser.name, browser.events, truth) for browser in browsers]
    return Report(
        truth,
        len(browsers),
        sum((one.tally for one in judges), Counter()),
        sum((browser.ends for browser in browsers), Counter()),
        nemesis.struck,
        [*judge.of_log(truth), *chain.from_iterable(one.violations for one in judges)],
        began,
        time.monotonic(),
    )


async def _browsers(plan: Plan, servers: Servers, webs: list[Web], chance: random.Random) -> list[Browser]:
    users = await ground.users(servers, webs, -(-plan.pages // PAGES_PER_USER))
    await asyncio.gather(*(user.enter("") for user in users))
    ports = [web.front.port for web in webs]
    return [
        Browser(
            f"page {n}",
            users[n // PAGES_PER_USER],
            ports,
            random.Random(chance.random()),
            gzip=n % 2 == 0,
            scale=plan.scale,
        )
        for n in range(plan.pages)
    ]


async def _calm(
    browsers: Sequence[Browser], engine: Engine, auditor: Auditor, running: Sequence[asyncio.Task[None]]
) -> None:
    """Nobody acts up any more, a last pattern is found, and every page hears of it."""
    for browser in browsers:
        browser.calm = True
    engine.over = True
    await asyncio.wait({running[1]})
    await asyncio.sleep(2)
    last = await engine.find(1)

    def arrived() -> bool:
        logged = last in auditor.truth.places
        return logged and all(browser.position == auditor.truth.top for browser in browsers)

    await _until(arrived, QUIET_SECONDS, [running[0], *running[2:]])


async def _until(holds: Callable[[], bool], seconds: float, running: Sequence[asyncio.Task[None]]) -> None:
    """Or until the time is over: what is not so then, the judge sees."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        for task in running:
            if task.done():
                task.result()
        await asyncio.sleep(0.1)


async def _ended(running: Sequence[asyncio.Task[None]]) -> None:
    """Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation."""
    left = set(running)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)
    await asyncio.gather(*running, return_exceptions=True)
