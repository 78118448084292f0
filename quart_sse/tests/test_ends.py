"""However a stream ends, its content is closed, the first error wins, and `background` runs afterwards or not at all."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import anyio
import pytest
from quart import Response

from quart_sse import AppStatus, EventSourceResponse, SendTimeoutError
from quart_sse.tests.asgi import Exchange, Message, forever

SENDING = pytest.mark.parametrize("interruption", ["disconnect", "shutdown", "send_error", "timeout"])
FAILED_SEND = OSError("connection closed")


class Interrupted:
    """A stream whose first block is being sent when `interruption` happens; `log` is what was done, in order."""

    def __init__(self, interruption: str, content: Callable[[], AsyncIterator[Any]], **options: Any) -> None:
        self.interruption, self.log, self._content = interruption, [], content  # type: tuple[str, list[str], Any]
        self._options = {"send_timeout": 0.01 if interruption == "timeout" else None, "ping": 0, **options}
        self.exchange = Exchange(self._answer, send=self._send)

    async def run(self) -> None:
        if self.interruption == "send_error":
            with pytest.raises(OSError, match="closed") as raised:
                await self.exchange.run()
            assert raised.value is FAILED_SEND
        else:
            await self.exchange.run()

    def _answer(self) -> Response:
        return EventSourceResponse(self._content(), background=lambda: self.log.append("background"), **self._options)

    async def _send(self, message: Message) -> None:
        if message["type"] != "http.response.body" or not message["more_body"]:
            return
        if self.interruption == "disconnect":
            self.exchange.reader_gone.set()
        elif self.interruption == "shutdown":
            AppStatus.should_exit = True
        elif self.interruption == "send_error":
            raise FAILED_SEND
        await forever()


def expected(interruption: str, *before: str) -> list[str]:
    return [*before, "background"] if interruption in ("disconnect", "shutdown") else [*before]


@SENDING
@pytest.mark.parametrize("cleanup_fails", [False, True])
async def test_an_interrupted_send_closes_content_where_it_is_suspended(
    interruption: str, cleanup_fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    failure = RuntimeError("cleanup failed")

    async def content() -> AsyncIterator[str]:
        try:
            yield "first"
            pytest.fail("an interrupted send asks for no more")
        finally:
            await asyncio.sleep(0)
            stream.log.append("closed")
            if cleanup_fails:
                raise failure

    stream = Interrupted(interruption, content)
    await stream.run()

    assert stream.log == expected(interruption, "closed")
    errors = [record for record in caplog.records if record.name.startswith("quart_sse") and record.exc_info]
    assert [record.exc_info[1] for record in errors if record.exc_info] == [failure] * cleanup_fails


@SENDING
async def test_a_cleanup_that_is_stuck_is_cancelled(interruption: str, caplog: pytest.LogCaptureFixture) -> None:
    async def content() -> AsyncIterator[str]:
        try:
            yield "first"
        finally:
            try:
                await forever()
            except asyncio.CancelledError:
                stream.log.append("cancelled")
                raise

    stream = Interrupted(interruption, content, cleanup_timeout=0.05)
    await stream.run()

    assert stream.log == expected(interruption, "cancelled")
    assert len(cut(caplog)) == 1


async def test_a_cleanup_that_swallows_its_cancellation_is_reported_too(caplog: pytest.LogCaptureFixture) -> None:
    async def content() -> AsyncIterator[str]:
        try:
            yield "first"
        finally:
            try:
                await forever()
            except asyncio.CancelledError:
                stream.log.append("swallowed")

    stream = Interrupted("disconnect", content, cleanup_timeout=0.05)
    await stream.run()

    assert stream.log == ["swallowed", "background"]
    assert len(cut(caplog)) == 1


@pytest.mark.parametrize("cleanup_timeout", [None, 0.5])
async def test_a_cleanup_in_time_is_not_disturbed(
    cleanup_timeout: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def content() -> AsyncIterator[str]:
        try:
            yield "first"
        finally:
            await asyncio.sleep(0.02)
            stream.log.append("closed")

    stream = Interrupted("disconnect", content, cleanup_timeout=cleanup_timeout)
    await stream.run()

    assert stream.log == ["closed", "background"]
    assert cut(caplog) == []


@pytest.mark.parametrize("waits", [True, False])
async def test_no_time_for_cleanup_is_time_for_what_does_not_wait(waits: bool) -> None:
    async def content() -> AsyncIterator[str]:
        try:
            yield "first"
        finally:
            try:
                if waits:
                    await forever()
                stream.log.append("closed")
            except asyncio.CancelledError:
                stream.log.append("cancelled")
                raise

    stream = Interrupted("disconnect", content, cleanup_timeout=0)
    await stream.run()

    assert stream.log == ["cancelled" if waits else "closed", "background"]


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
    begun = asyncio.Event()

    async def breaks() -> None:
        await begun.wait()
        raise LookupError("the source is gone")

    async def never_taken(message: Message) -> None:
        if message["type"] == "http.response.body":
            begun.set()
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
    with pytest.raises(SendTimeoutError):
        async with response.response as blocks:
            async for _ in blocks:
                await forever()

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

    async def gone(message: object) -> None:
        log.append(message)

    exchange = Exchange(lambda: EventSourceResponse(content(), client_close_handler_callable=gone))
    await exchange.run()

    assert log == [{"type": "http.disconnect"}, "cancelled"]


@pytest.mark.parametrize("room", [0, 1, 10])
async def test_a_memory_stream_is_closed_and_its_producer_cancelled(room: int) -> None:
    """The producer sees its cancellation, and not that nobody receives any more."""
    log: list[type[BaseException]] = []
    sending, receiving = anyio.create_memory_object_stream[dict[str, str]](room)

    async def produce() -> None:
        try:
            async with sending:
                for number in range(100):
                    await sending.send({"data": str(number)})
        except BaseException as error:
            log.append(type(error))
            raise

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            while not sending.statistics().tasks_waiting_send:
                await asyncio.sleep(0)
            exchange.reader_gone.set()
            await forever()

    exchange = Exchange(lambda: EventSourceResponse(receiving, data_sender_callable=produce), send=send)
    await exchange.run()

    assert log == [asyncio.CancelledError]
    with pytest.raises(anyio.ClosedResourceError):
        receiving.receive_nowait()


@pytest.mark.parametrize("fields", [None, {}, {"event": "message"}])
async def test_a_memory_stream_is_sent_to_its_end(fields: dict[str, str] | None) -> None:
    sending, receiving = anyio.create_memory_object_stream[object](3)

    async def produce(last: int) -> None:
        async with sending:
            for number in range(1, last + 1):
                await sending.send(number if fields is None else {"data": number, **fields})

    exchange = Exchange(lambda: EventSourceResponse(receiving, data_sender_callable=partial(produce, 5)))
    await exchange.run()

    event = "event: message\n" if fields else ""
    assert exchange.text == "".join(f"{event}data: {number}\n\n" for number in range(1, 6))


async def test_any_iterator_that_can_be_closed_is_closed() -> None:
    class Numbers:
        closed = 0

        def __aiter__(self) -> "Numbers":
            return self

        async def __anext__(self) -> int:
            return 7

        async def aclose(self) -> None:
            self.closed += 1

    numbers = Numbers()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            exchange.reader_gone.set()
            await forever()

    exchange = Exchange(lambda: EventSourceResponse(numbers), send=send)
    await exchange.run()

    assert numbers.closed == 1


async def test_content_that_does_not_let_go_is_left(caplog: pytest.LogCaptureFixture) -> None:
    released = asyncio.Event()

    async def stubborn() -> AsyncIterator[str]:
        try:
            yield "a"
        finally:
            while not released.is_set():
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    continue

    stream = Interrupted("disconnect", stubborn, cleanup_timeout=0.02)
    await asyncio.wait_for(stream.run(), 4)
    released.set()

    assert stream.log == ["background"]
    assert len(cut(caplog)) == 1


def test_cleanup_is_bounded_by_default() -> None:
    assert 0 < EventSourceResponse.DEFAULT_CLEANUP_TIMEOUT < float("inf")


def cut(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if "cleanup is cancelled" in record.getMessage()]


@pytest.fixture(autouse=True)
def _nothing_is_reported_by_the_loop(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert not [record for record in caplog.records if record.name == "asyncio"]
