"""A background task that fails is reported, restarted, and unhealthy meanwhile."""

import asyncio
import logging

import pytest

from app.server.supervised import keep_running
from tests.support.waiting import until


class AilingHistory(set[str]):
    """What ailed, however short a while: the first pause may be none."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: list[str] = []

    def add(self, name: str) -> None:
        self.ever.append(name)
        super().add(name)


async def test_a_failing_task_is_logged_reported_as_unhealthy_and_restarted(caplog: pytest.LogCaptureFixture) -> None:
    ailing = AilingHistory()
    ailing_at_start: list[bool] = []

    async def work() -> None:
        ailing_at_start.append("tail" in ailing)
        if len(ailing_at_start) == 1:
            raise ValueError("it broke")
        await asyncio.sleep(60)

    with caplog.at_level(logging.WARNING):
        running = asyncio.create_task(keep_running("tail", work, ailing))
        await until(lambda: len(ailing_at_start) == 2, 15)
    running.cancel()

    assert "tail" in caplog.text
    assert ailing.ever == ["tail"]
    assert ailing_at_start == [False, False]
