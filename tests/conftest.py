"""Real servers for all tests: one Valkey and one PostgreSQL a session, emptied or copied afresh for each test."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from redis.asyncio import Redis

from app.db import migrate, roles
from app.embedded import postgres, valkey
from app.embedded.child import Child, Program
from app.embedded.places import Places, prepare, remove_sockets
from app.wire.client import close, connect
from tests.support.databases import Databases
from tests.support.folders import fast_folder, new_folder
from tests.support.ports import free_port
from tests.support.shared_costs import pytest_collection, share_url_builders

# The same examples at every run, however long a slow machine takes to make and to try one.
hypothesis.settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")
share_url_builders()

__all__ = ["new_folder", "pytest_collection"]
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
numbers = count(1)
LONG_JOURNEYS = {"test_faults.py", "test_pipe.py", "test_accessible_states.py", "test_firefox.py"}
"""They are begun before the others: a worker that begins one last goes on alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: their browser keeps an event loop running in this thread, beside which no other can."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        journey = "journeys" in item.path.parts
        return journey, journey and item.path.name not in LONG_JOURNEYS

    items.sort(key=place)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no browser on this machine")


@pytest.fixture(scope="session")
def places() -> Iterator[Places]:
    with fast_folder() as folder:
        prepared = prepare(folder, None)
        yield prepared
        remove_sockets(prepared)


def serving(program: Program) -> Iterator[Child]:
    child = Child(program)
    child.start()
    assert child.wait_ready(30), f"{program.name} does not start: {program.log}"
    yield child
    child.stop(5)


@pytest.fixture(scope="session")
def valkey_server(places: Places) -> Iterator[Child]:
    yield from serving(valkey.program(places, durable=False))


@pytest.fixture(scope="session")
def postgres_server(places: Places) -> Iterator[Child]:
    yield from serving(postgres.program(places, durable=False))


@pytest.fixture
async def redis_url(places: Places, valkey_server: Child) -> AsyncIterator[str]:
    client = Redis.from_url(valkey.url(places))
    await client.flushall()
    yield valkey.url(places)
    await client.aclose()


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    link = connect(redis_url)
    yield link
    await close(link)


async def copied(places: Places, template: str) -> AsyncIterator[str]:
    """The name of a fresh copy of a database."""
    name = f"test_{os.getpid()}_{next(numbers)}"
    link = await asyncpg.connect(postgres.url(places))
    await link.execute(f"create database {name} template {template} strategy file_copy")
    yield name
    await link.execute(f"drop database {name} with (force)")
    await link.close()


@pytest.fixture
async def database_url(places: Places, postgres_server: Child) -> AsyncIterator[str]:
    """The superuser's address of an empty database."""
    async for name in copied(places, "template1"):
        yield postgres.url(places, name)


@pytest.fixture(scope="session")
def furnished(places: Places, postgres_server: Child) -> str:
    """The name of a database with both schemas and all roles, to be copied."""

    async def furnish() -> None:
        urls = await roles.prepare(postgres.url(places), "furnished")
        await migrate.migrate("app", urls.owner)
        await migrate.migrate("market", urls.engine)

    asyncio.run(furnish())
    return "furnished"


@pytest.fixture
async def databases(places: Places, furnished: str) -> AsyncIterator[Databases]:
    async for name in copied(places, furnished):
        yield Databases.of(places, name)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def transport() -> str:
    """The setting live.transport where it does not matter."""
    return "auto"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    assert CHROMIUM, "tests that use it are marked `browser`"
    return CHROMIUM


@pytest.fixture(scope="session")
def browser_path(chromium_path: str) -> str:
    """The same engine without a window around it, where that is installed: it opens a page in a third of the time."""
    return next((path for path in ("/usr/bin/chromium-headless-shell",) if Path(path).exists()), chromium_path)
