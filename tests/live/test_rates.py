"""What follows the reader's rate and what does not, and the bytes that a stream reports."""

import asyncio

from app.identity import Rate
from app.live.hub import Hub
from tests.support.recording_transport import FEED, PushCounter, join, markup, send_frames
from tests.support.topic_rules import RULES

BOTH = FEED | {"quotes:A"}


def entry(hub: Hub, counter: PushCounter, number: int) -> None:
    hub.publish(counter.push("patterns", "feed", f"entry {number}", "insert"), f"e-{number}")
    hub.publish(counter.push("patterns", "feed", op="trim"))
    hub.complete_entry(f"e-{number}")


async def test_log_entries_are_not_delayed_by_states_without_a_chosen_rate(counter: PushCounter) -> None:
    hub = Hub(markup, RULES, shortest=30.0)
    transport = join(hub, BOTH)
    hub.publish(counter.push("quotes:A", "a", "1"))
    await transport.wait_for_lines()

    hub.publish(counter.push("quotes:A", "a", "2"))
    entry(hub, counter, 1)

    assert (await transport.wait_for_lines(2))[1] == "insert:feed:entry 1@America/New_York"


async def test_entries_arrive_in_batches_at_the_rate_complete_and_in_order(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, BOTH, rate=Rate.SECOND)
    hub.publish(counter.push("quotes:A", "a", "1"))
    await transport.wait_for_lines()

    for number in (1, 2, 3):
        entry(hub, counter, number)
    hub.check()
    await asyncio.sleep(0.05)
    assert len(transport.messages) == 1

    entries = [f"insert:feed:entry {number}@America/New_York" for number in (1, 2, 3)]
    assert (await transport.wait_for_lines(5))[1:] == [*entries, "trim:feed:"]
    assert [message.id for message in transport.messages] == ["", "e-3", "e-3"]


async def test_a_reader_that_leaves_before_a_batch_resumes_at_its_last_position(counter: PushCounter) -> None:
    hub = Hub(markup, RULES, beat_seconds=0.01)
    transport = join(hub, BOTH, rate=Rate.HALF_MINUTE)
    entry(hub, counter, 1)
    await transport.wait_for_lines(2)
    entry(hub, counter, 2)
    await asyncio.sleep(0.02)

    hub.check()

    assert transport.messages[-1].event == "beat"
    assert transport.messages[-1].id == "e-1"
    transport.connection.on_write_full()
    assert transport.connection.position == "e-1"


async def test_an_alert_is_sent_at_once_at_every_rate_and_overtakes_no_entry(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, FEED, rate=Rate.HALF_MINUTE)
    entry(hub, counter, 1)
    await transport.wait_for_lines(2)

    entry(hub, counter, 2)
    hub.publish(counter.push("patterns", "notice", "14 were missed")._replace(alert=True))

    lines = await transport.wait_for_lines(4)
    assert lines[2:4] == ["insert:feed:entry 2@America/New_York", "replace:notice:14 were missed@America/New_York"]


async def test_a_heartbeat_reports_the_bytes_sent_since_the_last(counter: PushCounter) -> None:
    hub = Hub(markup, RULES, beat_seconds=0.01)
    transports = [join(hub, FEED) for _ in range(3)]
    sizes = list[str]()
    for _ in range(2):
        so_far = sum(map(len, transports[0].writes))
        await send_frames(hub, counter, transports[0], 5)
        sizes.append(str(sum(map(len, transports[0].writes)) - so_far))
        await asyncio.sleep(0.02)
        hub.check()
        transports[0].writes.clear()

    first, second = [int(message.data) for message in transports[0].messages if message.event == "beat"]
    assert first == int(sizes[0])
    assert second > int(sizes[1])  # the beat before is among them
