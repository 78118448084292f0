"""Content runs in one task from beginning to end, so that whatever it holds across a yield stays whole."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar

import anyio
import pytest
from quart import request, stream_with_context

from quart_sse import EventSourceResponse
from quart_sse.tests.asgi import Exchange, forever

PINGS = pytest.mark.parametrize("ping", [None, 0, 0.005], ids=["default", "none", "often"])
colour: ContextVar[str] = ContextVar("colour", default="none")


async def streamed(content: Callable[[], AsyncIterator[str]], ping: float | None) -> str:
    exchange = Exchange(lambda: EventSourceResponse(content(), ping=ping))
    await exchange.run()
    assert exchange.complete
    return "".join(line[6:] for line in exchange.text.splitlines() if line.startswith("data: "))


@PINGS
async def test_every_item_is_made_in_the_same_task(ping: float | None) -> None:
    tasks = set()

    async def content() -> AsyncIterator[str]:
        try:
            for letter in "abc":
                tasks.add(asyncio.current_task())
                await asyncio.sleep(0.006)
                yield letter
        finally:
            tasks.add(asyncio.current_task())

    assert await streamed(content, ping) == "abc"
    assert len(tasks) == 1


@PINGS
async def test_content_may_use_its_request(ping: float | None) -> None:
    def content() -> AsyncIterator[str]:
        @stream_with_context
        async def in_request() -> AsyncIterator[str]:
            for _ in range(3):
                yield request.method
                await asyncio.sleep(0.006)

        return in_request()  # type: ignore[no-any-return]

    assert await streamed(content, ping) == "GET" * 3


@PINGS
async def test_context_variables_keep_what_content_puts_into_them(ping: float | None) -> None:
    async def content() -> AsyncIterator[str]:
        yield colour.get()
        before = colour.set("red")
        await asyncio.sleep(0.006)
        yield colour.get()
        colour.reset(before)
        yield colour.get()

    def in_route() -> AsyncIterator[str]:
        colour.set("blue")
        return content()

    assert await streamed(in_route, ping) == "blueredblue"
    assert colour.get() == "none"


@PINGS
async def test_a_timeout_holds_across_yields(ping: float | None) -> None:
    async def content() -> AsyncIterator[str]:
        try:
            async with asyncio.timeout(0.03):
                yield "a"
                await forever()
        except TimeoutError:
            yield "late"
        yield "end"

    assert await streamed(content, ping) == "alateend"


@PINGS
async def test_a_task_group_holds_across_yields(ping: float | None) -> None:
    async def content() -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.put("from a task"))
            yield await queue.get()
            group.create_task(asyncio.sleep(0.006))
            yield ", and on"

    assert await streamed(content, ping) == "from a task, and on"


@PINGS
async def test_a_cancel_scope_holds_across_yields(ping: float | None) -> None:
    async def content() -> AsyncIterator[str]:
        with anyio.move_on_after(0.03) as scope:
            yield "a"
            await forever()
        yield "cut" if scope.cancelled_caught else "whole"

    assert await streamed(content, ping) == "acut"


@pytest.mark.parametrize("scope_of", ["asyncio", "anyio"])
async def test_a_scope_that_ends_during_a_send_is_told_at_the_yield(scope_of: str) -> None:
    """The item under way arrives whole, and what the content says of its end after it."""

    async def content() -> AsyncIterator[str]:
        try:
            if scope_of == "asyncio":
                async with asyncio.timeout(0.02):
                    yield "under way"
            else:
                with anyio.fail_after(0.02):
                    yield "under way"
        except TimeoutError:
            yield "late"

    async def slow(message: object) -> None:
        await asyncio.sleep(0.05)

    exchange = Exchange(lambda: EventSourceResponse(content()), send=slow)
    await exchange.run()

    assert exchange.text == "data: under way\n\ndata: late\n\n"
    assert exchange.complete


async def test_a_child_that_fails_during_a_send_ends_the_stream_with_its_error() -> None:
    async def breaks() -> None:
        raise ValueError("child")

    async def content() -> AsyncIterator[str]:
        async with asyncio.TaskGroup() as group:
            group.create_task(breaks())
            yield "a"
            pytest.fail("its group has failed")

    exchange = Exchange(lambda: EventSourceResponse(content()), send=lambda _: asyncio.sleep(0.02))
    with pytest.raises(ExceptionGroup) as raised:
        await exchange.run()

    assert [str(each) for each in raised.value.exceptions] == ["child"]


async def test_content_waits_at_its_yield_until_the_item_is_sent() -> None:
    items: list[int] = []
    sent: list[tuple[int, bytes]] = []

    async def content() -> AsyncIterator[int]:
        for number in range(4):
            items.append(number)
            yield number

    async def slow(message: dict[str, bytes]) -> None:
        await asyncio.sleep(0.01)
        sent.append((len(items), message.get("body", b"")))

    await Exchange(lambda: EventSourceResponse(content(), ping=0.004), send=slow).run()

    assert [count for count, body in sent if body.startswith(b"data")] == [1, 2, 3, 4]


async def test_content_that_is_cancelled_by_somebody_else_fails() -> None:
    async def content() -> AsyncIterator[str]:
        yield "a"
        task = asyncio.ensure_future(forever())
        task.cancel()
        await task

    with pytest.raises(RuntimeError, match="cancelled"):
        await Exchange(lambda: EventSourceResponse(content())).run()
