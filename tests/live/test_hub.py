"""Who gets which frames, and what happens to those who cannot keep up."""

import asyncio
from collections import Counter

import pytest

from app.identity import NumberForm, View
from app.live.hub import Full, Hub
from app.live.reader import Reader
from app.push import Op, Push, nothing
from tests.live.whatwg import parse

NEW_YORK = View()
BERLIN = View("Europe/Berlin", NumberForm.COMMA)
QUOTES = frozenset({"quotes:1"})
FEED = frozenset({"patterns"})
BOTH = QUOTES | FEED

FRAME = 0.02


class Drawn:
    """Counts what is drawn, and draws it as op:key:text@zone."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()

    def push(self, topic: str, key: str, text: str = "", op: Op = "replace") -> Push:
        def draw(view: View) -> str:
            self.times[f"{key}:{text}"] += 1
            if text == "broken":
                raise ValueError(text)
            return f"{text}@{view.zone}"

        return Push(topic, key, op, draw if op in ("replace", "insert") else nothing)


def markup(push: Push, view: View) -> str:
    return f"{push.op}:{push.key}:{push.draw(view)}"


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, frame_seconds=FRAME, buffer_frames=4, max_connections=5)


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()


async def heard(reader: Reader) -> list[str]:
    return [line for message in parse((await reader.take(2)).decode()).messages for line in message.data.split("\n")]


async def idle(reader: Reader) -> bool:
    return await reader.take(FRAME * 3) == b""


async def test_the_first_change_after_a_silence_comes_at_once_and_the_rest_together(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK, interval=3600)

    hub.publish(drawn.push("quotes:1", "a", "1"))
    hub.publish(drawn.push("quotes:1", "b", "1"))

    assert await heard(reader) == ["replace:a:1@America/New_York", "replace:b:1@America/New_York"]
    hub.publish(drawn.push("quotes:1", "a", "2"))
    assert await idle(reader)


async def test_only_the_newest_state_of_a_key_is_sent_and_drawn(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK)

    for price in range(100):
        hub.publish(drawn.push("quotes:1", "a", str(price)))

    assert await heard(reader) == ["replace:a:99@America/New_York"]
    assert drawn.times == {"a:99": 1}


async def test_a_whole_and_its_part_keep_the_order_of_their_newest_change(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK)

    for key in ("part", "whole", "part"):
        hub.publish(drawn.push("quotes:1", key, "x"))

    assert [line.split(":")[1] for line in await heard(reader)] == ["whole", "part"]


async def test_every_entry_of_a_log_is_sent_in_order_and_its_list_trimmed_once(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(FEED, NEW_YORK)

    for number in range(3):
        hub.publish(drawn.push("patterns", "feed", str(number), "insert"), f"e-{number}")
        hub.publish(drawn.push("patterns", "feed", op="trim"), f"e-{number}")

    assert [line.split("@")[0] for line in await heard(reader)] == [
        "insert:feed:0",
        "insert:feed:1",
        "insert:feed:2",
        "trim:feed:",
    ]


async def test_nothing_is_drawn_that_nobody_looks_at(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(FEED, NEW_YORK)

    hub.publish(drawn.push("quotes:1", "a", "1"))

    assert await idle(reader)
    assert drawn.times == {}


async def test_audiences_share_a_drawing_in_the_same_view_and_not_in_another(hub: Hub, drawn: Drawn) -> None:
    readers = [hub.join(QUOTES, NEW_YORK), hub.join(QUOTES, NEW_YORK), hub.join(BOTH, NEW_YORK), hub.join(BOTH, BERLIN)]

    hub.publish(drawn.push("quotes:1", "a", "1"))
    lines = [await heard(reader) for reader in readers]

    assert lines == [["replace:a:1@America/New_York"]] * 3 + [["replace:a:1@Europe/Berlin"]]
    assert drawn.times == {"a:1": 2}
    assert hub.stats.audiences == 3


async def test_what_cannot_be_drawn_is_left_out_and_the_rest_arrives(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK)

    hub.publish(drawn.push("quotes:1", "a", "broken"))
    hub.publish(drawn.push("quotes:1", "b", "1"))

    assert await heard(reader) == ["replace:b:1@America/New_York"]
    assert hub.stats.undrawable == 1


async def test_a_frame_bears_the_newest_id_of_the_log_whatever_it_shows(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK)

    hub.publish(drawn.push("patterns", "feed", "1", "insert"), "e-1")
    hub.publish(drawn.push("quotes:1", "a", "1"))
    hub.mark("e-2")

    assert parse((await reader.take(2)).decode()).last_id == "e-2"


async def test_a_joiner_is_told_where_the_log_stood_and_hears_only_what_follows(hub: Hub, drawn: Drawn) -> None:
    first = hub.join(FEED, NEW_YORK, interval=FRAME)
    hub.publish(drawn.push("patterns", "feed", "before", "insert"), "e-1")

    joiner = hub.join(FEED, NEW_YORK, interval=FRAME)
    hub.publish(drawn.push("patterns", "feed", "after", "insert"), "e-2")

    assert joiner.joined_at == "e-1"
    assert [line.split("@")[0] for line in await heard(joiner)] == ["insert:feed:after"]
    seen = await heard(first)
    while len(seen) < 2:
        seen += await heard(first)
    assert [line.split("@")[0] for line in seen] == ["insert:feed:before", "insert:feed:after"]


async def test_a_position_never_runs_ahead_of_what_was_taken(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(FEED, NEW_YORK)
    hub.mark("e-1")
    assert reader.position == "e-1"

    hub.publish(drawn.push("patterns", "feed", "2", "insert"), "e-2")
    assert reader.position == ""
    await reader.take(2)
    assert reader.position == "e-2"


async def test_a_slow_reader_is_cut_off_and_the_others_go_on(hub: Hub, drawn: Drawn) -> None:
    slow, quick = hub.join(QUOTES, NEW_YORK), hub.join(QUOTES, NEW_YORK)

    for price in range(5):
        hub.publish(drawn.push("quotes:1", "a", str(price)))
        assert await heard(quick) == [f"replace:a:{price}@America/New_York"]

    assert slow.ended == "slow"
    assert await slow.take(2) == b""
    assert hub.stats.evicted == 1
    assert hub.stats.readers == 1


async def test_a_joiner_finds_a_place_though_the_flush_for_it_ends_all_others(hub: Hub, drawn: Drawn) -> None:
    slow = hub.join(QUOTES, NEW_YORK, interval=FRAME)
    while not slow.ended:
        hub.publish(drawn.push("quotes:1", "a", "1"))
        joiner = hub.join(QUOTES, NEW_YORK, interval=FRAME)
        if not slow.ended:
            joiner.end("left")

    hub.publish(drawn.push("quotes:1", "a", "2"))

    assert await heard(joiner) == ["replace:a:2@America/New_York"]


async def test_nobody_is_let_in_beyond_the_bound(hub: Hub) -> None:
    readers = [hub.join(QUOTES, NEW_YORK) for _ in range(5)]
    with pytest.raises(Full):
        hub.join(QUOTES, NEW_YORK)

    readers[0].end("left")

    assert hub.join(QUOTES, NEW_YORK)


async def test_an_audience_without_readers_is_forgotten(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK)
    hub.publish(drawn.push("quotes:1", "a", "1"))

    reader.end("left")
    await asyncio.sleep(0)
    hub.publish(drawn.push("quotes:1", "a", "2"))

    assert hub.stats.audiences == 0
    assert drawn.times == {}


async def test_a_flood_is_framed_early_and_whole(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(FEED, NEW_YORK, interval=3600)
    hub.publish(drawn.push("patterns", "feed", "first", "insert"))
    await heard(reader)

    for number in range(300):
        hub.publish(drawn.push("patterns", "feed", str(number), "insert"))

    assert len(await heard(reader)) == 300


async def test_draining_delivers_what_waits_ends_everybody_and_lets_nobody_in(hub: Hub, drawn: Drawn) -> None:
    reader = hub.join(QUOTES, NEW_YORK, interval=3600)
    hub.publish(drawn.push("quotes:1", "a", "1"))

    hub.drain()

    assert await heard(reader) == ["replace:a:1@America/New_York"]
    assert reader.ended == "drain"
    assert await reader.take(2) == b""
    with pytest.raises(Full):
        hub.join(QUOTES, NEW_YORK)
