"""Who is signed out in one web process is out in the others: pages at once, streams within five seconds."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
import pytest

from app.pipeline import admission
from app.settings.load import Settings
from app.settings.sections import LiveSection
from tests.accounts.conftest import IN_TIME
from tests.ports import free_port
from tests.stream.conftest import EMAIL, PASSWORD, Desk, settings
from tests.stream.reader import Reader
from tests.stream.test_leaving import process, ready

__all__ = ["settings"]

NEW = "another train with two bars"
STREAMS_WITHIN = 5.0
PATIENCE = 20.0
"""For a machine that has more to do than this. That the bound holds is a sum, which is tested as one."""


class Processes(NamedTuple):
    here: Desk
    there: int
    """The port of the other one."""

    def browser(self, port: int, cookies: dict[str, str] | None = None) -> httpx.AsyncClient:
        """Says where it comes from as the application expects it, whichever process it asks."""
        own = f"http://127.0.0.1:{self.here.settings.port}"
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            trust_env=False,
            timeout=30,
            headers={"Origin": own, "Accept": "text/html"},
            cookies=cookies,
        )

    async def signed_in(self, port: int, password: str = PASSWORD) -> dict[str, str]:
        async with self.browser(port) as browser:
            answer = await browser.post("/login", data={"email": EMAIL, "password": password})
            assert answer.status_code == 303
            return dict(browser.cookies)

    async def status(self, port: int, cookies: dict[str, str]) -> int:
        async with self.browser(port, cookies) as browser:
            return (await browser.get("/account")).status_code

    def stream(self, cookies: dict[str, str]) -> Reader:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return Reader(self.there, "/stream?topics=patterns,status", {"Cookie": cookie})


@pytest.fixture
async def both(settings: Settings) -> AsyncIterator[Processes]:
    database = settings.database.model_copy(update={"acquire_seconds": IN_TIME})
    settings = settings.model_copy(update={"database": database})
    here, there = Desk(settings), free_port()
    await here.start()
    await here.enter()
    other = settings.model_copy(update={"port": there})
    environ = {"SECRET_KEY": settings.secret_key.get_secret_value(), "PUBLIC_URL": f"http://127.0.0.1:{settings.port}"}
    async with process(other, TICKSTOCK_DATABASE_ACQUIRE_SECONDS=str(IN_TIME), **environ):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{there}", trust_env=False, timeout=30) as client:
            async with asyncio.timeout(60):
                while not await ready(client):
                    await asyncio.sleep(0.05)
        yield Processes(here, there)
    await here.stop()


async def last_message(reader: Reader) -> str:
    return (await reader.end(PATIENCE))[-1].event


def test_the_longest_pause_between_two_looks_and_the_longest_look_are_within_the_bound() -> None:
    assert LiveSection().admit_seconds + admission.WITHIN_SECONDS < STREAMS_WITHIN


async def test_signing_out_the_others_reaches_the_other_process(both: Processes) -> None:
    own, other = both.here.cookies, await both.signed_in(both.there)
    assert await both.status(both.there, own) == await both.status(both.there, other) == 200

    async with both.stream(other) as reader, both.stream(own) as own_stream, both.here.client() as browser:
        await reader.message("message")
        await own_stream.message("message")
        assert (await browser.post("/account/sessions", data={"session": "others"})).status_code == 303

        assert await both.status(both.there, other) == 303
        assert await last_message(reader) == "session-ended"
        assert await both.status(both.there, own) == 200
        with pytest.raises(TimeoutError):
            await own_stream.end(within=1)


async def test_one_session_is_signed_out_from_the_other_process(both: Processes) -> None:
    first, second = both.here.cookies, await both.signed_in(both.there)
    async with both.browser(both.there, second) as browser:
        page = await browser.get("/account")
        listed = re.findall(r'name="session" value="([0-9a-f]{64})"', page.text)
        assert len(listed) == 1
        assert (await browser.post("/account/sessions", data={"session": listed[0]})).status_code == 303

    assert await both.status(both.here.settings.port, first) == 303
    assert await both.status(both.here.settings.port, second) == 200


async def test_a_new_password_is_one_everywhere(both: Processes) -> None:
    here, there = both.here.settings.port, both.there
    other = await both.signed_in(there)
    assert await both.status(there, other) == 200

    async with both.stream(other) as reader, both.here.client() as browser:
        await reader.message("message")
        sent = {"current": PASSWORD, "new": NEW, "again": NEW}
        changed = await browser.post("/account/password", data=sent)
        assert changed.status_code == 303
        renewed = dict(changed.cookies)

        assert [await both.status(port, other) for port in (here, there)] == [303, 303]
        assert [await both.status(port, both.here.cookies) for port in (here, there)] == [303, 303]
        assert [await both.status(port, renewed) for port in (there, here)] == [200, 200]
        assert await last_message(reader) == "session-ended"

    async with both.browser(there) as browser:
        assert (await browser.post("/login", data={"email": EMAIL, "password": PASSWORD})).status_code == 422
    assert await both.status(here, await both.signed_in(there, NEW)) == 200


async def test_what_only_the_database_knows_ends_pages_and_streams_as_well(both: Processes) -> None:
    other = await both.signed_in(both.there)
    assert await both.status(both.there, other) == 200

    async with both.stream(other) as reader:
        await reader.message("message")
        async with both.here.context.pools.own.acquire() as connection:
            await connection.execute("update app.users set session_epoch = session_epoch + 1")

        assert await last_message(reader) == "session-ended"
        assert await both.status(both.there, other) == 303
