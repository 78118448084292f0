"""However many topics a stream asks for, few are drawn before the loop looks at its sockets again."""

import asyncio
from typing import Any

import pytest

from app.catchup import TOPICS_AT_ONCE, Snapshots
from app.db.pools import Pool, Pools
from app.identity import View
from app.live.frames import Form
from app.live.hub import Hub
from app.push import Push
from app.web.html import patch


class Counting:
    """Draws one line of each topic, and counts how many are being drawn together."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def snapshot(self, topic: str, _pools: Pools) -> list[Push]:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return [Push(topic, "x", "replace", lambda _view: f"<p id=x>{topic}</p>")]

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.mark.parametrize("form", [Form.PLAIN, Form.GZIP, Form.SOCKET])
async def test_topics_are_drawn_a_few_at_a_time_and_come_in_order(form: Form) -> None:
    counting, away = Counting(), Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    snapshots = Snapshots(Hub(patch), counting, Pools(away, away))
    wanted = [f"quotes:S{number:03d}" for number in range(256)]

    parts = await snapshots.parts(wanted, View(), form)

    assert counting.most == TOPICS_AT_ONCE
    assert [topic for topic, part in zip(wanted, parts, strict=True) if topic.encode() not in part.lines] == []
