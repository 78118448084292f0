"""A load whose task is cancelled while a thread reads its source."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from app.engine.loads.load_source import load_source
from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.source import Chunk, UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from tests.support.history_server import TODAY


class SlowSource:
    """The second chunk is being read until `go_on` is set."""

    name = "slow.csv"

    def __init__(self, end: Exception | None = None) -> None:
        self.reading, self.go_on, self.closed = threading.Event(), threading.Event(), False
        self._end = end

    def identity(self) -> str:
        return "slow"

    def chunks(self) -> Iterator[Chunk]:
        try:
            yield self._chunk(1)
            self.reading.set()
            assert self.go_on.wait(30)
            if self._end:
                raise self._end
            yield self._chunk(2)
        finally:
            self.closed = True

    def _chunk(self, number: int) -> Chunk:
        columns = [["1"] for _ in range(5)]
        return Chunk(Rows([number], ["IBM"], [f"2012-09-0{number}"], *columns), [], number, number / 2)


@pytest.mark.parametrize("end", [None, UnreadableSource("slow.csv: cannot be read to its end")])
async def test_a_load_cancelled_while_a_thread_reads_ends_as_cancelled(end: Exception | None) -> None:
    source = SlowSource(end)
    loading = asyncio.create_task(load_source(source, LOAD_TIMEFRAMES["daily"], None, TODAY))
    assert await asyncio.to_thread(source.reading.wait, 30)

    loading.cancel()
    done, _ = await asyncio.wait([loading], timeout=0.05)
    assert not done, "the load must wait for its thread"
    source.go_on.set()

    with pytest.raises(asyncio.CancelledError):
        await loading
    assert source.closed
