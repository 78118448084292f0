"""Who gets which frames, and what happens to those who cannot keep up."""

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


async def test_the_first_change_after_a_silence_comes_at_once_and_the_rest_together(
    hub: Hub, counter: PushCounter
) -> None:
    paper = join(hub, QUOTES, rate=Rate.HALF_MINUTE)

    hub.publish(counter.push("quotes:A", "a", "1"))
    hub.publish(counter.push("quotes:A", "b", "1"))

    assert await paper.wait_for_lines(2) == ["replace:a:1@America/New_York", "replace:b:1@America/New_York"]
    assert len(paper.messages) == 1
    hub.publish(counter.push("quotes:A", "a", "2"))
    await asyncio.sleep(0.05)
    assert len(paper.messages) == 1


async def test_only_the_newest_state_of_a_key_is_sent_and_drawn(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, QUOTES)

    for price in range(100):
        hub.publish(counter.push("quotes:A", "a", str(price)))

    assert await paper.wait_for_lines() == ["replace:a:99@America/New_York"]
    assert counter.counts == {"a:99": 1}


async def test_a_whole_and_its_part_keep_the_order_of_their_newest_change(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, QUOTES)

    for key in ("part", "whole", "part"):
        hub.publish(counter.push("quotes:A", key, "x"))

    assert [line.split(":")[1] for line in await paper.wait_for_lines(2)] == ["whole", "part"]


async def test_every_entry_of_a_log_is_sent_in_order_and_its_list_trimmed_once(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, FEED)

    for number in range(3):
        hub.publish(counter.push("patterns", "feed", str(number), "insert"), f"e-{number}")
        hub.publish(counter.push("patterns", "feed", op="trim"), f"e-{number}")

    assert [line.split("@")[0] for line in await paper.wait_for_lines(4)] == [
        "insert:feed:0",
        "insert:feed:1",
        "insert:feed:2",
        "trim:feed:",
    ]


async def test_nothing_is_drawn_that_nobody_looks_at(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, FEED)

    hub.publish(counter.push("quotes:A", "a", "1"))
    hub.publish(counter.push("patterns", "feed", "1", "insert"))

    await paper.wait_for_lines()
    assert counter.counts == {"feed:1": 1}


async def test_audiences_share_a_drawing_in_the_same_view_and_not_in_another(hub: Hub, counter: PushCounter) -> None:
    papers = [join(hub, QUOTES), join(hub, QUOTES), join(hub, BOTH), join(hub, BOTH, BERLIN)]
    everything = join(hub, frozenset({"quotes"}))

    hub.publish(counter.push("quotes:A", "a", "1"))
    lines = [await paper.wait_for_lines() for paper in (*papers, everything)]

    ours = ["replace:a:1@America/New_York"]
    assert lines == [ours, ours, ours, ["replace:a:1@Europe/Berlin"], ours]
    assert counter.counts == {"a:1": 2}
    assert hub.stats.audiences == 4


async def test_what_cannot_be_drawn_is_left_out_and_the_rest_arrives(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, QUOTES)

    hub.publish(counter.push("quotes:A", "a", "broken"))
    hub.publish(counter.push("quotes:A", "b", "1"))

    assert await paper.wait_for_lines() == ["replace:b:1@America/New_York"]
    assert hub.stats.undrawable == 1


async def test_a_frame_bears_the_newest_id_of_the_log_whatever_it_shows_and_once(
    hub: Hub, counter: PushCounter
) -> None:
    paper = join(hub, QUOTES)

    hub.publish(counter.push("patterns", "feed", "1", "insert"), "e-1")
    hub.complete_entry("e-2")
    hub.publish(counter.push("quotes:A", "a", "1"))
    await paper.wait_for_lines()
    assert paper.parser.last_id == "e-2"

    hub.publish(counter.push("quotes:A", "a", "2"))
    await paper.wait_for_lines(2)
    assert b"id:" not in paper.writes[-1]


async def test_a_joiner_is_told_where_the_log_stood_and_hears_only_what_follows(hub: Hub, counter: PushCounter) -> None:
    first = join(hub, FEED)
    hub.publish(counter.push("patterns", "feed", "before", "insert"), "e-1")

    joiner = join(hub, FEED)
    hub.publish(counter.push("patterns", "feed", "after", "insert"), "e-2")

    assert joiner.connection.joined_at == "e-1"
    assert [line.split("@")[0] for line in await joiner.wait_for_lines()] == ["insert:feed:after"]
    assert [line.split("@")[0] for line in await first.wait_for_lines(2)] == ["insert:feed:before", "insert:feed:after"]


