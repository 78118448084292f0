import re

import asyncpg
import pytest
from msgspec.structs import asdict, fields, replace

from app.db import roles
from app.db.pools import Pool, Pools
from app.finance import detections
from app.identity import View
from app.patterns import queries, stream
from app.patterns.api import PatternsParameters
from app.patterns.board import PatternBoard
from app.patterns.forms import PARAMETERS
from app.patterns.queries import DetectionFilter
from app.web.filters import dom_id
from app.wire.events.event import PatternDetected, PatternExpired, PatternUpdated
from tests.conftest import Databases
from tests.support.quote_samples import AWKWARD, OPEN
from tests.support.stored_bars import PatternRow, store_patterns

VIEW = View()


def detected(symbol: str, pattern: str = "Hammer", at: float = OPEN) -> PatternDetected:
    return PatternDetected(
        symbol=symbol, pattern=pattern, timeframe="1min", confidence=0.91, direction="bullish", at=at
    )


def test_a_detection_is_added_to_the_feed_the_list_of_its_symbol_and_the_column_of_its_tier_and_each_is_trimmed() -> (
    None
):
    for symbol in AWKWARD:
        *pushes, newest = stream.on_detected(detected(symbol), PatternBoard())

        assert (newest.topic, newest.key, newest.op) == (f"patterns:{symbol}", dom_id("newest", symbol), "replace")
        assert [(push.topic, push.key, push.op) for push in pushes] == [
            (topic, key, op)
            for topic, key in (
                (stream.PATTERNS, "feed"),
                (f"patterns:{symbol}", dom_id("feed", symbol)),
                ("flow:intraday", "flow-_0intraday"),
            )
            for op in ("insert", "trim")
        ]
        assert [push.keep for push in pushes if push.op == "trim"] == [50, 50, 25]
        html = pushes[0].draw(VIEW)
        assert f'id="{dom_id("pattern", symbol, "Hammer", "1min", str(int(OPEN)))}"' in html
        assert f'data-k="{int(OPEN)}"' in html
        assert "91%" in html
        assert "bullish" in html
        assert "4 Sep 2012, 09:30 EDT" in html


@pytest.mark.parametrize(
    ("declared", "timeframe", "tier"),
    [
        ("", "1min", "intraday"),
        ("", "hourly", "intraday"),
        ("", "weekly", "daily"),
        ("", "combo", "combo"),
        ("combo", "1min", "combo"),
        ("synthetic", "daily", "daily"),
        ("", "intraday", "intraday"),
    ],
)
def test_a_detection_goes_to_the_column_of_the_tier_that_it_declares_or_else_of_its_timeframe(
    declared: str, timeframe: str, tier: str
) -> None:
    event = replace(detected("BRK.B"), tier=declared, timeframe=timeframe)

    topics = {push.topic for push in stream.on_detected(event, PatternBoard())}

    assert topics == {"patterns", "patterns:BRK.B", f"flow:{tier}"}


def test_a_hostile_name_stays_text() -> None:
    (push, *_) = stream.on_detected(detected("BRK.B", 'Doji"><img src=x onerror=alert(1)><hx-partial>'), PatternBoard())

    html = push.draw(VIEW)

    assert "<img" not in html
    assert "<hx-partial" not in html
    assert re.search(r'^<li id="[a-z0-9_-]+" ', html)


async def test_a_stored_detection_has_the_id_that_its_event_had(databases: Databases) -> None:
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1))
    await store_patterns(databases.engine, "1min", [PatternRow("BF/B", "Hammer", OPEN, confidence=0.91)])

    (whole,) = await stream.snapshot(stream.PATTERNS, pools, PatternBoard())
    await pools.close()

    pushed = next(iter(stream.on_detected(detected("BF/B"), PatternBoard()))).draw(VIEW)
    assert whole.op == "replace"
    assert pushed in whole.draw(VIEW)


async def test_the_newest_detections_come_first_and_can_be_filtered(databases: Databases) -> None:
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1))
    await store_patterns(
        databases.engine, "1min", [PatternRow(symbol, "Doji", OPEN + 60 * n) for n, symbol in enumerate(AWKWARD)]
    )
    await store_patterns(databases.engine, "daily", [PatternRow("BRK.B", "Hammer", OPEN - 90_000)])

    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        all_of_them = await queries.recent(connection, shape, 100)
        two = await queries.recent(connection, shape, 2)
        one_symbol = await queries.recent(connection, shape, 100, DetectionFilter(("BRK.B",)))
        one_timeframe = await queries.recent(connection, shape, 100, DetectionFilter(timeframe="daily"))
        by_tier = {
            tier: await queries.recent(connection, shape, 100, DetectionFilter(tier=tier)) for tier in detections.TIERS
        }
    await pools.close()

    assert by_tier == {"daily": all_of_them[-1:], "intraday": all_of_them[:-1], "combo": []}
    assert [detection.symbol for detection in all_of_them] == [*reversed(AWKWARD), "BRK.B"]
    assert two == all_of_them[:2]
    assert {detection.symbol for detection in one_symbol} == {"BRK.B"}
    assert [detection.pattern for detection in one_timeframe] == ["Hammer"]


