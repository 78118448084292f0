"""What happens to the web processes, to Redis and to the network: each fault begins, lasts a while, and is mended."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from redis.asyncio import Redis

from bench.checker.engine import Engine
from bench.checker.ground import Servers, Web, until
from bench.checker.truth import Auditor

BURST = 700
"""More patterns than anybody is told one by one when he was away for them."""

BURST_SECONDS = 10.0
"""For all of them to come into the log."""


class Scene(NamedTuple):
    """Everything that can come to harm, and the scale of time: 1 is a soak, less is a short run."""

    servers: Servers
    webs: Sequence[Web]
    redis: Redis
    engine: Engine
    auditor: Auditor
    chance: random.Random
    scale: float

    @property
    def web(self) -> Web:
        return self.chance.choice(self.webs)

    async def lasting(self, least: float, most: float) -> None:
        await asyncio.sleep(self.chance.uniform(least, most) * self.scale)


Fault = Callable[[Scene], Awaitable[None]]


async def web_killed(scene: Scene) -> None:
    web = scene.web
    await web.kill()
    await scene.lasting(0.5, 3)
    web.start()
    await web.ready()


async def web_told_to_leave(scene: Scene) -> None:
    web = scene.web
    await web.kill(signal.SIGTERM)
    await scene.lasting(0.2, 1)
    web.start()
    await web.ready()


async def all_webs_killed(scene: Scene) -> None:
    await asyncio.gather(*(web.kill() for web in scene.webs))
    await scene.lasting(0.5, 2)
    for web in scene.webs:
        web.start()
    await asyncio.gather(*(web.ready() for web in scene.webs))


async def web_paused(scene: Scene) -> None:
    web = scene.web
    web.send(signal.SIGSTOP)
    await scene.lasting(1, 14)
    web.send(signal.SIGCONT)


async def redis_killed(scene: Scene) -> None:
    valkey = scene.servers.valkey
    valkey.send(signal.SIGKILL)
    await until(lambda: valkey.ended() is not None)
    await scene.lasting(0.2, 5)
    valkey.start()
    await until(valkey.ready)


async def redis_paused(scene: Scene) -> None:
    scene.servers.valkey.send(signal.SIGSTOP)
    await scene.lasting(1, 12)
    scene.servers.valkey.send(signal.SIGCONT)


async def redis_wiped(scene: Scene) -> None:
    await scene.auditor.wipe()


async def links_killed(scene: Scene) -> None:
    await scene.redis.client_kill_filter(_type="pubsub")
    await scene.lasting(0.5, 2)


async def link_to_redis_cut(scene: Scene) -> None:
    web = scene.web
    web.back.shut()
    await scene.lasting(0.5, 8)
    web.back.mend()


async def link_to_redis_held(scene: Scene) -> None:
    web = scene.web
    web.back.hold()
    await scene.lasting(1, 12)
    web.back.mend()


async def link_to_postgresql_cut(scene: Scene) -> None:
    web = scene.web
    web.store.shut()
    await scene.lasting(0.5, 8)
    web.store.mend()


async def link_to_postgresql_held(scene: Scene) -> None:
    web = scene.web
    web.store.hold()
    await scene.lasting(1, 12)
    web.store.mend()


async def readers_cut(scene: Scene) -> None:
    scene.web.front.cut(0.5)


async def readers_shut_out(scene: Scene) -> None:
    web = scene.web
    web.front.shut()
    await scene.lasting(0.5, 6)
    web.front.mend()


async def readers_held(scene: Scene) -> None:
    web = scene.web
    web.front.hold()
    await scene.lasting(1, 12)
    web.front.mend()


async def readers_half_open(scene: Scene) -> None:
    scene.web.front.half_open(0.3)


async def burst(scene: Scene) -> None:
    await scene.engine.find(int(BURST * min(1.0, scene.scale * 1.5)))


async def readers_away_for_a_burst(scene: Scene) -> None:
    """They come back to more than they are told one by one."""
    for web in scene.webs:
        web.front.shut()
    last = await scene.engine.find(BURST)
    with suppress(AssertionError):  # what nobody heard is never logged
        await until(lambda: last in scene.auditor.truth.places, BURST_SECONDS)
    for web in scene.webs:
        web.front.mend()


FAULTS: dict[Fault, int] = {
    web_killed: 4,
    web_told_to_leave: 3,
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


class Struck(NamedTuple):
    fault: str
    began: float
    ended: float


class Nemesis:
    def __init__(self, scene: Scene) -> None:
        self.struck: list[Struck] = []
        self._scene = scene

    async def strike_for(self, seconds: float) -> None:
        """One after the other, and now and then two at once."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            count = 2 if self._scene.chance.random() < 0.25 else 1
            chosen = self._scene.chance.choices(list(FAULTS), list(FAULTS.values()), k=count)
            await self.strike(*dict.fromkeys(chosen))
            await self._scene.lasting(1, 5)

    async def strike(self, *faults: Fault) -> None:
        touching_redis = [fault for fault in faults if fault.__name__.startswith(("redis", "links"))]
        once = [fault for fault in faults if fault not in touching_redis[1:]]
        # A process that is started anew needs Redis; and what is paused cannot be told to leave.
        starting = [fault for fault in once if "webs" in fault.__name__ or fault.__name__.startswith("web_")]
        await asyncio.gather(*(self._strike(fault) for fault in once if fault not in starting))
        for fault in starting:
            await self._strike(fault)

    async def _strike(self, fault: Fault) -> None:
        began = time.monotonic()
        await fault(self._scene)
        self.struck.append(Struck(fault.__name__, began, time.monotonic()))
