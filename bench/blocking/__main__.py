"""For how long each GET route blocks the event loop of a web process with many symbols.

    python -m bench.blocking [--symbols 20000] [--times 3] [--over 0]

The real application, with Valkey and PostgreSQL of its own. What is printed is CPU time between two looks of the loop
at its sockets, the longest that was seen from a request until its answer, and of a stream until a second after its
first message.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from app.accounts import bootstrap
from app.db import migrate, roles
from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import prepare, remove_sockets
from app.identity import Role
from app.server.serve import settle
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, LimitsSection, RedisSection
from app.wire.client import close, connect
from app.wire.state.newest_quotes import NewestQuotes
from bench.blocking import loop, market
from bench.blocking.requests import TOPICS, paths
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk
from tests.support.ports import free_port
from tests.support.waiting import until
from tests.support.websocket_client import WebSocketReader

STREAM_SECONDS = 1.0
BOUND_MS = 50.0
READY_SECONDS = 300.0


@contextmanager
def servers(directory: Path, symbols: int) -> Iterator[Settings]:
    places = prepare(directory, None)
    children = [Child(valkey.program(places, durable=False)), Child(postgres.program(places, durable=False))]
    try:
        for child in children:
            child.start()
        assert all(child.wait_ready(60) for child in children)
        urls = asyncio.run(_furnished(postgres.url(places), valkey.url(places), symbols))
        yield Settings(
            port=free_port(),
            data_dir=directory,
            redis=RedisSection(url=SecretStr(valkey.url(places))),
            database=DatabaseSection(url=SecretStr(urls[0]), market_url=SecretStr(urls[1]), acquire_seconds=10.0),
            limits=LimitsSection(per_user=1_000_000, per_address=1_000_000),
        )
    finally:
        for child in reversed(children):
            child.stop(5)
        remove_sockets(places)


async def _furnished(superuser: str, redis: str, symbols: int) -> tuple[str, str]:
    urls = await roles.prepare(superuser, "blocking")
    await migrate.migrate("app", urls.owner)
    await migrate.migrate("market", urls.engine)
    await market.store(urls.engine, symbols)
    client = connect(redis)
    await NewestQuotes(client).put(list(market.quotes(symbols)))
    await close(client)
    return urls.own, urls.market


class Served:
    """The application in a thread of its own, so that the work of the client is not measured."""

    def __init__(self, settings: Settings) -> None:
        self.loop, self.watched = loop.watched()
        self.desk: Any = None
        self._settings = settings
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def start(self) -> float:
        """Returns for how many milliseconds the start blocked the event loop."""
        asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(READY_SECONDS)
        return self.watched.longest * 1000

    async def _start(self) -> None:
        self.desk = Desk(self._settings)
        settle()
        await self.desk.begin()
        self.watched.reset()
        context = self.desk.context
        await until(lambda: context.is_listening() and context.seeded and context.health.database, READY_SECONDS)
        await bootstrap.create_user(context.pools.own, EMAIL, Role.ADMIN, PASSWORD)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.desk.stop(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()


class Asking:
    """Requests every route repeatedly and keeps the longest time of each."""

    def __init__(self, served: Served, times: int) -> None:
        self._served, self._times = served, times
        self.longest_ms: dict[str, tuple[float, float]] = {}
        """Milliseconds by what was asked for: the first time, when templates are read, and the longest after it."""

    async def all(self) -> None:
        desk = self._served.desk
        await desk.sign_in()
        await self._watch("(nothing)", lambda: asyncio.sleep(STREAM_SECONDS))
        async with desk.client() as client:
            for _, path in paths(desk.app):
                await self._watch(path, lambda path=path: client.get(path))
        for name, topics in TOPICS.items():
            await self._watch(f"/stream: {name}", lambda topics=topics: self._stream(topics))
            await self._watch(f"/ws/quotes: {name}", lambda topics=topics: self._socket(topics))

    async def _watch(self, what: str, ask: Callable[[], Any]) -> None:
        label = what if len(what) <= 60 else f"{what[:57]}..."
        durations = []
        for _ in range(1 + self._times):
            self._served.watched.reset()
            answer = await ask()
            durations.append(self._served.watched.longest * 1000)
            assert getattr(answer, "status_code", 200) < 500, (what, answer)
        self.longest_ms[label] = durations[0], max(durations[1:])

    async def _stream(self, topics: str) -> None:
        async with self._served.desk.stream(topics, Accept_Encoding="gzip") as reader:
            assert reader.status == 200
            await reader.message("message", within=60)
            await asyncio.sleep(STREAM_SECONDS)

    async def _socket(self, topics: str) -> None:
        desk = self._served.desk
        cookie = "; ".join(f"{name}={value}" for name, value in desk.cookies.items())
        async with WebSocketReader(desk.settings.port, f"/ws/quotes?topics={topics}", {"Cookie": cookie}) as talker:
            assert talker.status == 101
            await asyncio.wait_for(talker.text(), 60)
            await asyncio.sleep(STREAM_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--over", type=float, default=0.0, help="print what took at least so many milliseconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, servers(Path(directory), options.symbols) as settings:
        began, served = time.monotonic(), Served(settings)
        starting = served.start()
        ready = time.monotonic() - began
        print(f"{options.symbols:,} symbols; ready after {ready:.1f} s, which held it {starting:.0f} ms")
        asking = Asking(served, options.times)
        asyncio.run(asking.all())
        served.stop()
    print("   first    again")
    for what, durations in sorted(asking.longest_ms.items(), key=lambda item: (-item[1][1], -item[1][0])):
        if max(durations) >= options.over:
            print(f"{durations[0]:8.1f} {durations[1]:8.1f} ms{'  !' if max(durations) > BOUND_MS else '   '} {what}")


if __name__ == "__main__":
    main()
