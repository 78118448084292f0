"""The servers around TickStock's web process: Redis, PostgreSQL, and one account."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from app.accounts import bootstrap
from app.db import migrate, roles
from app.db.pools import Pool
from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import prepare, remove_sockets
from app.identity import Role
from bench.fanout import machine
from bench.fanout.client import Broken

EMAIL, PASSWORD = "alice@example.org", "trades on a train with one bar"
READY_SECONDS = 60.0

MANY = (
    "live.max_connections=100000",
    "live.streams_per_user=100000",
    "limits.openings_per_user=1000000",
    "limits.openings_per_address=1000000",
)
"""One person holds all streams here; otherwise each may hold a few."""


class Stay(HTTPRedirectHandler):
    """Does not follow redirects: that of a sign-in carries the cookie."""

    def redirect_request(self, *_: object) -> None:
        return None


class Desk:
    """Lasting servers, and web processes that are started on them."""

    def __init__(self, directory: Path, environment: dict[str, str], engine_url: str) -> None:
        """`engine_url`: of the market database, for its writer."""
        self.engine_url = engine_url
        self._directory = directory
        self._environment = environment
        self._cookie = ""

    @property
    def redis_url(self) -> str:
        return self._environment["REDIS_URL"]

    def web(self, port: int, log: Path, *settings: str) -> Popen[bytes]:
        command = [sys.executable, "-m", "bench.fanout.ours", str(port), str(self._directory), *MANY, *settings]
        return machine.begin(command, machine.SERVER, log, self._environment)

    def wait_until_ready(self, port: int, process: Popen[bytes]) -> None:
        until = time.monotonic() + READY_SECONDS
        while _status(Request(f"http://127.0.0.1:{port}/ready")) != 200:
            if process.poll() is not None or time.monotonic() > until:
                raise Broken("TickStock does not become ready")
            time.sleep(0.1)

    def cookie(self, port: int) -> str:
        """The cookie of a session that all web processes accept; repeated sign-ins would be rate limited."""
        if not self._cookie:
            form = urlencode({"email": EMAIL, "password": PASSWORD}).encode()
            origin = f"http://127.0.0.1:{port}"
            try:
                build_opener(Stay).open(Request(f"{origin}/login", form, {"Origin": origin}), timeout=10)
            except HTTPError as answer:
                cookies = answer.headers.get_all("Set-Cookie") or []
                self._cookie = "; ".join(each.partition(";")[0] for each in cookies)
        if not self._cookie:
            raise Broken("nobody could sign in")
        return self._cookie


@contextmanager
def desk(directory: Path) -> Iterator[Desk]:
    places = prepare(directory / "servers", None)
    children = [Child(valkey.program(places)), Child(postgres.program(places))]
    try:
        with machine.placed(machine.CLIENT):
            for child in children:
                child.start()
        if not all(child.wait_ready(30) for child in children):
            raise Broken("Redis or PostgreSQL does not start")
        urls = asyncio.run(_furnished(postgres.url(places)))
        environment = {
            **os.environ,
            "REDIS_URL": valkey.url(places),
            "DATABASE_URL": urls.own,
            "MARKET_DATABASE_URL": urls.market,
            "SECRET_KEY": secrets.token_urlsafe(48),
        }
        yield Desk(directory, environment, urls.engine)
    finally:
        for child in children:
            child.stop(5)
        remove_sockets(places)


async def _furnished(superuser_url: str) -> roles.Urls:
    urls = await roles.prepare(superuser_url)
    await migrate.migrate("app", urls.owner)
    await migrate.migrate("market", urls.engine)
    pool = Pool(urls.own, "own", 1)
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)
    await pool.close()
    return urls


def _status(request: Request) -> int:
    try:
        with build_opener().open(request, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError):
        return 0
