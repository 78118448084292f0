"""Between the notice that a list is owed and the list, a reader is at no place in the log."""

import pytest

from app.live.hub import Hub
from app.live.owed import NO_POSITION
from tests.live.paper import FEED, Drawn, joined, markup

BOTH = frozenset({"quotes:A"}) | FEED
QUOTES = frozenset({"quotes:A"})


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, shortest=0.02)


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()


async def test_a_reader_of_a_list_that_is_owed_has_no_position_until_it_is_sent(hub: Hub, drawn: Drawn) -> None:
    paper, other = joined(hub, BOTH), joined(hub, QUOTES)
    hub.owed.owe(["patterns"])
    version = hub.owed.version("patterns")

    for number in (1, 2):
        hub.publish(drawn.push("patterns", "feed", str(number), "insert"), f"e-{number}")
        hub.mark(f"e-{number}")
        hub.publish(drawn.push("quotes:A", "a", str(number)))
        await paper.heard(2 * number)
        await other.heard(number)
    late = joined(hub, BOTH)
    hub.publish(drawn.push("patterns", "feed", "3", "insert"), "e-3")
    hub.mark("e-3")
    await late.heard()

    assert {message.id for message in paper.messages} == {NO_POSITION}
    assert (other.parser.last_id, late.parser.last_id) == ("e-2", NO_POSITION)
    hub.owed.settle("patterns", version)
    hub.publish(drawn.push("patterns", "feed", "whole"))
    await late.heard(2)
    assert (paper.parser.last_id, late.parser.last_id) == ("e-3", "e-3")


async def test_a_list_that_is_owed_once_more_while_it_is_read_is_read_again(hub: Hub) -> None:
    hub.owed.owe(["patterns"])
    version = hub.owed.version("patterns")
    hub.owed.owe(["patterns"])

    hub.owed.settle("patterns", version)

    assert await hub.owed.wait() == ("patterns",)
    assert hub.owed.position(FEED, "e-1") == NO_POSITION
