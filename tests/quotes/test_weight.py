"""What a hundred rows of quotes take, compressed as a page is."""

import brotli

from app.identity import View
from app.quotes import partials
from app.quotes.quote import SPARK_POINTS
from app.quotes.rows import rows
from app.quotes.spark import HEIGHT, WIDTH
from tests.support.full_board import full_quotes

NOW = 1_000.5


def test_a_hundred_rows_at_the_end_of_a_session_take_few_bytes() -> None:
    quotes = full_quotes()
    board = str(partials.board("quotes", rows(quotes, NOW, View())))

    assert len(quotes) == 100
    assert all(len(quote.spark) == SPARK_POINTS for quote in quotes)
    assert board.count(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}"') == 100
    assert len(brotli.compress(board.encode(), quality=7)) <= 7_000
