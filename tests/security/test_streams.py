"""A stream of a whole desk: its headers, and what in Redis neither ends nor blocks it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import httpx
import pytest

from app.quotes.topics import quotes_topic
from app.settings.load import Settings
from app.settings.sections import AccountsSection
from app.wire.breaker import REQUEST_SECONDS, REST_SECONDS
from app.wire.channels import Channels
from app.wire.client import MAX_CONNECTIONS
from tests.api.conftest import new_token
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk, Own, desk, own, settings
from tests.support.stream_events import tick
from tests.support.stream_faults import on
from tests.support.waiting import loop_clock, until

__all__ = ["desk", "own", "settings"]

APPLE = quotes_topic("AAPL")
MORE_THAN_CONNECTIONS = MAX_CONNECTIONS + 10
IN_TIME, ALIVE_SECONDS = 1.5, 0.25
API = tuple(
    f"/api/v1/{path}" for path in ("quotes", "quotes/AAPL", "bars/AAPL", "patterns", "indicators/AAPL", "market", "me")
)
PAGES = ("/", "/s/AAPL", "/patterns", "/account", "/account/tokens", "/admin/wire", "/stream?topics=status")
FORMS = {
    "/login": {"email": EMAIL, "password": PASSWORD},
    "/register": {"email": "bob@example.org", "password": PASSWORD},
    "/invite/none": {"password": PASSWORD},
    "/reset/none": {"password": PASSWORD},
    "/welcome/none": {"email": EMAIL, "password": PASSWORD},
    "/account/password": {"current": PASSWORD, "new": PASSWORD + "s", "again": PASSWORD + "s"},
    "/account/tokens?": {"name": "cron", "scope": "read", "days": "30"},
    "/account/totp": {"password": PASSWORD},
    "/account/confirm": {"password": PASSWORD},
    "/account/sessions": {"session": "others"},
    "/account/streams": {},
    "/account/stay": {},
    "/logout": {},
}
"""By their addresses, with what a person types."""
DEADLY = (b'{"symbol":"\\ud800","price":1}', b'{"symbol":"AAPL\\u0000","price":1}', b'"\\ud800"', b"\xed\xa0\x80")


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_stream_is_neither_cached_nor_buffered_by_a_proxy(desk: Desk, coding: str) -> None:
    async with desk.stream(f"{APPLE},status", Accept_Encoding=coding) as reader:
        assert await reader.message("message")
        fields = reader.headers

    assert reader.status == 200
    assert fields["content-type"] == "text/event-stream; charset=utf-8"
    assert fields["cache-control"] == "no-store"
    assert fields["x-accel-buffering"] == "no"
    assert fields.get("content-encoding", "identity") == coding
    assert "content-length" not in fields
    assert "access-control-allow-origin" not in fields


async def test_no_message_on_any_channel_ends_a_stream(desk: Desk) -> None:
    channels = Channels(**desk.context.settings.channels())
    async with desk.stream(f"{APPLE},patterns,status") as reader:
        await reader.message("message")
        for channel in channels:
            for payload in DEADLY:
                assert await desk.redis.publish(channel, payload) >= 1, channel
        await desk.publish(tick(price=700.5))

        assert await reader.containing("700.5")
        assert {message.event for message in reader.messages} <= {"hello", "message", "beat"}


async def test_while_redis_hangs_routes_that_need_it_answer_503_in_time(own: Own, settings: Settings) -> None:
    own.start()
    desk = Desk(on(own, settings))
    await desk.start()
    await desk.enter()
    async with desk.client() as client, desk.client() as anonymous, loop_clock() as clock:
        anonymous.cookies.clear()
        assert (await client.get("/ready")).status_code == 200

        async def request_together() -> tuple[set[int], float]:
            answers = await asyncio.gather(
                *(status_and_seconds(clock, client.get("/symbols")) for _ in range(MORE_THAN_CONNECTIONS))
            )
            return {code for code, _ in answers}, max(seconds for _, seconds in answers)

        codes, usual_seconds = await request_together()
        assert codes == {200}
        own.send(signal.SIGSTOP)
        codes, seconds = await request_together()
        assert codes == {503}
        assert seconds < IN_TIME + usual_seconds
        await wait_for_idle()
        enters = anonymous.post("/login", data={"email": EMAIL, "password": PASSWORD})
        for request in (enters, client.get("/"), client.get("/stream?topics=status"), client.get("/account")):
            code, seconds = await status_and_seconds(clock, request)
            assert code == 503
            assert seconds < IN_TIME
        await until(lambda: not desk.context.health.redis, 15)
        assert (await client.get("/ready")).status_code == 503
        code, seconds = await status_and_seconds(clock, client.get("/health"))
        assert code == 200
        assert seconds < ALIVE_SECONDS
        own.send(signal.SIGCONT)

        async with asyncio.timeout(20):  # what broke meanwhile ails until it is begun again
            while (await client.get("/ready")).status_code != 200:
                await asyncio.sleep(0.05)
            while (await client.get("/symbols")).status_code != 200:
                await asyncio.sleep(0.05)
    await desk.stop()


async def test_when_redis_starts_to_hang_every_route_answers_in_time(own: Own, settings: Settings) -> None:
    """All at once, before anything has noticed. A program's token is kept in the database, and what it reads too."""
    own.start()
    desk = Desk(on(own, settings.model_copy(update={"accounts": AccountsSection(registration=True)})))
    await desk.start()
    await desk.enter()
    async with desk.client() as client, desk.client() as program, loop_clock() as clock:
        program.cookies.clear()
        program.headers["Authorization"] = f"Bearer {await new_token(client)}"

        async def all_of_them() -> tuple[dict[str, int], float]:
            """The status of each that is asked with a session, and the longest wait of all."""
            looks = [status_and_seconds(clock, client.get(path)) for path in (*PAGES, *API)]
            forms = [status_and_seconds(clock, client.post(path, data=fields)) for path, fields in FORMS.items()]
            reads = [status_and_seconds(clock, program.get(path)) for path in API]
            answers = await asyncio.gather(*looks, *forms, *reads)
            codes = {path: code for path, (code, _) in zip((*PAGES, *API, *FORMS), answers, strict=False)}
            assert {code for code, _ in answers[-len(reads) :]} <= {200, 404}
            return codes, max(seconds for _, seconds in answers)

        own.send(signal.SIGSTOP)
        try:
            codes, seconds = await all_of_them()
        finally:
            own.send(signal.SIGCONT)

    await desk.stop()
    assert {path for path, code in codes.items() if code != 503} == set()
    assert seconds < IN_TIME


async def status_and_seconds(clock: Callable[[], float], request: Awaitable[httpx.Response]) -> tuple[int, float]:
    """The status, and the seconds until it came."""
    began = clock()
    return (await request).status_code, clock() - began


async def wait_for_idle() -> None:
    """Until the next command is one that waits."""
    await asyncio.sleep(REST_SECONDS + REQUEST_SECONDS)
