"""Faults of web processes, Redis and the network: each begins, lasts a while, and is repaired."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from redis.asyncio import Redis

from bench.checker.engine import Engine
from bench.checker.log_record import LogReader
from bench.checker.processes import Servers, WebProcess, until

BURST = 700
"""More patterns than anybody is told one by one when he was away for them."""

BURST_SECONDS = 10.0
"""For all of them to come into the log."""


class FaultTargets(NamedTuple):
    """The processes and links that faults apply to, and the time scale: 1 for a soak, less for a short run."""

    servers: Servers
    webs: Sequence[WebProcess]
    redis: Redis
    engine: Engine
    log_reader: LogReader
    generator: random.Random
    scale: float

    @property
    def web(self) -> WebProcess:
        return self.generator.choice(self.webs)

    async def wait(self, least: float, most: float) -> None:
        await asyncio.sleep(self.generator.uniform(least, most) * self.scale)


Fault = Callable[[FaultTargets], Awaitable[None]]


async def web_killed(scene: FaultTargets) -> None:
    web = scene.web
    await web.kill()
    await scene.wait(0.5, 3)
    web.start()
    await web.ready()


async def web_terminated(scene: FaultTargets) -> None:
    web = scene.web
    await web.kill(signal.SIGTERM)
    await scene.wait(0.2, 1)
    web.start()
    await web.ready()


async def all_webs_killed(scene: FaultTargets) -> None:
    await asyncio.gather(*(web.kill() for web in scene.webs))
    await scene.wait(0.5, 2)
    for web in scene.webs:
        web.start()
    await asyncio.gather(*(web.ready() for web in scene.webs))


async def web_paused(scene: FaultTargets) -> None:
    web = scene.web
    web.send(signal.SIGSTOP)
    await scene.wait(1, 14)
    web.send(signal.SIGCONT)


async def redis_killed(scene: FaultTargets) -> None:
    valkey = scene.servers.valkey
    valkey.send(signal.SIGKILL)
    await until(lambda: valkey.ended() is not None)
    await scene.wait(0.2, 5)
    valkey.start()
    await until(valkey.ready)


async def redis_paused(scene: FaultTargets) -> None:
    scene.servers.valkey.send(signal.SIGSTOP)
    await scene.wait(1, 12)
    scene.servers.valkey.send(signal.SIGCONT)


async def redis_wiped(scene: FaultTargets) -> None:
    await scene.log_reader.wipe()


async def links_killed(scene: FaultTargets) -> None:
    await scene.redis.client_kill_filter(_type="pubsub")
    await scene.wait(0.5, 2)


async def link_to_redis_cut(scene: FaultTargets) -> None:
    web = scene.web
    web.redis_proxy.refuse()
    await scene.wait(0.5, 8)
    web.redis_proxy.restore()


async def link_to_redis_held(scene: FaultTargets) -> None:
    web = scene.web
    web.redis_proxy.hold()
    await scene.wait(1, 12)
    web.redis_proxy.restore()


async def link_to_postgresql_cut(scene: FaultTargets) -> None:
    web = scene.web
    web.postgres_proxy.refuse()
    await scene.wait(0.5, 8)
    web.postgres_proxy.restore()


async def link_to_postgresql_held(scene: FaultTargets) -> None:
    web = scene.web
    web.postgres_proxy.hold()
    await scene.wait(1, 12)
    web.postgres_proxy.restore()


async def readers_cut(scene: FaultTargets) -> None:
    scene.web.http_proxy.cut(0.5)


async def readers_shut_out(scene: FaultTargets) -> None:
    web = scene.web
    web.http_proxy.refuse()
    await scene.wait(0.5, 6)
    web.http_proxy.restore()


async def readers_held(scene: FaultTargets) -> None:
    web = scene.web
    web.http_proxy.hold()
    await scene.wait(1, 12)
    web.http_proxy.restore()


async def readers_half_open(scene: FaultTargets) -> None:
    scene.web.http_proxy.half_open(0.3)


async def burst(scene: FaultTargets) -> None:
    await scene.engine.find(int(BURST * min(1.0, scene.scale * 1.5)))


async def readers_away_for_a_burst(scene: FaultTargets) -> None:
    """Disconnects readers during so many patterns that they are not sent one by one afterwards."""
    for web in scene.webs:
        web.http_proxy.refuse()
    last = await scene.engine.find(BURST)
    with suppress(AssertionError):  # what nobody heard is never logged
        await until(lambda: last in scene.log_reader.record.places, BURST_SECONDS)
    for web in scene.webs:
        web.http_proxy.restore()


FAULTS: dict[Fault, int] = {
    web_killed: 4,
    web_terminated: 3,
    all_webs_killed: 1,
    web_paused: 3,
    redis_killed: 3,
    redis_paused: 3,
    redis_wiped: 1,
    links_killed: 2,
    link_to_redis_cut: 3,
    link_to_redis_held: 2,
    link_to_postgresql_cut: 2,
    link_to_postgresql_held: 2,
    readers_cut: 4,
    readers_shut_out: 3,
    readers_held: 3,
    readers_half_open: 4,
    burst: 1,
    readers_away_for_a_burst: 1,
}
"""How often each comes, beside the others."""


class InjectedFault(NamedTuple):
    fault: str
    started_at: float
    ended_at: float


class FaultInjector:
    def __init__(self, scene: FaultTargets) -> None:
        self.injected: list[InjectedFault] = []
        self._targets = scene

    async def inject_for(self, seconds: float) -> None:
        """Injects one fault after the other, and sometimes two at once."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            count = 2 if self._targets.generator.random() < 0.25 else 1
            faults = self._targets.generator.choices(list(FAULTS), list(FAULTS.values()), k=count)
            await self.inject(*dict.fromkeys(faults))
            await self._targets.wait(1, 5)

    async def inject(self, *faults: Fault) -> None:
        touching_redis = [fault for fault in faults if fault.__name__.startswith(("redis", "links"))]
        once = [fault for fault in faults if fault not in touching_redis[1:]]
        # A process that is started anew needs Redis; and what is paused cannot be told to leave.
        starting = [fault for fault in once if "webs" in fault.__name__ or fault.__name__.startswith("web_")]
        await asyncio.gather(*(self._inject(fault) for fault in once if fault not in starting))
        for fault in starting:
            await self._inject(fault)

    async def _inject(self, fault: Fault) -> None:
        began = time.monotonic()
        await fault(self._targets)
        self.injected.append(InjectedFault(fault.__name__, began, time.monotonic()))
