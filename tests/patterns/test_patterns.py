import re

from app.db.pools import Pool, Pools
from app.identity import View
from app.live import topics
from app.patterns import queries, stream
from app.patterns.board import Board
from app.web.filters import dom_id
from app.wire.events import PatternDetected
from tests.conftest import Databases
from tests.quotes.samples import AWKWARD, OPEN
from tests.quotes.stored import Found, store_patterns

VIEW = View()


def detected(symbol: str, pattern: str = "Hammer", at: float = OPEN) -> PatternDetected:
    return PatternDetected(
        symbol=symbol, pattern=pattern, timeframe="1min", confidence=0.91, direction="bullish", at=at
    )


def test_a_detection_goes_into_the_feed_and_its_symbols_list_and_both_are_trimmed() -> None:
    for symbol in AWKWARD:
        pushes = list(stream.on_detected(detected(symbol), Board()))

        assert [(push.topic, push.key, push.op) for push in pushes] == [
            (topic, key, op)
            for topic, key in ((topics.PATTERNS, "feed"), (f"patterns:{symbol}", dom_id("feed", symbol)))
            for op in ("insert", "trim")
        ]
        drawn = pushes[0].draw(VIEW)
        assert f'id="{dom_id("pattern", symbol, "Hammer", "1min", str(int(OPEN)))}"' in drawn
        assert f'data-k="{int(OPEN)}"' in drawn
        assert "91%" in drawn
        assert "bullish" in drawn
        assert "4 Sep 2012, 09:30 EDT" in drawn


def test_a_hostile_name_stays_text() -> None:
    (push, *_) = stream.on_detected(detected("BRK.B", 'Doji"><img src=x onerror=alert(1)><hx-partial>'), Board())

    drawn = push.draw(VIEW)

    assert "<img" not in drawn
    assert "<hx-partial" not in drawn
    assert re.search(r'^<li id="[a-z0-9_-]+" ', drawn)


async def test_a_stored_detection_has_the_id_that_its_event_had(databases: Databases) -> None:
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1))
    await store_patterns(databases.engine, "1min", [Found("BF/B", "Hammer", OPEN, confidence=0.91)])

    (whole,) = await stream.snapshot(topics.PATTERNS, pools, Board())
    await pools.close()

    pushed = next(iter(stream.on_detected(detected("BF/B"), Board()))).draw(VIEW)
    assert whole.op == "replace"
    assert pushed in whole.draw(VIEW)


async def test_the_newest_come_first_and_can_be_narrowed(databases: Databases) -> None:
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1))
    await store_patterns(
        databases.engine, "1min", [Found(symbol, "Doji", OPEN + 60 * n) for n, symbol in enumerate(AWKWARD)]
    )
    await store_patterns(databases.engine, "daily", [Found("BRK.B", "Hammer", OPEN - 90_000)])

    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        all_of_them = await queries.recent(connection, shape, 100)
        two = await queries.recent(connection, shape, 2)
        one_symbol = await queries.recent(connection, shape, 100, "BRK.B")
        one_timeframe = await queries.recent(connection, shape, 100, None, "daily")
    await pools.close()

    assert [found.symbol for found in all_of_them] == [*reversed(AWKWARD), "BRK.B"]
    assert two == all_of_them[:2]
    assert {found.symbol for found in one_symbol} == {"BRK.B"}
    assert [found.pattern for found in one_timeframe] == ["Hammer"]
