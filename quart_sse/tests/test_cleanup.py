"""Content is closed in whatever way its stream ends, and its cleanup has a limit."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from quart_sse import EventSourceResponse
from quart_sse.tests.asgi import forever
from quart_sse.tests.interrupted import SENDING, Interrupted, cut, expected


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
