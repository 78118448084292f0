"""Servers with lasting data, a database for each size, and the desk's processes as operators start them."""

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import asyncpg

from app.accounts import bootstrap
from app.db import migrate, roles
from app.db.pools import Pool
from app.embedded import postgres, valkey
from app.embedded.child import Child, Program
from app.embedded.places import prepare, remove_sockets
from app.identity import Role
from app.wire.client import close, connect
from app.wire.state.newest_quotes import NewestQuotes
from bench.fanout import machine
from bench.fanout.visit import free_port
from bench.scale import data

ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "alice@example.org", "trades on a train with one bar"
READY_SECONDS = 120.0


class Database(NamedTuple):
    """`detections` is the number of stored patterns."""

    name: str
    detections: int


SMALL, LARGE = Database("scale_200k", 200_000), Database("scale_2m", 2_000_000)


class Servers:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._places = prepare(directory / "servers", None)
        self.valkey = Child(valkey.program(self._places))
        self.postgres = Child(postgres.program(self._places))
        self._secret = secrets.token_urlsafe(48)
        self._urls: dict[str, roles.Urls] = {}

    def open(self) -> None:
        for child in (self.valkey, self.postgres):
            child.start()
        if not all(child.wait_ready(READY_SECONDS) for child in (self.valkey, self.postgres)):
            raise SystemExit("Valkey or PostgreSQL does not start")

    def close(self) -> None:
        for child in (self.valkey, self.postgres):
            child.stop(30)
        remove_sockets(self._places)

    @property
    def redis_url(self) -> str:
        return valkey.url(self._places)

    @property
    def superuser_url(self) -> str:
        return postgres.url(self._places)

    def urls(self, database: str) -> roles.Urls:
        return self._urls[database]

    async def furnish(self, database: Database) -> float:
        """Migrates and fills the database; returns the seconds that filling took."""
        urls = await self._prepared(database.name)
        return await data.fill(urls.engine, database.detections)

    async def empty(self, database: str) -> None:
        """Creates a database with both schemas and no rows."""
        await self.drop(database)
        await self._prepared(database)

    async def copy(self, original: Database, database: str) -> None:
        """Copies a database; the original stays unchanged."""
        await self.drop(database)
        link = await asyncpg.connect(self.superuser_url)
        try:
            await link.execute(f'create database "{database}" template "{original.name}"')
        finally:
            await link.close()
        await self._prepared(database)

    async def drop(self, database: str) -> None:
        link = await asyncpg.connect(self.superuser_url)
        try:
            await link.execute(f'drop database if exists "{database}" with (force)')
        finally:
            await link.close()

    async def quotes(self) -> None:
        """Stores a newest quote of every symbol in an empty Redis."""
        client = connect(self.redis_url)
        await client.flushall()
        await NewestQuotes(client).put(list(data.quotes()))
        await close(client)

    async def flush(self) -> None:
        client = connect(self.redis_url)
        await client.flushall()
        await close(client)

    async def _prepared(self, database: str) -> roles.Urls:
        urls = self._urls[database] = await roles.prepare(self.superuser_url, database)
        await migrate.migrate("app", urls.owner)
        await migrate.migrate("market", urls.engine)
        pool = Pool(urls.own, "scale", 1)
        async with pool.acquire() as connection:
            there = await connection.fetchval("select count(*) from app.users")
        if not there:
            await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
        await pool.close()
        return urls

    def program(self, name: str, database: str, **settings: str) -> Child:
        """Starts the `tickstock` command `name`; settings are environment variables."""
        argv = (sys.executable, "-m", "app.cli", name)
        env = {**self.environment(database), **settings}
        return Child(Program(name=name, argv=argv, env=env, cwd=ROOT, log=self._directory / f"{name}.log"))

    def environment(self, database: str) -> dict[str, str]:
        """The environment of a process that works on this database."""
        urls, place = self._urls[database], self._directory / "data"
        place.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(place),
            "SECRET_KEY": self._secret,
            "REDIS_URL": self.redis_url,
            "DATABASE_URL": urls.own,
            "MARKET_DATABASE_URL": urls.market,
            "TICKSTOCK_ENGINE_DATABASE_URL": urls.engine,
            "TICKSTOCK_INGEST_PROVIDER": "synthetic",
            "TICKSTOCK_REPLAY_HISTORY_UNTIL": "1990-01-01",
            "ENGINE": "on",
            "INGEST": "on",
        }

    @contextmanager
    def running(self, name: str, database: str, **settings: str) -> Iterator[Child]:
        child = self.program(name, database, **settings)
        child.start()
        try:
            if not child.wait_ready(READY_SECONDS):
                raise SystemExit(f"{name} does not start: {self.log(name)[-2000:]}")
            yield child
        finally:
            child.stop(20)

    @contextmanager
    def web(self, database: str, **settings: str) -> Iterator["Web"]:
        port = free_port()
        unlimited = {f"TICKSTOCK_LIMITS_PER_{who}": "1000000" for who in ("USER", "ADDRESS", "TOKEN")}
        with self.running("web", database, PORT=str(port), **unlimited, **settings) as child:
            web = Web(port, child)
            web.wait_ready()
            web.sign_in()
            yield web

    def log(self, name: str) -> str:
        return (self._directory / f"{name}.log").read_text(errors="replace")


class Web:
    def __init__(self, port: int, child: Child) -> None:
        self.port, self.child = port, child
        self.cookie = ""

    def wait_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while self.status("/ready") != 200:
            if time.monotonic() > until:
                raise SystemExit("the web process does not become ready")
            time.sleep(0.02)

    def status(self, path: str) -> int:
        link = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request("GET", path)
            return link.getresponse().status
        except OSError:
            return 0
        finally:
            link.close()

    def sign_in(self) -> None:
        link = HTTPConnection("127.0.0.1", self.port, timeout=30)
        form = urlencode({"email": EMAIL, "password": PASSWORD})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
        link.request("POST", "/login", form, kind)
        answer = link.getresponse()
        cookies = answer.headers.get_all("Set-Cookie") or []
        self.cookie = "; ".join(each.partition(";")[0] for each in cookies)
        link.close()
        if answer.status != 303 or not self.cookie:
            raise SystemExit(f"nobody can sign in: {answer.status}")


class Usage(NamedTuple):
    """Cores used by a process and its children between two readings, and megabytes of memory at the second."""

    cores: float
    megabytes: float


class Meter:
    """Measures the use of several processes from its creation on."""

    def __init__(self, **processes: Child) -> None:
        self._pids = {name: child.pid for name, child in processes.items() if child.pid}
        self._at, self._spent = time.monotonic(), self._cpu()

    def read(self) -> dict[str, Usage]:
        elapsed, spent = time.monotonic() - self._at, self._cpu()
        return {
            name: Usage((spent[name] - self._spent[name]) / elapsed, machine.resident(pid) / 2**20)
            for name, pid in self._pids.items()
        }

    def _cpu(self) -> dict[str, float]:
        return {name: machine.cpu_seconds(pid) for name, pid in self._pids.items()}


@contextmanager
def serving(directory: Path) -> Iterator[Servers]:
    """Runs the servers in a lasting directory, so that the data is generated once."""
    directory.mkdir(parents=True, exist_ok=True)
    started = Servers(directory)
    started.open()
    try:
        yield started
    finally:
        started.close()
