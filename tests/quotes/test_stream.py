import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

import pytest

from app.deps import NO_HEALTH
from app.finance.adjust import PRICES, Prices
from app.finance.instrument import Instrument
from app.identity import NumberForm, View
from app.live.topics import name, symbol_topic
from app.push import Push
from app.quotes import stream
from app.quotes.board import QuoteBoard
from app.quotes.charts import pushes
from app.quotes.charts.cache import ChartCache, assemble
from app.quotes.charts.settings import ChartSettings
from app.quotes.most_active import BOARD_ROWS
from app.quotes.quote import SLOT_SECONDS
from app.quotes.topics import QUOTES, chart_topic, quotes_topic
from app.wire.events.event import Tick
from tests.support.quote_samples import AWKWARD, OPEN, bars, tick
from tests.support.topic_rules import RULES

VIEW = View()


def on_tick(event: Tick, board: QuoteBoard, charts: ChartCache) -> Iterator[Push]:
    return stream.on_ticks((event,), board, charts)


def keys(pushes: Iterable[Push]) -> list[str]:
    return [push.key for push in pushes]


class Roots(HTMLParser):
    """The ids of elements that stand at the top."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.depth, self.ids = 0, list[str | None]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.ids.append(dict(attrs).get("id"))
        self.depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


@pytest.fixture(params=AWKWARD)
def symbol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_push_draws_its_target_element_or_the_cells_of_its_row(symbol: str) -> None:
    board, charts = QuoteBoard(), ChartCache()
    board.apply(tick(symbol, 10.0))
    pushes.drawn_plot(
        charts.put(assemble(Instrument(symbol), ChartSettings(), bars(symbol, 20), board.quote(symbol))), charts
    )

    sent = [
        push
        for n, price in enumerate((10.5, 10.4, 500.0))
        for push in on_tick(tick(symbol, price, OPEN + (n + 1) * SLOT_SECONDS, arrived_at=2000.0 + n), board, charts)
    ]

    assert {push.key.partition("-")[0] for push in sent} == {
        "quotes", "row", "headline", "ranges", "facts", "candle", "level", "bar", "chart",
    }  # fmt: skip
    assert {push.op for push in sent} >= {"cells", "spark"}
    for push in sent:
        html = push.draw(VIEW)
        assert Roots(html).ids == {"cells": [None] * 3, "spark": [None]}.get(push.op, [push.key])
        assert re.fullmatch(r"[a-z0-9_-]+", push.key)
        assert RULES.parse(push.topic) == push.topic
        assert not re.search(r"aria-live|role=.status|autofocus|<script|\shx-", html)


@pytest.mark.parametrize("prices", PRICES)
def test_a_candle_is_pushed_only_to_charts_of_its_price_adjustment(symbol: str, prices: Prices) -> None:
    board, charts = QuoteBoard(), ChartCache()
    board.apply(tick(symbol, 10.0))
    chart = assemble(Instrument(symbol), ChartSettings(), bars(symbol, 20), board.quote(symbol))
    pushes.drawn_plot(charts.put(chart._replace(settings=ChartSettings(prices=prices))), charts)

    sent = [
        push
        for n, price in enumerate((10.5, 500.0))
        for push in on_tick(tick(symbol, price, OPEN + (n + 1) * SLOT_SECONDS), board, charts)
        if name(push.topic) == "chart"
    ]

    assert {push.key.partition("-")[0] for push in sent} == {"candle", "level", "bar", "chart"}
    assert {push.topic for push in sent} == {chart_topic(symbol, ChartSettings(prices=prices))}


def test_an_unchanged_price_is_not_pushed() -> None:
    board, charts = QuoteBoard(), ChartCache()
    list(on_tick(tick("BRK.B", 10.0, OPEN), board, charts))

    again = keys(on_tick(tick("BRK.B", 10.0, OPEN + 1, arrived_at=1000.4), board, charts))

    assert not [key for key in again if key.startswith("row")]


def test_a_late_tick_pushes_no_price() -> None:
    board, charts = QuoteBoard(), ChartCache()
    list(on_tick(tick("BRK.B", 10.0, OPEN + 5), board, charts))

    late = keys(on_tick(tick("BRK.B", 11.0, OPEN), board, charts))

    assert not [key for key in late if key.startswith("row")]
    assert [key for key in late if key.startswith("facts")]


def test_a_repeated_tick_pushes_nothing() -> None:
    board, charts, one = QuoteBoard(), ChartCache(), tick("BRK.B", 10.0, OPEN)
    list(on_tick(one, board, charts))

    assert list(on_tick(one, board, charts)) == []


def test_rows_are_pushed_for_a_first_tick_and_never_again() -> None:
    board, charts = QuoteBoard(), ChartCache()

    first = keys(on_tick(tick("BF/B", 10.0, OPEN), board, charts))
    second = keys(on_tick(tick("BF/B", 11.0, OPEN + 1), board, charts))

    assert "quotes" in first
    assert "quotes" not in second


async def test_of_many_quotes_only_those_with_a_row_on_the_desk_are_drawn() -> None:
    board = QuoteBoard()
    for number in range(1_000):
        board.apply(tick(f"S{number:03d}", 10.0))

    (whole,) = await stream.quotes_snapshot(QUOTES, board)

    assert (whole.topic, whole.key, whole.op) == (QUOTES, "quotes", "morph")
    assert whole.draw(VIEW).count("<tr id=") == BOARD_ROWS


def test_of_many_quotes_only_those_with_a_row_or_a_reader_are_pushed() -> None:
    board, charts = QuoteBoard(), ChartCache()
    names = [f"S{number:03d}" for number in range(BOARD_ROWS + 2)]
    for symbol in names:
        board.apply(tick(symbol, 10.0))
    board.most_active.take_change(0.0)

    def moved(*watched: str) -> set[str]:
        ticks = [tick(symbol, 11.0 + len(watched), OPEN + len(watched)) for symbol in names]
        return {push.topic for push in stream.on_ticks(ticks, board, charts, watched.__contains__)}

    assert moved("quotes") == {f"quotes:{symbol}" for symbol in names[:BOARD_ROWS]}
    assert moved(f"quotes:{names[-1]}", "status") == {f"quotes:{names[-1]}"}
    board.rank({names[-1]: 1.0})
    rows = list(on_tick(tick("A", 10.0), board, charts))
    assert (rows[0].key, rows[0].topic) == ("quotes", "quotes")
    assert moved("quotes", "", "") == {f"quotes:{symbol}" for symbol in (names[-1], *names[: BOARD_ROWS - 1])}


def test_rows_delayed_by_their_rate_are_pushed_without_another_tick() -> None:
    board = QuoteBoard()
    board.apply(tick("A", 10.0))

    assert keys(stream.on_health(NO_HEALTH, board)) == ["quotes"]
    assert list(stream.on_health(NO_HEALTH, board)) == []


def test_only_a_push_with_a_price_change_flashes() -> None:
    board, charts = QuoteBoard(), ChartCache()
    list(on_tick(tick("BRK.B", 10.0, OPEN), board, charts))
    (rise,) = [p for p in on_tick(tick("BRK.B", 11.0, OPEN + 1), board, charts) if p.key.startswith("row")]

    assert '<b class="new">11.00</b>' in rise.draw(VIEW)
    assert 'class="new"' not in stream.whole_board(board).draw(VIEW)


async def test_a_snapshot_draws_the_whole_topic_and_nothing_else(symbol: str) -> None:
    board = QuoteBoard()
    for each in AWKWARD:
        board.apply(tick(each, 10.0))

    cells = await stream.quotes_snapshot(quotes_topic(symbol), board)
    summary = await stream.symbol_snapshot(symbol_topic(symbol), board)

    assert {push.topic for push in cells} == {quotes_topic(symbol)}
    assert len(cells) % 2 == 0
    assert len(summary) == 3


def test_numbers_follow_the_view_of_the_reader() -> None:
    board, charts = QuoteBoard([Instrument("BRK.B", currency="EUR")]), ChartCache()
    board.apply(tick("BRK.B", 1000.0, OPEN))
    (cell,) = [p for p in on_tick(tick("BRK.B", 1234.5, OPEN + 1), board, charts) if p.key.startswith("row")]

    assert "€1,234.50" in cell.draw(VIEW)
    assert "€1.234,50" in cell.draw(View(numbers=NumberForm.COMMA))
