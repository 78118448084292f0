"""What is pushed is drawn once for all readers whose pages differ in their stylesheet alone."""

from typing import Literal

import pytest

from app.quotes.topics import quotes_topic
from tests.pipeline.conftest import Desk
from tests.support.stream_events import tick


@pytest.fixture
def transport() -> Literal["auto"]:
    return "auto"


async def test_readers_of_different_colours_share_one_audience_and_readers_of_other_numbers_do_not(desk: Desk) -> None:
    topics = quotes_topic("AAPL")
    async with desk.stream(topics) as plain:
        await plain.message("hello")
        desk.cookies["colours"] = "red-green"
        async with desk.stream(topics) as coloured:
            await coloured.message("hello")
            assert desk.context.hub.stats.audiences == 1
            await desk.publish(tick(price=1234.5))
            first, second = await plain.containing("1,234.50"), await coloured.containing("1,234.50")
            desk.cookies["numbers"] = "comma"
            async with desk.stream(topics) as other:
                await other.containing("1.234,50")
                assert desk.context.hub.stats.audiences == 2

    assert "red-green" not in first.data + second.data
