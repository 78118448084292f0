"""Which reader gets which frames, and what happens to slow readers."""

import asyncio
from uuid import UUID

import pytest

from app.identity import Identity, NumberForm, Rate, Role, View
from app.live.connection import StreamConnection
from app.live.frames import FramePart
from app.live.hub import Hub
from app.live.limits import HubFull, StreamLimits
from quart_sse.tests.whatwg import Message
from tests.support.recording_transport import (
    FEED,
    NEW_YORK,
    PushCounter,
    RecordingTransport,
    join,
    markup,
    send_frames,
)
from tests.support.topic_rules import RULES

BERLIN = View("Europe/Berlin", NumberForm.COMMA)
QUOTES = frozenset({"quotes:A"})
BOTH = QUOTES | FEED


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, RULES, shortest=0.02, limits=StreamLimits(connections=20, per_user=2, stalled_seconds=0.05))


async def test_the_first_change_after_a_pause_is_sent_at_once_and_the_rest_together(
    hub: Hub, counter: PushCounter
) -> None:
    transport = join(hub, QUOTES, rate=Rate.HALF_MINUTE)

    hub.publish(counter.push("quotes:A", "a", "1"))
    hub.publish(counter.push("quotes:A", "b", "1"))

    assert await transport.wait_for_lines(2) == ["replace:a:1@America/New_York", "replace:b:1@America/New_York"]
    assert len(transport.messages) == 1
    hub.publish(counter.push("quotes:A", "a", "2"))
    await asyncio.sleep(0.05)
    assert len(transport.messages) == 1


async def test_only_the_newest_state_of_a_key_is_sent_and_drawn(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, QUOTES)

    for price in range(100):
        hub.publish(counter.push("quotes:A", "a", str(price)))

    assert await transport.wait_for_lines() == ["replace:a:99@America/New_York"]
    assert counter.counts == {"a:99": 1}


async def test_an_element_and_its_part_keep_the_order_of_their_newest_change(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, QUOTES)

    for key in ("part", "whole", "part"):
        hub.publish(counter.push("quotes:A", key, "x"))

    assert [line.split(":")[1] for line in await transport.wait_for_lines(2)] == ["whole", "part"]


async def test_every_entry_of_a_log_is_sent_in_order_and_its_list_trimmed_once(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, FEED)

    for number in range(3):
        hub.publish(counter.push("patterns", "feed", str(number), "insert"), f"e-{number}")
        hub.publish(counter.push("patterns", "feed", op="trim"), f"e-{number}")

    assert [line.split("@")[0] for line in await transport.wait_for_lines(4)] == [
        "insert:feed:0",
        "insert:feed:1",
        "insert:feed:2",
        "trim:feed:",
    ]


async def test_topics_without_readers_are_not_drawn(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, FEED)

    hub.publish(counter.push("quotes:A", "a", "1"))
    hub.publish(counter.push("patterns", "feed", "1", "insert"))

    await transport.wait_for_lines()
    assert counter.counts == {"feed:1": 1}


async def test_audiences_share_a_drawing_only_within_a_view(hub: Hub, counter: PushCounter) -> None:
    transports = [join(hub, QUOTES), join(hub, QUOTES), join(hub, BOTH), join(hub, BOTH, BERLIN)]
    everything = join(hub, frozenset({"quotes"}))

    hub.publish(counter.push("quotes:A", "a", "1"))
    lines = [await transport.wait_for_lines() for transport in (*transports, everything)]

    ours = ["replace:a:1@America/New_York"]
    assert lines == [ours, ours, ours, ["replace:a:1@Europe/Berlin"], ours]
    assert counter.counts == {"a:1": 2}
    assert hub.stats.audiences == 4


async def test_a_push_that_cannot_be_drawn_is_left_out_and_the_rest_arrives(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, QUOTES)

    hub.publish(counter.push("quotes:A", "a", "broken"))
    hub.publish(counter.push("quotes:A", "b", "1"))

    assert await transport.wait_for_lines() == ["replace:b:1@America/New_York"]
    assert hub.stats.undrawable == 1


async def test_a_frame_carries_the_newest_id_of_the_log_once(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, QUOTES)

    hub.publish(counter.push("patterns", "feed", "1", "insert"), "e-1")
    hub.complete_entry("e-2")
    hub.publish(counter.push("quotes:A", "a", "1"))
    await transport.wait_for_lines()
    assert transport.parser.last_id == "e-2"

    hub.publish(counter.push("quotes:A", "a", "2"))
    await transport.wait_for_lines(2)
    assert b"id:" not in transport.writes[-1]


async def test_a_new_reader_gets_the_position_of_the_log_and_only_later_entries(hub: Hub, counter: PushCounter) -> None:
    first = join(hub, FEED)
    hub.publish(counter.push("patterns", "feed", "before", "insert"), "e-1")

    joiner = join(hub, FEED)
    hub.publish(counter.push("patterns", "feed", "after", "insert"), "e-2")

    assert joiner.connection.joined_at == "e-1"
    assert [line.split("@")[0] for line in await joiner.wait_for_lines()] == ["insert:feed:after"]
    assert [line.split("@")[0] for line in await first.wait_for_lines(2)] == ["insert:feed:before", "insert:feed:after"]


async def test_changes_during_a_readers_catch_up_are_kept_for_it(hub: Hub, counter: PushCounter) -> None:
    reader, reference = hub.join(FEED, NEW_YORK), join(hub, FEED)
    await send_frames(hub, counter, reference, 3)

    assert RecordingTransport(reader).lines == reference.lines


