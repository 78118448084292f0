"""A database with both schemas and the three roles, and a PostgreSQL server that tests may kill."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from app.db import roles
from app.db.pools import Pool
from app.db.roles import Urls
from app.embedded import postgres
from app.embedded.child import Child
from app.embedded.places import prepare


@pytest.fixture
async def urls(database_url: str) -> Urls:
    """The addresses of a database with roles and grants and without tables."""
    return await roles.prepare(database_url, name_of(database_url))


@pytest.fixture
async def superuser(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    link = await asyncpg.connect(database_url)
    yield link
    await link.close()


class Server(NamedTuple):
    child: Child
    url: str

    def kill(self) -> None:
        assert self.child.process
        self.child.process.kill()
        self.child.process.wait(5)

    def start(self) -> None:
        self.child.start()
        assert self.child.wait_ready(20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    places = prepare(tmp_path, None)
    own = Server(Child(postgres.program(places, durable=False)), postgres.url(places))
    own.start()
    yield own
    own.child.stop(5)
    shutil.rmtree(places.sockets)


@pytest.fixture
async def pool(urls: Urls) -> AsyncIterator[Pool]:
    own_pool = Pool(urls.own, "test", 2)
    yield own_pool
    await own_pool.close()


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
