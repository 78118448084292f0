"""Between the notice of a loss and the whole list a reader has no position in the log."""

import pytest

from app.live.hub import Hub
from app.live.pending_snapshots import NO_POSITION
from tests.support.recording_transport import FEED, PushCounter, join, markup
from tests.support.topic_rules import RULES

BOTH = frozenset({"quotes:A"}) | FEED
QUOTES = frozenset({"quotes:A"})


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, RULES, shortest=0.02)


async def test_a_reader_has_no_position_until_the_whole_list_is_sent(hub: Hub, counter: PushCounter) -> None:
    transport, other = join(hub, BOTH), join(hub, QUOTES)
    hub.pending_snapshots.request(["patterns"])
    version = hub.pending_snapshots.version("patterns")

    for number in (1, 2):
        hub.publish(counter.push("patterns", "feed", str(number), "insert"), f"e-{number}")
        hub.complete_entry(f"e-{number}")
        hub.publish(counter.push("quotes:A", "a", str(number)))
        await transport.wait_for_lines(2 * number)
        await other.wait_for_lines(number)
    late = join(hub, BOTH)
    hub.publish(counter.push("patterns", "feed", "3", "insert"), "e-3")
    hub.complete_entry("e-3")
    await late.wait_for_lines()

    assert {message.id for message in transport.messages} == {NO_POSITION}
    assert (other.parser.last_id, late.parser.last_id) == ("e-2", NO_POSITION)
    hub.pending_snapshots.complete("patterns", version)
    hub.publish(counter.push("patterns", "feed", "whole"))
    await late.wait_for_lines(2)
    assert (transport.parser.last_id, late.parser.last_id) == ("e-3", "e-3")


async def test_a_list_that_is_requested_again_while_it_is_read_is_read_again(hub: Hub) -> None:
    hub.pending_snapshots.request(["patterns"])
    version = hub.pending_snapshots.version("patterns")
    hub.pending_snapshots.request(["patterns"])

    hub.pending_snapshots.complete("patterns", version)

    assert await hub.pending_snapshots.wait() == ("patterns",)
    assert hub.pending_snapshots.position(FEED, "e-1") == NO_POSITION
