"""The processes under test: Valkey, PostgreSQL, several web processes, and TCP proxies between them."""

import asyncio
import os
import random
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx

from app.accounts import bootstrap
from app.db.pools import Pool
from app.embedded.child import Child, Program
from app.identity import Role
from bench.checker.browser import User
from bench.checker.tcp_proxy import Pair, TcpProxy

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "trades on a train with one bar"
READY_SECONDS = 40.0
BEAT_SECONDS = 1.0


class Servers(NamedTuple):
    """`redis_socket` is the path of Valkey's socket; the databases have their schemas."""

    valkey: Child
    redis_socket: str
    own: str
    market: str
    engine: str


class WebProcess:
    """One web process; browsers reach it through the proxy `front`, and it reaches Redis and PostgreSQL through
    `back` and `store`."""

    def __init__(self, name: str, port: int, servers: Servers, data: Path, secret: str, chance: random.Random) -> None:
        self.name, self.port = name, port
        self.http_proxy = TcpProxy(self._reach, chance)
        self.redis_proxy = TcpProxy(lambda: asyncio.open_unix_connection(servers.redis_socket), chance)
        self.postgres_proxy = TcpProxy(lambda: asyncio.open_unix_connection(_socket(servers.own)), chance)
        self._servers, self._data, self._secret = servers, data, secret
        self._child: Child | None = None

    async def open(self) -> None:
        for proxy in (self.http_proxy, self.redis_proxy, self.postgres_proxy):
            await proxy.open()
        self._child = Child(self._program())
        self._child.start()

    async def ready(self) -> None:
        assert self._child
        async with asyncio.timeout(READY_SECONDS):
            while not self._child.ready() or not await self._answers():
                assert self._child.ended() is None, self._last_words()
                await asyncio.sleep(0.1)

    def _last_words(self) -> str:
        return f"{self.name} ended: {(self._data / f'{self.name}.log').read_text()[-2000:]}"

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        assert self._child
        self._child.send(number)
        await until(lambda: self._child is not None and self._child.ended() is not None)

    def send(self, number: signal.Signals) -> None:
        assert self._child
        self._child.send(number)

    def start(self) -> None:
        assert self._child
        self._child.start()

    async def close(self) -> None:
        for proxy in (self.http_proxy, self.redis_proxy, self.postgres_proxy):
            await proxy.close()
        if self._child:
            self._child.send(signal.SIGCONT)
            await asyncio.to_thread(self._child.stop, 6)

    async def _reach(self) -> Pair:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def _through(self, url: str) -> str:
        parts = urlsplit(url)
        return f"postgresql://{parts.username}@127.0.0.1:{self.postgres_proxy.port}{parts.path}"

    async def _answers(self) -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/ready", timeout=2)).status_code == 200
            except httpx.TransportError:
                return False

    def _program(self) -> Program:
        places = self._data / self.name
        places.mkdir()
        env = {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "DATA_DIR": str(places),
            "SECRET_KEY": self._secret,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_proxy.port}",
            "DATABASE_URL": self._through(self._servers.own),
            "MARKET_DATABASE_URL": self._through(self._servers.market),
            "TICKSTOCK_LIVE_BEAT_SECONDS": str(BEAT_SECONDS),
            "ENGINE": "off",
            "INGEST": "off",
        }
        argv = (sys.executable, "-m", "app.cli", "web")
        return Program(name=self.name, argv=argv, env=env, cwd=ROOT, log=self._data / f"{self.name}.log")


def ports(count: int) -> list[int]:
    """Free ports outside the range from which the system takes ports of connections."""
    numbers: list[int] = []
    while len(numbers) < count:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            numbers.append(free.getsockname()[1])
    return numbers


def _socket(url: str) -> str:
    """The path of PostgreSQL's socket, from the directory in its address."""
    return f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"


async def until(holds: Callable[[], object], seconds: float = READY_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def webs(
    servers: Servers, ports: list[int], data: Path, chance: random.Random
) -> AsyncIterator[list[WebProcess]]:
    secret = secrets.token_urlsafe(48)
    processes = [WebProcess(f"web{n}", port, servers, data, secret, chance) for n, port in enumerate(ports, 1)]
    try:
        for web in processes:
            await web.open()
        for web in processes:
            await web.ready()
        yield processes
    finally:
        for web in processes:
            await web.close()


async def users(servers: Servers, web_processes: list[WebProcess], count: int) -> list[User]:
    pool = Pool(servers.own, "checker", 1)
    names = [f"reader{number}@example.org" for number in range(count)]
    for name in names:
        await bootstrap.create_user(pool, name, Role.USER, PASSWORD)
    await pool.close()
    return [User(_SignIn(name, f"127.0.1.{number + 1}", web_processes)) for number, name in enumerate(names)]


class _SignIn:
    """Signs in through the form, each time from another address because attempts are limited by address."""

    def __init__(self, email: str, address: str, web_processes: list[WebProcess]) -> None:
        self._email, self._address, self._webs = email, address, web_processes

    async def __call__(self) -> str:
        form = {"email": self._email, "password": PASSWORD}
        while True:
            for web in random.sample(self._webs, len(self._webs)):
                transport = httpx.AsyncHTTPTransport(local_address=self._address)
                async with httpx.AsyncClient(transport=transport, timeout=5) as client:
                    try:
                        answer = await client.post(f"http://127.0.0.1:{web.port}/login", data=form)
                    except httpx.TransportError:
                        continue
                    if answer.status_code == 303:
                        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            await asyncio.sleep(0.5)
