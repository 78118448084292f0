"""The web application on a port of its own, with one person who may come in."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from quart import Quart

from app import deps
from app.accounts import bootstrap, passwords
from app.embedded import valkey
from app.embedded.child import Child
from app.embedded.places import prepare
from app.identity import Role
from app.server.factory import create_app
from app.server.serve import listening, serve_until
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, LiveSection, RedisSection
from app.wire.channels import Channels
from app.wire.client import close, connect
from app.wire.events.event import AnyEvent
from app.wire.pubsub.publisher import Publisher
from tests.conftest import Databases
from tests.support.shared_costs import TLS
from tests.support.stream_reader import Reader
from tests.support.waiting import until

EMAIL, PASSWORD = "alice@example.org", "trades on a train with one bar"
LIGHT_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes in no time, for who only wants to come in; what a password costs is tested in tests/accounts."""


class Desk:
    """One web process, and a hand on Redis' other end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app: Quart = create_app(settings)
        self.context = deps.context_of(self.app)
        self.stop_requested = asyncio.Event()
        self.cookies: dict[str, str] = {}
        assert settings.redis.url
        self.redis = connect(settings.redis.url.get_secret_value())
        self._publisher = Publisher(self.redis, Channels())
        self._serving: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        listener, serving = listening(self.settings.host, self.settings.port), asyncio.Event()
        self._serving = asyncio.create_task(serve_until(self.app, listener, self.stop_requested, serving.set))
        await asyncio.wait_for(serving.wait(), 30)

    async def start(self) -> None:
        await self.begin()
        await until(lambda: self.context.is_listening() and self.context.seeded and self.context.health.database, 30)

    async def stop(self) -> None:
        self.stop_requested.set()
        if self._serving:
            await asyncio.wait_for(self._serving, 30)
        await close(self.redis)

    async def publish(self, event: AnyEvent) -> None:
        assert await self._publisher.publish(event) >= 1

    async def enter(self) -> None:
        await bootstrap.create_user(self.context.pools.own, EMAIL, Role.USER, PASSWORD)
        await self.sign_in()

    async def sign_in(self) -> None:
        async with self.client() as client:
            answer = await client.post("/login", data={"email": EMAIL, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self.cookies = dict(client.cookies)

    def client(self) -> httpx.AsyncClient:
        base = f"http://127.0.0.1:{self.settings.port}"
        own = {"Origin": base}
        return httpx.AsyncClient(
            base_url=base, cookies=self.cookies, trust_env=False, verify=TLS, timeout=30, headers=own
        )

    def stream(self, topics: str, cursor: str = "", **headers: str) -> Reader:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        path = f"/stream?topics={topics}" + (f"&cursor={cursor}" if cursor else "")
        header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reader(self.settings.port, path, {"Cookie": cookie, **header_fields})


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Desk]:
    """A desk that serves, with one person signed in."""
    desk = Desk(settings)
    try:
        await desk.start()
        await desk.enter()
        yield desk
    finally:
        await desk.stop()


class Own:
    """A Valkey that may come to harm."""

    def __init__(self, data: Path) -> None:
        self._places = prepare(data, None)
        self._child = Child(valkey.program(self._places))
        self.url = valkey.url(self._places)

    def start(self) -> None:
        self._child.start()
        assert self._child.wait_ready(30)

    def kill(self) -> None:
        assert self._child.process
        self._child.process.kill()
        self._child.process.wait(5)

    def send(self, number: signal.Signals) -> None:
        self._child.send(number)

    def stop(self) -> None:
        """In good order: it writes down what it has."""
        self._child.stop(5)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._places.sockets)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    server = Own(tmp_path / "own")
    yield server
    server.remove()


@pytest.fixture(params=["auto", "plain"])
def transport(request: pytest.FixtureRequest) -> Literal["auto", "plain"]:
    """Every test of the streams goes both ways."""
    setting: Literal["auto", "plain"] = request.param
    return setting


@pytest.fixture
def settings(
    redis_url: str,
    databases: Databases,
    port: int,
    tmp_path: Path,
    transport: Literal["auto", "plain"],
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    monkeypatch.setattr(passwords, "_hasher", LIGHT_HASHER)
    return Settings(
        port=port,
        data_dir=tmp_path,
        redis=RedisSection(url=SecretStr(redis_url)),
        database=DatabaseSection(
            url=SecretStr(databases.own), market_url=SecretStr(databases.market), acquire_seconds=10.0
        ),
        live=LiveSection(frame_seconds=0.05, beat_seconds=0.2, transport=transport),
    )


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    async with serving(settings) as served:
        yield served


@pytest.fixture
async def impatient(settings: Settings) -> AsyncIterator[Desk]:
    """Cuts off at once who takes nothing; how fast a test reads must not matter to the others."""
    live = settings.live.model_copy(update={"stalled_seconds": 0.5})
    async with serving(settings.model_copy(update={"live": live})) as served:
        yield served