async def test_tables_are_inspected_again_after_one_becomes_unreadable(databases: Databases) -> None:
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1))
    await store_patterns(databases.engine, "1min", [PatternRow("BRK.B", "Doji", OPEN)])
    await store_patterns(databases.engine, "daily", [PatternRow("BRK.B", "Hammer", OPEN)])
    before = await pools.shape()
    owner = await asyncpg.connect(databases.engine)
    await owner.execute(f"revoke select on daily_patterns from {roles.MARKET}")
    await owner.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with pools.market.acquire() as connection:
            await queries.recent(connection, before, 100)
    after = await pools.shape()
    async with pools.market.acquire() as connection:
        left = await queries.recent(connection, after, 100)
    assert await pools.shape() is after
    await pools.close()

    assert [detection.pattern for detection in left] == ["Doji"]


def expiry_event(at: float = OPEN) -> PatternExpired:
    return PatternExpired(symbol="BF/B", pattern="Hammer", timeframe="1min", confidence=0.0, at=at)


def test_a_correction_replaces_its_entry() -> None:
    board = PatternBoard()
    (first, *_) = stream.on_detected(detected("BF/B"), board)

    (push, *_) = stream.on_updated(PatternUpdated(**{**asdict(detected("BF/B")), "confidence": 0.5}), board)

    assert (push.topic, push.key, push.op) == (first.topic, first.key, "insert")
    assert push.draw(VIEW) == first.draw(VIEW).replace("91%", "50%")


def test_an_expired_pattern_says_so_in_every_list_and_on_the_next_page() -> None:
    board = PatternBoard()
    list(stream.on_detected(detected("BF/B"), board))

    pushes = list(stream.on_expired(expiry_event(), board))

    key = dom_id("pattern", "BF/B", "Hammer", "1min", str(int(OPEN)))
    assert [(push.topic, push.key, push.op) for push in pushes] == [
        (stream.PATTERNS, key, "replace"),
        ("patterns:BF/B", key, "replace"),
        ("flow:intraday", key, "replace"),
    ]
    html = pushes[0].draw(VIEW)
    assert f'<li id="{key}"' in html
    assert ">expired<" in html
    assert "91%" in html
    detection = queries.Detection("BF/B", "Hammer", "1min", 0.91, "bullish", OPEN)
    assert [each.expired for each in board.with_expiry([detection, detection._replace(at=OPEN - 60)])] == [True, False]


def test_an_expiry_without_a_detection_time_applies_to_the_newest_of_that_name() -> None:
    board = PatternBoard()
    for at in (OPEN, OPEN + 60):
        list(stream.on_detected(detected("BF/B", at=at), board))

    (later, *_) = stream.on_expired(expiry_event(OPEN + 9_000), board)
    (older, *_) = stream.on_expired(expiry_event(OPEN), board)

    assert later.key.endswith(f"-{int(OPEN + 60)}")
    assert older.key.endswith(f"-{int(OPEN)}")


def test_a_corrected_pattern_is_no_longer_expired() -> None:
    board = PatternBoard()
    list(stream.on_expired(expiry_event(), board))

    (push, *_) = stream.on_updated(PatternUpdated(**asdict(detected("BF/B"))), board)

    assert "expired" not in push.draw(VIEW)
    assert not board.with_expiry([queries.Detection("BF/B", "Hammer", "1min", 0.91, "bullish", OPEN)])[0].expired


def test_the_memory_of_expired_patterns_is_bounded() -> None:
    board = PatternBoard(names=2, expired=2)
    for symbol in AWKWARD:
        detection = queries.Detection(symbol, "Hammer", "1min", 0.9, "bullish", OPEN)
        board.add(detection)
        board.expire(detection)

    marked = board.with_expiry(queries.Detection(symbol, "Hammer", "1min", 0.9, "bullish", OPEN) for symbol in AWKWARD)
    assert [each.expired for each in marked] == [False, True, True]


def test_the_patterns_page_accepts_the_same_filters_as_the_api() -> None:
    assert set(PARAMETERS) == {field.encode_name for field in fields(PatternsParameters)}
