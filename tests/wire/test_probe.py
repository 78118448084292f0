"""A health probe that is cancelled before its first step: the process closes at once."""

import asyncio
import gc
import warnings

from app.db.pools import Pool, Pools
from app.health.probe import HealthProbe
from app.live.hub import Hub
from app.pipeline.receiver import Receiver
from app.wire.pubsub.subscriber import SubscriberStats
from tests.support.recording_transport import markup
from tests.support.topic_rules import RULES


async def test_a_task_cancelled_before_its_first_step_leaves_no_coroutine() -> None:
    nowhere = Pool("postgresql://nobody@127.0.0.1:1/none", "test")
    intake = Receiver(lambda _event: asyncio.sleep(0), lambda _event: None)
    probe = HealthProbe("redis://127.0.0.1:1", Pools(nowhere, nowhere), unlinked, intake, Hub(markup, RULES))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        look = asyncio.ensure_future(probe.snapshot())
        await asyncio.sleep(0)  # what is to be asked is scheduled, and nothing of it has begun
        look.cancel()
        await asyncio.gather(look, return_exceptions=True)
        gc.collect()

    assert [str(each.message) for each in caught if "never awaited" in str(each.message)] == []
    await probe.close()


def unlinked() -> SubscriberStats:
    return SubscriberStats(False, 0, None, 0, {})
