"""Which symbols have a row on the desk, and in which order."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.db.pools import Pools
from app.finance.quote import NewestQuote
from app.quotes import queries
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.quotes.seed import seed
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.support.query_plans import Explaining
from tests.support.quote_samples import AWKWARD, DAY, OPEN, bars, quote, tick
from tests.support.stored_bars import store_bars, store_symbols

SESSION = date(2012, 9, 4)


def symbols(board: QuoteBoard) -> list[str]:
    return [entry.symbol for entry in board.rows()]


def full_board() -> tuple[QuoteBoard, Sequence[str]]:
    board, names = QuoteBoard(), [f"M{number:03d}" for number in range(BOARD_ROWS)]
    for symbol in names:
        board.apply(tick(symbol, 1.0))
    return board, names


def test_stored_money_volume_decides_before_that_of_the_session_and_the_name() -> None:
    board = QuoteBoard()
    board.seed([quote("A", 1.0), quote("B", 2.0), quote("BRK.B", 1.0, volume=9), quote("BF/B", 1.0, volume=9)])

    board.rank({"X:BTCUSD": 9.0, "BRK.B": 5.0, "BF/B": 5.0})

    assert symbols(board) == ["BF/B", "BRK.B", "B", "A"]


def test_no_price_and_no_volume_moves_a_row() -> None:
    board = QuoteBoard()
    board.seed([quote("A"), quote("B")])
    board.rank({"B": 2.0, "A": 1.0})
    assert board.most_active.take_change(0.0)

    board.apply(tick("A", 900.0, OPEN + 120, volume=10**9))
    board.rank({})

    assert symbols(board) == ["B", "A"]
    assert not board.most_active.take_change(60.0)


def test_without_stored_bars_the_sessions_money_volume_decides_once() -> None:
    board = QuoteBoard()
    board.seed([quote("A", volume=1), quote("B", volume=2)])
    board.rank({})
    board.apply(tick("A", 85.5, OPEN + 120, volume=9_000))

    board.rank({})
    assert symbols(board) == ["B", "A"]
    assert not board.most_active.is_ranked(SESSION)

    board.rank({"A": 1.0})
    assert symbols(board) == ["A", "B"]
    assert board.most_active.is_ranked(SESSION)


def test_a_symbol_that_has_not_traded_for_a_month_comes_last() -> None:
    board = QuoteBoard()
    board.seed([quote("LEFT", session=SESSION - timedelta(days=31)), quote("QUIET", volume=0)])

    board.rank({"LEFT": 10.0**12})

    assert symbols(board) == ["QUIET", "LEFT"]
    assert (board.count, board.most_active.candidates) == (2, 1)


def test_a_feed_that_begins_again_in_the_past_has_the_newest_session() -> None:
    board = QuoteBoard()
    board.seed([quote("A"), quote("B")])

    board.apply(tick("A", 80.0, OPEN - 300 * DAY))

    assert board.newest_session == SESSION - timedelta(days=300)
    assert board.price("A") == 80.0


def test_the_rows_are_ranked_again_for_a_new_session_alone() -> None:
    board = QuoteBoard()
    board.seed([quote("A"), quote("B")])
    board.rank({"B": 2.0, "A": 1.0})
    assert board.most_active.is_ranked(SESSION)

    board.apply(tick("A", 900.0, OPEN + DAY))

    assert board.newest_session == SESSION + timedelta(days=1)
    assert not board.most_active.is_ranked(SESSION + timedelta(days=1))


def test_a_new_symbol_gets_a_row_only_while_there_is_room() -> None:
    board, names = full_board()
    assert board.most_active.take_change(0.0)

    board.apply(tick("A", 1.0))
    board.apply(tick("N", 1.0))

    assert symbols(board) == list(names)
    assert not board.most_active.take_change(60.0)
    assert "A" not in board.most_active


def test_a_larger_table_is_resent_less_often_for_new_rows() -> None:
    few, (many, names) = QuoteBoard(), full_board()
    few.apply(tick("M", 1.0))
    few.most_active.take_change(0.0)
    many.most_active.take_change(0.0)

    few.apply(tick("A", 1.0))
    many.rank({names[-1]: 1.0})

    assert [few.most_active.take_change(second) for second in (0.05, 0.1, 30.0)] == [False, True, False]
    assert [many.most_active.take_change(second) for second in (0.1, 5.9, 6.0, 30.0)] == [False, False, True, False]


async def test_the_last_twenty_days_before_the_session_are_averaged(databases: Databases, pools: Pools) -> None:
    days = bars("BRK.B", 22, until=SESSION)
    await store_bars(databases.engine, days)
    await store_bars(databases.engine, [bar._replace(symbol="X:BTCUSD", volume=0) for bar in days])
    products = [bar.close * bar.volume for bar in days[1:-1]]
    async with pools.market.acquire() as connection:
        explaining = Explaining(connection)
        money_volumes = await queries.money_volumes(explaining, await pools.shape(), SESSION, ["NONE", *AWKWARD])  # type: ignore[arg-type]

    assert money_volumes == {"BRK.B": sum(products) / len(products)}
    assert len(products) == queries.ACTIVITY_DAYS
    assert explaining.most_rows <= 2 * queries.ACTIVITY_DAYS
    assert not explaining.without_index


async def test_a_seeded_board_has_the_most_active_of_the_market_at_once(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board, names = QuoteBoard(), [f"S{number:03d}" for number in range(BOARD_ROWS + 20)]
    await store_symbols(databases.engine, dict.fromkeys([*names, *AWKWARD], "Company"))
    for number, symbol in enumerate(names):
        await store_bars(databases.engine, [bar._replace(volume=1 + number) for bar in bars(symbol, 2)])
    for symbol in AWKWARD:
        await store_bars(databases.engine, bars(symbol, 2))
    at_once: list[list[str]] = []

    await seed(board, pools, newest, lambda: at_once.append(symbols(board)))

    expected = [*sorted(AWKWARD), *reversed(names)][:BOARD_ROWS]
    assert at_once == [expected]
    assert board.most_active.by_stored_bars

    await newest.put([NewestQuote(names[0], 23.0, OPEN, "2012-09-04", 20.0, 24.0, 19.0, 10**9)])
    await store_bars(databases.engine, [bar._replace(volume=10**6) for bar in bars(names[1], 1, date(2012, 9, 3))])
    await seed(board, pools, newest)
    assert board.most_active.session == SESSION
    assert symbols(board) == [names[1], *expected[:-1]]