async def test_what_happens_while_a_reader_catches_up_is_kept_for_it(hub: Hub, counter: PushCounter) -> None:
    reader, witness = hub.join(FEED, NEW_YORK), join(hub, FEED)
    await send_frames(hub, counter, witness, 3)

    assert RecordingTransport(reader).lines == witness.lines


async def test_who_is_sent_off_while_it_catches_up_is_told_when_it_begins(hub: Hub) -> None:
    reader = hub.join(FEED, NEW_YORK)
    reader.end("session-ended")
    paper = RecordingTransport(reader)

    assert [message.event for message in paper.messages] == ["session-ended"]
    assert paper.closed


async def test_a_reader_that_lags_steps_aside_and_is_told_where_it_stood(hub: Hub, counter: PushCounter) -> None:
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


async def test_a_reader_whose_wire_takes_nothing_is_cut_off(hub: Hub, counter: PushCounter) -> None:
    stuck, slow = join(hub, QUOTES), join(hub, QUOTES)
    for paper in (stuck, slow):
        paper.full, paper.unsent_bytes = True, 1_000_000
    hub.publish(counter.push("quotes:A", "a", "1"))
    await slow.wait_for_lines()

    async with asyncio.timeout(5):
        while not stuck.aborted:
            slow.unsent_bytes -= 1
            hub.check()
            await asyncio.sleep(0.01)

    assert not slow.aborted
    assert hub.stats.ended == {"slow": 1}


async def test_a_reader_is_sent_away_when_its_time_is_over(hub: Hub) -> None:
    paper = join(hub, FEED)
    hub.check()
    assert not paper.connection.end_reason

    paper.connection.expires_at = 0
    hub.check()

    assert (paper.messages[-1].event, paper.messages[-1].data) == ("bye", "age")
    assert paper.closed


async def test_silence_is_broken_by_a_beat_with_the_position(counter: PushCounter) -> None:
    hub = Hub(markup, RULES, beat_seconds=0.01)
    paper = join(hub, QUOTES)
    hub.complete_entry("e-5")
    await asyncio.sleep(0.02)

    hub.check()

    assert paper.messages[-1] == Message("beat", "0", "e-5")


async def test_nobody_is_let_in_beyond_the_bounds(hub: Hub) -> None:
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


async def test_an_audience_without_readers_is_forgotten(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, QUOTES)
    hub.publish(counter.push("quotes:A", "a", "1"))

    paper.connection.on_lost()
    await asyncio.sleep(0)
    hub.publish(counter.push("quotes:A", "a", "2"))

    assert hub.stats.audiences == 0
    assert hub.subscribed_topics == ()
    assert counter.counts == {}


async def test_who_lagged_and_left_takes_no_audience_with_it_that_is_not_its_own(
    hub: Hub, counter: PushCounter
) -> None:
    slow = join(hub, QUOTES)
    slow.full = True
    hub.publish(counter.push("quotes:A", "a", "1"))
    await slow.wait_for_lines()
    await asyncio.sleep(0)
    joiner = join(hub, QUOTES)

    slow.connection.on_lost()
    hub.publish(counter.push("quotes:A", "a", "2"))

    assert await joiner.wait_for_lines() == ["replace:a:2@America/New_York"]


async def test_a_flood_of_entries_is_framed_early_and_whole(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, FEED, rate=Rate.HALF_MINUTE)
    hub.publish(counter.push("patterns", "feed", "first", "insert"), "e-0")
    await paper.wait_for_lines()

    for number in range(600):
        hub.publish(counter.push("patterns", "feed", str(number), "insert"), f"e-{number}")

    assert len(await paper.wait_for_lines(601)) == 601


async def test_draining_delivers_what_waits_ends_everybody_and_lets_nobody_in(hub: Hub, counter: PushCounter) -> None:
    paper = join(hub, QUOTES, rate=Rate.HALF_MINUTE)
    hub.publish(counter.push("quotes:A", "a", "1"))

    await hub.drain()

    assert paper.lines == ["replace:a:1@America/New_York", "drain"]
    assert paper.closed
    with pytest.raises(HubFull):
        hub.join(QUOTES, NEW_YORK)
