"""What a page lacks that shows an older match list, and what the board keeps."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.rules.live_rule import MOST_LIVE
from app.rules.matching import Departure
from app.scans.matches.board import KEPT_SECONDS, MOST_VERSIONS, PENDING_SECONDS, MatchBoard, MatchChanges
from app.wire.rules.match_lists import MatchBatch, MatchList

SYMBOLS = ("BF/B", "BRK.B", "IBM", "X:BTCUSD")
START = 1_800_000_000.0


def match_list(number: int, symbols: set[str], key: str = "k", at: float | None = None) -> MatchList:
    moment = START + number if at is None else at
    departures = {symbol: Departure("RSI 14 at most 40", 41.2) for symbol in SYMBOLS}
    own = tuple(sorted(symbols))
    return MatchList(key, int(moment * 1000), moment, moment - 1e9, own, (4, len(own)), departures)


@given(lists=st.lists(st.sets(st.sampled_from(SYMBOLS)), min_size=1, max_size=12), data=st.data())
def test_changes_are_what_a_page_that_follows_every_version_would_show(
    lists: list[set[str]], data: st.DataObject
) -> None:
    board = MatchBoard()
    for number, symbols in enumerate(lists):
        board.apply(MatchBatch(1.0, (match_list(number, symbols),)))
    base = data.draw(st.integers(0, len(lists) - 1))

    changes = board.changes("k", match_list(base, set()).version)

    rows = set(lists[base])
    for symbols in lists[base:]:
        rows &= symbols
    assert changes
    assert set(changes.new) == lists[-1] - rows
    assert {one.symbol for one in changes.left} == lists[base] - rows - lists[-1]
    assert changes.since == match_list(base, set()).as_of
    for one in changes.left:
        first = next(number for number, symbols in enumerate(lists) if number > base and one.symbol not in symbols)
        assert (one.at, one.departure) == (START + first, Departure("RSI 14 at most 40", 41.2))


def test_a_page_without_a_list_has_that_of_its_time_or_the_first_one_soon_after() -> None:
    board = MatchBoard()
    assert board.changes("k", 1) is None
    for number, symbols in enumerate(({"IBM"}, {"BF/B"})):
        board.apply(MatchBatch(1.0, (match_list(10 * number, symbols),)))

    def since(at: float) -> MatchChanges | None:
        return board.changes("k", int(at * 1000))

    assert [changes and changes.new for changes in (since(START + 5), since(START + 15))] == [("BF/B",), ()]
    assert since(START - PENDING_SECONDS + 1) == since(START + 5)
    assert since(START - PENDING_SECONDS - 1) is None


def test_a_page_of_a_list_that_is_not_known_is_no_page_of_the_newest_one() -> None:
    """The process began meanwhile, or the page is of another one."""
    first, second, third = (match_list(number, {SYMBOLS[number]}) for number in range(3))
    board = MatchBoard()
    board.put(replace(third, version_before=second.version))

    assert board.changes("k", first.version) is None
    assert board.changes("k", second.version) is None
    drawn_before_it_came, newest = (board.changes("k", third.version + later) for later in (-10, 0))
    assert drawn_before_it_came == newest
    assert newest
    assert newest.new == newest.left == ()


def test_a_version_is_forgotten_after_hours_and_after_many_others() -> None:
    board = MatchBoard()
    board.apply(MatchBatch(1.0, (match_list(0, {"IBM"}),)))
    board.apply(MatchBatch(1.0, (match_list(0, {"BF/B"}, at=START + KEPT_SECONDS + 1),)))
    assert board.changes("k", match_list(0, set()).version) is None

    for number in range(MOST_VERSIONS + 1):
        board.apply(MatchBatch(1.0, (match_list(number, {SYMBOLS[number % 2]}, "often"),)))
    assert board.changes("often", int((START - PENDING_SECONDS) * 1000)) is None
    assert board.changes("often", match_list(1, set()).version)


def test_an_older_list_changes_nothing_and_an_unchanged_one_is_as_of_later() -> None:
    board = MatchBoard()
    assert board.apply(MatchBatch(1.0, (match_list(5, {"IBM"}),))) == ["k"]
    assert board.apply(MatchBatch(1.0, (match_list(4, {"BF/B"}),))) == []
    assert board.apply(MatchBatch(7.0, same={"k": (9, 1), "other": (9, 1)})) == []

    newest = board.newest("k")
    assert newest
    assert (newest.symbols, newest.as_of, newest.left) == (("IBM",), 7.0, (9, 1))
    assert board.newest("other") is None


def test_of_too_many_rules_those_are_kept_of_which_was_heard_last() -> None:
    board = MatchBoard()
    for number in range(MOST_LIVE):
        board.apply(MatchBatch(1.0, (match_list(0, {"IBM"}, f"k{number}"),)))
    board.apply(MatchBatch(2.0, same={"k0": (1,)}))
    board.apply(MatchBatch(2.0, (match_list(0, {"IBM"}, "more"),)))

    assert [key for key in ("k0", "k1", "k2", "more") if board.newest(key)] == ["k0", "k2", "more"]


def test_rows_are_struck_through_for_a_minute() -> None:
    board = MatchBoard()
    board.apply(MatchBatch(1.0, (match_list(0, {"IBM", "BF/B"}),)))
    board.apply(MatchBatch(1.0, (match_list(1, {"BF/B"}),)))

    assert board.take_ended(START + 60.5) == {}
    assert board.take_ended(START + 61.5) == {"k": {"IBM"}}
    assert board.take_ended(START + 62.5) == {}


def test_changes_are_announced_at_most_every_ten_seconds() -> None:
    board = MatchBoard()
    board.apply(MatchBatch(1.0, (match_list(0, {"IBM"}),)))
    assert board.take_announcements(START) == set()

    announcements = []
    for number in range(1, 22):
        board.apply(MatchBatch(1.0, (match_list(number, {SYMBOLS[number % 2]}),)))
        announcements += [number] * bool(board.take_announcements(START + number))
    assert announcements == [1, 11, 21]
    assert board.take_announcements(START + 40) == set()


async def test_whoever_waits_for_a_list_is_woken_by_any_one_of_the_rule() -> None:
    board = MatchBoard()
    waiting, other = board.next_list("k"), board.next_list("other")
    board.apply(MatchBatch(1.0, (match_list(0, set()),)))

    async with asyncio.timeout(1):
        await waiting.wait()
    assert not other.is_set()