async def test_a_reader_ended_during_its_catch_up_gets_the_reason_when_its_stream_begins(hub: Hub) -> None:
    reader = hub.join(FEED, NEW_YORK)
    reader.end("session-ended")
    transport = RecordingTransport(reader)

    assert [message.event for message in transport.messages] == ["session-ended"]
    assert transport.closed


async def test_a_slow_reader_is_handed_to_recovery_at_its_last_position(hub: Hub, counter: PushCounter) -> None:
    recovered: list[StreamConnection] = []
    hub.recover = recovered.append
    slow, quick = join(hub, FEED), join(hub, FEED)
    await send_frames(hub, counter, quick, 1)

    slow.full = True
    hub.publish(counter.push("patterns", "feed", "the last straw", "insert"), "e-7")
    hub.complete_entry("e-7")
    await quick.wait_for_lines(2)
    await send_frames(hub, counter, quick, 2)
    assert len(slow.lines) == 2
    assert slow.connection.position == "e-7"
    assert hub.stats.lagging == 1

    slow.full = False
    slow.connection.on_write_drained()
    assert recovered == [slow.connection]
    hub.publish(counter.push("patterns", "feed", "meanwhile", "insert"), "e-8")
    hub.complete_entry("e-8")
    await quick.wait_for_lines(5)
    slow.connection.catch_up([FramePart(b"data: what it missed\n\n")])
    assert [line.split("@")[0] for line in slow.lines[2:]] == ["what it missed", "insert:feed:meanwhile"]


async def test_a_reader_whose_connection_accepts_no_data_is_disconnected(hub: Hub, counter: PushCounter) -> None:
    stuck, slow = join(hub, QUOTES), join(hub, QUOTES)
    for transport in (stuck, slow):
        transport.full, transport.unsent_bytes = True, 1_000_000
    hub.publish(counter.push("quotes:A", "a", "1"))
    await slow.wait_for_lines()

    async with asyncio.timeout(5):
        while not stuck.aborted:
            slow.unsent_bytes -= 1
            hub.check()
            await asyncio.sleep(0.01)

    assert not slow.aborted
    assert hub.stats.ended == {"slow": 1}


async def test_a_reader_is_disconnected_at_its_maximum_age(hub: Hub) -> None:
    transport = join(hub, FEED)
    hub.check()
    assert not transport.connection.end_reason

    transport.connection.expires_at = 0
    hub.check()

    assert (transport.messages[-1].event, transport.messages[-1].data) == ("bye", "age")
    assert transport.closed


async def test_an_idle_stream_gets_heartbeats_with_the_position(counter: PushCounter) -> None:
    hub = Hub(markup, RULES, beat_seconds=0.01)
    transport = join(hub, QUOTES)
    hub.complete_entry("e-5")
    await asyncio.sleep(0.02)

    hub.check()

    assert transport.messages[-1] == Message("beat", "0", "e-5")


async def test_readers_beyond_the_limits_are_refused(hub: Hub) -> None:
    alice = Identity(UUID(int=1), "alice@example.org", Role.USER, "s")
    hers = [hub.join(QUOTES, NEW_YORK, identity=alice) for _ in range(2)]
    with pytest.raises(HubFull):
        hub.join(QUOTES, NEW_YORK, identity=alice)
    others = [hub.join(QUOTES, NEW_YORK) for _ in range(18)]
    with pytest.raises(HubFull):
        hub.join(QUOTES, NEW_YORK)

    hers[0].on_lost()
    assert hub.join(QUOTES, NEW_YORK, identity=alice)
    others[0].on_lost()
    assert hub.join(QUOTES, NEW_YORK)


async def test_an_audience_without_readers_is_removed(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, QUOTES)
    hub.publish(counter.push("quotes:A", "a", "1"))

    transport.connection.on_lost()
    await asyncio.sleep(0)
    hub.publish(counter.push("quotes:A", "a", "2"))

    assert hub.stats.audiences == 0
    assert hub.subscribed_topics == ()
    assert counter.counts == {}


async def test_a_slow_reader_that_leaves_removes_no_other_audience(hub: Hub, counter: PushCounter) -> None:
    slow = join(hub, QUOTES)
    slow.full = True
    hub.publish(counter.push("quotes:A", "a", "1"))
    await slow.wait_for_lines()
    await asyncio.sleep(0)
    joiner = join(hub, QUOTES)

    slow.connection.on_lost()
    hub.publish(counter.push("quotes:A", "a", "2"))

    assert await joiner.wait_for_lines() == ["replace:a:2@America/New_York"]


async def test_many_entries_are_framed_early_and_completely(hub: Hub, counter: PushCounter) -> None:
    transport = join(hub, FEED, rate=Rate.HALF_MINUTE)
    hub.publish(counter.push("patterns", "feed", "first", "insert"), "e-0")
    await transport.wait_for_lines()

    for number in range(600):
        hub.publish(counter.push("patterns", "feed", str(number), "insert"), f"e-{number}")

    assert len(await transport.wait_for_lines(601)) == 601


async def test_draining_delivers_pending_frames_ends_all_streams_and_refuses_new_ones(
    hub: Hub, counter: PushCounter
) -> None:
    transport = join(hub, QUOTES, rate=Rate.HALF_MINUTE)
    hub.publish(counter.push("quotes:A", "a", "1"))

    await hub.drain()

    assert transport.lines == ["replace:a:1@America/New_York", "drain"]
    assert transport.closed
    with pytest.raises(HubFull):
        hub.join(QUOTES, NEW_YORK)
