"""Many readers at once."""

from app.live.hub import Hub
from app.live.limits import StreamLimits
from tests.support.recording_transport import FEED, join, markup
from tests.support.topic_rules import RULES


async def test_many_disconnected_readers_reconnect_one_after_the_other() -> None:
    hub = Hub(markup, RULES, limits=StreamLimits(connections=5000))
    transports = [join(hub, FEED) for _ in range(5000)]

    await hub.drain()

    waits = sorted(transport.parser.retry or 0 for transport in transports)
    most = max(sum(start <= wait < start + 1000 for wait in waits) for start in range(1000, 20_000, 250))
    assert waits[0] >= 1000
    assert waits[-1] <= 20_000
    assert most < 400
