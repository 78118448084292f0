"""Pings keep a connection open, beside the content and never in the middle of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from quart_sse import EventSourceResponse, ServerSentEvent
from quart_sse.tests.asgi import Exchange, Message
from quart_sse.tests.whatwg import parse


async def test_silence_brings_pings_and_loses_nothing() -> None:
    enough = asyncio.Event()
    pings: list[int] = []

    def ping() -> ServerSentEvent:
        pings.append(len(pings))
        if len(pings) == 3:
            enough.set()
        return ServerSentEvent(comment="still here")

    async def slow() -> AsyncIterator[str]:
        await enough.wait()
        yield "at last"

    exchange = Exchange(lambda: EventSourceResponse(slow(), ping=0.01, ping_message_factory=ping))
    await exchange.run()

    assert exchange.text.startswith(": still here\n\n" * 3)
    assert exchange.text.count("still here") == len(pings)
    assert [message.data for message in parse(exchange.text).messages] == ["at last"]


@pytest.mark.parametrize("sep", ["\n", "\r\n", "\r"])
async def test_pings_come_while_there_is_traffic_too(sep: str) -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(6):
            await asyncio.sleep(0.02)
            yield number

    exchange = Exchange(lambda: EventSourceResponse(numbers(), ping=0.04, sep=sep))
    await exchange.run()

    assert exchange.text.count(": ping - ") >= 2
    assert all(f"{sep}{sep}" in block for block in exchange.text.split(": ping - ")[1:])
    assert [message.data for message in parse(exchange.text + ":\n").messages] == list("012345")


async def test_a_slow_reader_gets_content_however_often_pings_are_due() -> None:
    async def letters() -> AsyncIterator[str]:
        """Ready at once: an iterator that is no asynchronous one waits for a thread, and pings come meanwhile."""
        for letter in "abcde":
            yield letter

    exchange = Exchange(lambda: EventSourceResponse(letters(), ping=0.001), send=lambda _: asyncio.sleep(0.005))
    await exchange.run()

    assert [message.data for message in parse(exchange.text).messages] == list("abcde")
    assert exchange.text.count("ping") <= 6


async def test_one_thing_is_sent_at_a_time() -> None:
    sending = asyncio.Lock()

    async def send(message: Message) -> None:
        assert not sending.locked()
        async with sending:
            await asyncio.sleep(0.01)

    async def numbers() -> AsyncIterator[int]:
        for number in range(4):
            await asyncio.sleep(0.006)
            yield number

    exchange = Exchange(lambda: EventSourceResponse(numbers(), ping=0.005), send=send)
    await exchange.run()

    assert "ping" in exchange.text
    assert exchange.complete


async def test_no_interval_is_no_ping() -> None:
    async def quiet() -> AsyncIterator[str]:
        await asyncio.sleep(0.03)
        yield "a"

    exchange = Exchange(
        lambda: EventSourceResponse(quiet(), ping=0, ping_message_factory=lambda: pytest.fail("no ping was asked for"))
    )
    await exchange.run()

    assert exchange.text == "data: a\n\n"


async def test_a_ping_that_cannot_be_made_is_an_error_of_the_stream() -> None:
    def breaks() -> ServerSentEvent:
        raise LookupError("no time")

    async def silent() -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield "never"

    with pytest.raises(LookupError, match="no time"):
        await Exchange(lambda: EventSourceResponse(silent(), ping=0.01, ping_message_factory=breaks)).run()


@pytest.fixture(autouse=True)
def _nothing_is_reported_by_the_loop(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert not [record for record in caplog.records if record.name == "asyncio"]
