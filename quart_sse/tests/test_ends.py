"""The first error of a stream wins, and `background` runs after its end, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from quart_sse import EventSourceResponse, SendTimeoutError
from quart_sse.tests.asgi import Exchange, Message, forever
from quart_sse.tests.interrupted import cut


class Unprintable:
    failure = ValueError("cannot be written")

    def __str__(self) -> str:
        raise self.failure


@pytest.mark.parametrize(
    ("item", "kind", "message"),
    [
        ({"no_field": 1}, TypeError, "no_field"),
        ({"retry": "soon"}, TypeError, "retry argument must be int"),
        (Unprintable(), ValueError, "cannot be written"),
    ],
)
@pytest.mark.parametrize("cleanup", ["works", "fails", "is stuck"])
async def test_an_item_that_cannot_be_written_ends_the_stream_with_that_error(
    item: object, kind: type[Exception], message: str, cleanup: str, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []
    failure = RuntimeError("cleanup failed")

    async def content() -> AsyncIterator[object]:
        try:
            yield "first"
            yield item
            pytest.fail("no more is asked for")
        finally:
            log.append("closing")
            if cleanup == "is stuck":
                await forever()
            if cleanup == "fails":
                raise failure

    exchange = Exchange(
        lambda: EventSourceResponse(content(), background=lambda: log.append("background"), cleanup_timeout=0.05)
    )
    with pytest.raises(kind, match=message):
        await exchange.run()

    assert (log, exchange.text, exchange.complete) == (["closing"], "data: first\n\n", False)
    assert len(cut(caplog)) == (cleanup == "is stuck")
    errors = [record.exc_info[1] for record in caplog.records if record.exc_info and record.name[:9] == "quart_sse"]
    assert errors == [failure] * (cleanup == "fails")


async def test_an_error_of_the_content_is_raised_as_it_is() -> None:
    async def content() -> AsyncIterator[str]:
        yield "first"
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await Exchange(lambda: EventSourceResponse(content(), background=lambda: pytest.fail("an error came"))).run()


async def test_the_first_error_wins(caplog: pytest.LogCaptureFixture) -> None:
    """The sender's; what the content and the sender raise while they are closed because of it is logged."""

    async def breaks() -> None:
        raise LookupError("first")

    async def content() -> AsyncIterator[str]:
        try:
            await forever()
        finally:
            raise RuntimeError("second")
        yield "never"

    with pytest.raises(LookupError, match="first"):
        await Exchange(lambda: EventSourceResponse(content(), data_sender_callable=breaks)).run()

    assert "second" in caplog.text


async def test_an_error_of_the_content_comes_before_one_of_the_cancelled_sender(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def beside() -> None:
        try:
            await forever()
        finally:
            raise LookupError("second")

    async def content() -> AsyncIterator[str]:
        yield "a"
        raise RuntimeError("first")

    with pytest.raises(RuntimeError, match="first"):
        await Exchange(lambda: EventSourceResponse(content(), data_sender_callable=beside)).run()

    assert "second" in caplog.text


async def test_a_sender_that_breaks_interrupts_a_send_too() -> None:
    sending = asyncio.Event()

    async def breaks() -> None:
        await sending.wait()
        raise LookupError("the source is gone")

    async def never_taken(message: Message) -> None:
        if message["type"] == "http.response.body":
            sending.set()
            await forever()

    exchange = Exchange(lambda: EventSourceResponse(iter("a"), data_sender_callable=breaks), send=never_taken)
    with pytest.raises(LookupError, match="the source"):
        await exchange.run()


@pytest.mark.parametrize("ping", [0, 0.01])
async def test_a_send_that_takes_too_long_is_an_error_of_its_own(ping: float) -> None:
    """With pings: the reader who stops reading a stream on which nothing else happens."""
    closed = asyncio.Event()

    async def content() -> AsyncIterator[str]:
        try:
            if ping:
                await forever()
            yield "never taken"
            pytest.fail("it was not taken")
        finally:
            closed.set()

    response = EventSourceResponse(content(), ping=ping, send_timeout=0.02)

    async def read() -> None:
        async with response.response as blocks:
            async for _ in blocks:
                await forever()

    with pytest.raises(SendTimeoutError):
        await read()
    assert closed.is_set()
    assert not response.active
    task = asyncio.current_task()
    assert task
    assert not task.cancelling()


async def test_background_runs_when_the_last_byte_has_been_sent() -> None:
    complete: list[bool] = []

    async def background() -> None:
        complete.append(exchange.complete)

    exchange = Exchange(lambda: EventSourceResponse(iter("ab"), background=background))
    await exchange.run()

    assert complete == [True]


async def test_background_runs_when_the_reader_goes_during_the_last_send() -> None:
    log: list[str] = []

    async def send(message: Message) -> None:
        if message.get("more_body") is False:
            exchange.reader_gone.set()
            await forever()

    exchange = Exchange(lambda: EventSourceResponse(iter("a"), background=lambda: log.append("ran")), send=send)
    await exchange.run()

    assert log == ["ran"]


async def test_who_goes_is_reported_and_content_sees_a_cancellation() -> None:
    log: list[object] = []

    async def content() -> AsyncIterator[str]:
        try:
            yield "a"
            exchange.reader_gone.set()
            await forever()
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    async def report(message: object) -> None:
        log.append(message)

    exchange = Exchange(lambda: EventSourceResponse(content(), client_close_handler_callable=report))
    await exchange.run()

    assert log == [{"type": "http.disconnect"}, "cancelled"]


@pytest.fixture(autouse=True)
def _nothing_is_reported_by_the_loop(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert not [record for record in caplog.records if record.name == "asyncio"]
