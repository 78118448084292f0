"""Engine events reach the page, whichever process received them and when."""

import re
from datetime import date
from urllib.parse import quote

import asyncpg
import pytest

from app.db.pools import Pool
from app.finance.quote import NewestQuote
from app.indicators.board import IndicatorBoard
from app.live.pending_snapshots import NO_POSITION
from app.live.topics import symbol_topic
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.web.filters import dom_id
from app.wire.events.event import IndicatorCalculated, PatternExpired, ProcessingChanged, Tick
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.pipeline.conftest import Desk
from tests.support.desk_pages import administrators_page, page
from tests.support.quote_samples import AWKWARD, OPEN, tick
from tests.support.stream_events import detected
from tests.support.waiting import until

INSERT_INDICATOR = """
insert into daily_indicators (symbol, indicator_type, value_data, calculation_timestamp)
values ($1, 'RSI14', '{"value": 28.5}', to_timestamp($2))
"""


def indicator_event(symbol: str, value: float) -> IndicatorCalculated:
    return IndicatorCalculated(
        symbol=symbol, indicator="RSI14", timeframe="1min", value=value, signal="OVERBOUGHT", at=OPEN
    )


async def store(databases: Databases, symbol: str) -> None:
    link = await asyncpg.connect(databases.engine)
    await link.execute(INSERT_INDICATOR, symbol, OPEN)
    await link.close()


@pytest.mark.parametrize("symbol", AWKWARD)
async def test_a_stored_indicator_is_on_its_symbols_page(desk: Desk, databases: Databases, symbol: str) -> None:
    assert f"No indicator of {symbol} has been calculated yet" in await page(desk, f"/s/{quote(symbol)}")
    await store(databases, symbol)

    html = await page(desk, f"/s/{quote(symbol)}")

    assert f'id="{dom_id("readings", symbol)}"' in html
    assert "28.50" in html
    assert "oversold" in html


async def test_a_calculated_indicator_is_pushed_and_on_the_next_page(desk: Desk) -> None:
    board = desk.context.boards[IndicatorBoard]
    assert isinstance(board, IndicatorBoard)
    async with desk.stream(symbol_topic("BF/B")) as reader:
        await reader.message("message")
        await desk.publish(indicator_event("BF/B", 71.25))
        pushed = (await reader.containing("71.25")).data

    assert f'hx-target="#{dom_id("readings", "BF/B")}"' in pushed
    assert "overbought" in await page(desk, "/s/BF/B")


async def test_after_a_gap_the_indicators_of_a_symbol_are_read_again(desk: Desk, databases: Databases) -> None:
    async with desk.stream(symbol_topic("BRK.B")) as reader:
        await reader.message("message")
        await store(databases, "BRK.B")
        await desk.redis.client_kill_filter(_type="pubsub")

        assert "oversold" in (await reader.containing("28.50")).data


async def test_a_stream_whose_list_cannot_be_read_gets_a_notice_and_the_list_later(desk: Desk) -> None:
    there, desk.context.pools.market = desk.context.pools.market, Pool("postgresql://nobody@127.0.0.1:1/none", "away")

    async with desk.stream("patterns") as reader:
        assert 'hx-target="#notice-_0patterns"' in (await reader.message("message")).data
        assert reader.last_id == NO_POSITION
        desk.context.pools.market = there
        assert "Hammer" in (await reader.containing("Hammer")).data
        await reader.caught_up(desk.context.hub.last_id)


async def test_a_page_that_could_not_read_its_list_gets_it_at_the_start_of_its_stream(desk: Desk) -> None:
    await detected(desk, range(1))
    await until(lambda: desk.context.cursors.page_start())
    assert "cursor=" in await page(desk, "/")
    desk.context.pools.market = Pool("postgresql://nobody@127.0.0.1:1/none", "away")

    assert "cursor=" not in await page(desk, "/")
    assert "cursor=" not in await page(desk, "/s/BRK.B")


