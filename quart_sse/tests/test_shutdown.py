"""When the server leaves, its streams are told, may say goodbye, and end."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from quart_sse import AppStatus, EventSourceResponse, shutdown
from quart_sse.shutdown import OpenStreams, leaving, open_streams
from quart_sse.tests.asgi import Exchange, forever


class Recorder:
    """A stream that only counts how often it is asked to leave."""

    def __init__(self, also: Callable[[], None] = lambda: None) -> None:
        self.times, self._also, self.leave_event = 0, also, asyncio.Event()

    def leave(self) -> None:
        self.times += 1
        self.leave_event.set()
        self._also()


class Server:
    """As uvicorn's: its bound method handles SIGTERM, and sets `should_exit`."""

    should_exit = False

    def handle_exit(self, *_: object) -> None:
        self.should_exit = True


@contextmanager
def handling(handler: Any) -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def left(*streams: Recorder) -> None:
    async with asyncio.timeout(2):
        for stream in streams:
            await stream.leave_event.wait()


@pytest.mark.parametrize(
    ("has_event", "heeds_it", "grace"),
    [(True, True, 3), (True, False, 0.05), (True, False, 0), (False, False, 0), (False, False, 0.05)],
    ids=["leaves in time", "ignores it", "no grace", "no event", "no event, but grace"],
)
async def test_content_is_told_and_cancelled_when_its_grace_is_over(
    has_event: bool, heeds_it: bool, grace: float
) -> None:
    log: list[str] = []
    server_leaves = asyncio.Event()

    async def content() -> AsyncIterator[str]:
        try:
            yield "hello"
            AppStatus.handle_exit()
            await (server_leaves if heeds_it else asyncio.Event()).wait()
            yield "goodbye"
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    exchange = Exchange(
        lambda: EventSourceResponse(
            content(), shutdown_event=server_leaves if has_event else None, shutdown_grace_period=grace
        )
    )
    await exchange.run()

    assert exchange.text == "data: hello\n\n" + "data: goodbye\n\n" * heeds_it
    assert log == ["cancelled"] * (not heeds_it)
    assert exchange.complete
    assert server_leaves.is_set() is has_event


async def test_a_stream_that_begins_while_the_server_leaves_ends_at_once() -> None:
    AppStatus.should_exit = True

    exchange = Exchange(lambda: EventSourceResponse(forever_silent(), shutdown_grace_period=0))
    await exchange.run()

    assert (exchange.text, exchange.complete) == ("", True)


async def forever_silent() -> AsyncIterator[str]:
    await forever()
    yield "never"


@pytest.mark.parametrize("count", [1, 3, 10])
async def test_all_streams_of_a_loop_are_told_once(count: int) -> None:
    recorders = [Recorder() for _ in range(count)]
    for recorder in recorders:
        open_streams().add(recorder)

    AppStatus.handle_exit()
    await left(*recorders)

    assert [recorder.times for recorder in recorders] == [1] * count


@pytest.mark.parametrize("count", [10, 100])
async def test_one_timer_looks_for_all_streams(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "POLL_SECONDS", 60)
    loop = asyncio.get_running_loop()
    scheduled: list[float] = []

    def call_later(delay: float, *_: object, **__: object) -> None:
        scheduled.append(delay)

    monkeypatch.setattr(loop, "call_later", call_later)

    streams = OpenStreams(loop)
    for _ in range(count):
        streams.add(Recorder())

    assert scheduled == [60]


async def test_a_stream_may_go_while_others_are_told() -> None:
    streams = OpenStreams(asyncio.get_running_loop())
    second = Recorder()
    first, third = (Recorder(lambda: streams.discard(second)) for _ in range(2))
    removed_stream = Recorder()
    for each in (first, third, removed_stream):
        streams.add(each)
    streams.discard(removed_stream)

    AppStatus.should_exit = True
    await left(first, third)

    assert removed_stream.times == 0


async def test_streams_are_looked_after_again_when_all_had_gone() -> None:
    streams = open_streams()
    one, two = Recorder(), Recorder()
    streams.add(one)
    AppStatus.should_exit = True
    await left(one)

    AppStatus.should_exit = False
    await asyncio.sleep(0.05)
    streams.add(two)
    assert two.times == 0
    AppStatus.should_exit = True
    await left(two)

    assert (one.times, two.times) == (1, 1)


async def test_streams_end_by_hand_alone_where_that_is_asked_for() -> None:
    AppStatus.disable_automatic_graceful_drain()
    recorder, server = Recorder(), Server()
    open_streams().add(recorder)

    with handling(server.handle_exit):
        AppStatus.handle_exit()
        server.handle_exit()
        await asyncio.sleep(0.06)
        assert recorder.times == 0
    AppStatus.should_exit = True
    await left(recorder)

    AppStatus.should_exit = False
    AppStatus.enable_automatic_graceful_drain_mode()
    AppStatus.handle_exit()
    assert AppStatus.should_exit


async def test_all_tasks_of_a_loop_share_its_streams_and_no_other_loop_does() -> None:
    async def mine() -> OpenStreams:
        return open_streams()

    here = await asyncio.gather(*(asyncio.create_task(mine()) for _ in range(3)))
    elsewhere: list[OpenStreams] = []
    threads = [threading.Thread(target=lambda: elsewhere.append(asyncio.run(mine()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)

    assert len(set(here)) == 1
    assert len({*here, *elsewhere}) == 4


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (Server().handle_exit, False),
        (signal.SIG_DFL, False),
        (signal.SIG_IGN, False),
        (lambda *_: None, False),
        (SimpleNamespace().__init__, False),  # type: ignore[misc]
    ],
    ids=["stays", "default", "ignored", "function", "another object's method"],
)
def test_who_handles_sigterm_is_asked_whether_it_leaves(handler: Any, says: bool) -> None:
    with handling(handler):
        assert leaving() is says
        if isinstance(getattr(handler, "__self__", None), Server):
            handler.__self__.should_exit = True
            assert leaving()
            assert not AppStatus.should_exit


async def test_a_server_that_leaves_ends_its_streams() -> None:
    server, recorder = Server(), Recorder()
    with handling(server.handle_exit):
        open_streams().add(recorder)
        assert recorder.times == 0
        server.should_exit = True
        await left(recorder)

    assert not AppStatus.should_exit


@pytest.mark.parametrize("gap", [0.0, 0.06])
async def test_a_server_that_has_stopped_ends_no_stream_of_the_next_one(gap: float) -> None:
    first, second = Server(), Server()

    async def later() -> AsyncIterator[str]:
        await asyncio.sleep(0.06)
        yield "hello"

    for server in (first, second):
        with handling(server.handle_exit):
            exchange = Exchange(lambda: EventSourceResponse(later()))
            await exchange.run()
            assert exchange.text == "data: hello\n\n"
            server.should_exit = True
        await asyncio.sleep(gap)


def test_the_handler_it_stands_in_for_is_called() -> None:
    calls: list[tuple[object, ...]] = []
    AppStatus.original_handler = lambda *arguments: calls.append(arguments)

    AppStatus.handle_exit(signal.SIGTERM, None)

    assert calls == [(signal.SIGTERM, None)]
