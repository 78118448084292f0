"""A sign-out in one web process takes effect in the others: pages at once, streams within five seconds."""

import re

import pytest

from app.pipeline import admission
from app.settings.sections import LiveSection
from tests.pipeline.conftest import EMAIL, PASSWORD, settings
from tests.support.stream_reader import Reader
from tests.support.two_processes import Processes, both

__all__ = ["both", "settings"]

NEW = "another train with two bars"
STREAMS_WITHIN = 5.0
PATIENCE = 20.0
"""For a machine that has more to do than this. That the bound holds is a sum, which is tested as one."""


async def last_message(reader: Reader) -> str:
    return (await reader.end(PATIENCE))[-1].event


def test_the_longest_interval_and_duration_of_a_session_check_are_within_the_bound() -> None:
    assert LiveSection().admit_seconds + admission.WITHIN_SECONDS < STREAMS_WITHIN


async def test_signing_out_other_sessions_reaches_the_other_process(both: Processes) -> None:
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


async def test_ending_one_session_reaches_the_other_process(both: Processes) -> None:
    first, second = both.here.cookies, await both.signed_in(both.there)
    async with both.browser(both.there, second) as browser:
        page = await browser.get("/account")
        listed = re.findall(r'name="session" value="([0-9a-f]{64})"', page.text)
        assert len(listed) == 1
        assert (await browser.post("/account/sessions", data={"session": listed[0]})).status_code == 303

    assert await both.status(both.here.settings.port, first) == 303
    assert await both.status(both.here.settings.port, second) == 200


async def test_a_password_change_ends_other_sessions_in_every_process(both: Processes) -> None:
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


async def test_an_account_changed_in_the_database_alone_ends_pages_and_streams(both: Processes) -> None:
    other = await both.signed_in(both.there)
    assert await both.status(both.there, other) == 200

    async with both.stream(other) as reader:
        await reader.message("message")
        async with both.here.context.pools.own.acquire() as connection:
            await connection.execute("update app.users set session_epoch = session_epoch + 1")

        assert await last_message(reader) == "session-ended"
        assert await both.status(both.there, other) == 303