async def test_a_newly_traded_symbol_soon_has_its_previous_close(desk: Desk) -> None:
    """The feed has told it where boards start from; a tick says nothing of it."""
    board = desk.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    await until(lambda: board.count and not board.incomplete)
    figures = NewestQuote("NEWCO", 11.5, OPEN + 9, "2012-09-04", 11.5, 11.5, 11.5, 100, 11.0, None, 0, True)
    await NewestQuotes(desk.redis).put([figures])

    await desk.publish(Tick(symbol="NEWCO", price=11.5, volume=100, at=OPEN + 9))

    await until(lambda: (quote := board.quote("NEWCO")) and quote.previous_close == 11.0, 20)


async def test_published_indicators_stay_while_the_database_is_down(desk: Desk) -> None:
    board = desk.context.boards[IndicatorBoard]
    assert isinstance(board, IndicatorBoard)
    async with desk.stream(symbol_topic("BRK.B")) as reader:
        await reader.message("message")
        await desk.publish(indicator_event("BRK.B", 71.25))
        await until(lambda: bool(board.of("BRK.B")))
        desk.context.pools.market = Pool("postgresql://nobody@127.0.0.1:1/none", "away")

        assert "71.25" in await page(desk, "/s/BRK.B")


async def test_indicators_just_published_for_an_unwatched_symbol_are_shown_while_the_database_is_down(
    desk: Desk,
) -> None:
    desk.context.pools.market = Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    await desk.publish(indicator_event("BRK.B", 71.25))
    await until(lambda: desk.context.receiver.indicators.skipped)

    assert "71.25" in await page(desk, "/s/BRK.B")


async def test_a_run_appears_in_the_status_line_and_on_the_next_page(desk: Desk) -> None:
    async with desk.stream("status") as reader:
        await reader.message("message")
        await desk.publish(ProcessingChanged(run_id="r", status="failed", message="no provider", at=OPEN))
        await reader.containing("failed: no provider,")

    assert "failed: no provider," in await administrators_page(desk)


async def test_an_expired_pattern_is_pushed_and_stays_expired(desk: Desk) -> None:
    at = OPEN - 4 * 86_400
    key = dom_id("pattern", "BF/B", "Hammer", "daily", str(int(at)))
    async with desk.stream("patterns", desk.context.cursors.page_start()) as reader:
        await reader.message("hello")
        await desk.publish(
            PatternExpired(symbol="BF/B", pattern="Hammer", timeframe="daily", confidence=0.8, at=at, source="x")
        )
        assert ">expired<" in (await reader.containing(f'hx-target="#{key}"')).data

    for path in ("/", "/s/BF/B", "/patterns"):
        html = await page(desk, path)
        assert html.count(">expired<") == 1, path


@pytest.mark.parametrize("transport", ["auto"], indirect=True)
async def test_with_more_symbols_than_rows_every_row_that_is_shown_stays_live(desk: Desk) -> None:
    names = [f"S{number:03d}" for number in range(BOARD_ROWS + 20)]
    for symbol in names:
        await desk.publish(tick(symbol, 10.0))
    board = desk.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    await until(lambda: board.quote(names[-1]) and board.most_active.is_ranked(date(2012, 9, 4)))
    html = await page(desk, "/")
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)
    *_, last = board.most_active.symbols
    beyond = next(symbol for symbol in names if symbol not in board.most_active)
    assert f'id="{dom_id("row", last)}"' in html
    assert f"{BOARD_ROWS} most active of {board.count}" in html

    async with desk.stream(topics) as reader:
        await reader.message("message")
        board.rank({beyond: 1.0})
        rows = (await reader.containing(f'id="{dom_id("row", beyond)}"')).data
        for symbol in (last, names[-1], beyond):
            await desk.publish(tick(symbol, 30.25, OPEN + 1))
        cells = (await reader.containing("30.25")).data

    assert rows.count("<tr id=") == BOARD_ROWS
    assert f'id="{dom_id("row", last)}"' not in rows
    assert cells.count("30.25") == 1
    assert f'hx-target="#{dom_id("row", beyond)}"' in cells
    async with desk.stream(topics) as reader:  # a tab that was hidden meanwhile is shown the rows of now
        again = (await reader.message("message")).data
    assert again.count("<tr id=") == BOARD_ROWS
    assert "30.25" in again
