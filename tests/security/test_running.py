"""A long task that breaks is told of, begun again, and known to ail meanwhile."""

import asyncio
import logging

import pytest

from app.server.supervised import kept_running
from tests.stream.waiting import until


class Remembering(set[str]):
    """What ailed, however short a while: the first pause may be none."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: list[str] = []

    def add(self, name: str) -> None:
        self.ever.append(name)
        super().add(name)


async def test_a_task_that_breaks_is_told_ails_and_is_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    ailing = Remembering()
    begun: list[bool] = []

    async def work() -> None:
        begun.append("tail" in ailing)
        if len(begun) == 1:
            raise ValueError("it broke")
        await asyncio.sleep(60)

    with caplog.at_level(logging.WARNING):
        running = asyncio.create_task(kept_running("tail", work, ailing))
        await until(lambda: len(begun) == 2, 15)
    running.cancel()

    assert "tail" in caplog.text
    assert ailing.ever == ["tail"]
    assert begun == [False, False]
