"""Whatever can be iterated is content: generators, memory streams, objects; and what can be closed is closed."""

import asyncio
from collections.abc import Iterator
from functools import partial

import anyio
import pytest

from quart_sse import EventSourceResponse
from quart_sse.tests.asgi import Exchange, Message, forever


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


def test_one_event_is_no_content() -> None:
    for event in ("text", b"bytes", {"data": "x"}, 0, None):
        with pytest.raises(TypeError, match="content must be an iterable"):
            EventSourceResponse(event)  # type: ignore[arg-type]


async def test_a_plain_iterable_is_streamed_too() -> None:
    def numbers() -> Iterator[dict[str, int]]:
        yield from ({"data": number} for number in range(2))

    for content in (numbers(), [{"data": 0}, {"data": 1}], range(2)):
        exchange = Exchange(lambda content=content: EventSourceResponse(content))  # type: ignore[misc]
        await exchange.run()
        assert exchange.text == "data: 0\n\ndata: 1\n\n"
