"""How many rows of a table would move if it were sorted by its prices again."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.deps import NO_HEALTH
from app.identity import View
from app.quotes import partials, stream
from app.quotes.board import QuoteBoard
from app.quotes.live_order import (
    TURNS,
    LiveOrder,
    OrderBoard,
    completed,
    in_order,
    is_order,
    moves,
    order_of,
    order_words,
)
from app.quotes.topics import quotes_topic
from tests.support.quote_samples import AWKWARD, quote, tick

ROWS = (*AWKWARD, "AAPL")


def board(*prices: float | None) -> QuoteBoard:
    """With a price of each of ROWS, and None without a quote."""
    quotes = QuoteBoard()
    quotes.seed([quote(symbol, price) for symbol, price in zip(ROWS, prices, strict=True) if price is not None])
    return quotes


@pytest.mark.parametrize(
    ("prices", "number"),
    [
        ((4.0, 3.0, 2.0, 1.0), 0),
        ((4.0, 3.0, 2.0, 5.0), 1),
        ((1.0, 3.0, 2.0, 0.5), 1),
        ((1.0, 2.0, 3.0, 4.0), 3),
        ((4.0, None, 2.0, 1.0), 0),
        ((1.0, None, 2.0, 3.0), 2),
        ((2.0, 2.0, 2.0, 2.0), 2),
    ],
)
def test_the_fewest_rows_that_make_the_order_right(prices: Sequence[float | None], number: int) -> None:
    assert moves(LiveOrder("last", True, ROWS), board(*prices)) == number


@given(st.permutations(range(8)))
def test_a_table_that_is_sorted_has_none_to_move_and_any_other_has_some(order: list[int]) -> None:
    symbols = tuple(f"S{place}" for place in order)
    values = {symbol: float(symbol[1:]) for symbol in symbols}
    quotes = QuoteBoard()
    quotes.seed([quote(symbol, 1 + value) for symbol, value in values.items()])

    number = moves(LiveOrder("last", False, symbols), quotes)

    assert (number == 0) == (list(symbols) == in_order(values, False))
    assert number <= len(symbols) - 1


def test_what_has_no_value_is_last_and_equal_ones_are_by_symbol() -> None:
    values = {"B": 1.0, "A": 1.0, "D": None, "C": 2.0}
    assert in_order(values, False) == ["A", "B", "C", "D"]
    assert in_order(values, True) == ["C", "A", "B", "D"]


def test_a_topic_says_the_order_and_others_are_none() -> None:
    order = LiveOrder("change", True, ROWS)
    (word,) = order_words(order)
    text = completed(word.removeprefix("order:"), ["status", word, *map(quotes_topic, ROWS), "quotes", "rule:a-1"])
    assert text == "-change:BRK.B~BF/B~X:BTCUSD~AAPL"
    assert completed(text, ["quotes:GE"]) == text
    assert order_of(f"order:{text}") == order
    assert is_order("-change:BRK.B~BF/B~X:BTCUSD~AAPL")
    for text in (
        "",
        "change",
        "change:",
        "volume:A~B",
        "--last:A~B",
        "last:A~A",
        "last:A~ ",
        "last:" + "~".join("AB" * 60),
    ):
        assert not is_order(text), text
    assert not is_order(completed("change", ["status"]))
    assert order_words(None) == order_words(order._replace(symbols=())) == []


async def test_a_change_of_the_number_is_pushed_once() -> None:
    quotes, orders = board(4.0, 3.0, 2.0, 1.0), OrderBoard()
    topic = "order:-last:" + "~".join(ROWS)

    def beats() -> list[str]:
        """What a second of each turn pushes."""
        pushes = [
            push
            for _ in range(TURNS)
            for push in stream.on_health_orders(NO_HEALTH, quotes, orders, lambda: (topic, "status"))
        ]
        assert {(push.topic, push.key, push.op) for push in pushes} <= {(topic, "order", "replace")}
        return [push.draw(View()) for push in pushes]

    assert beats() == []
    quotes.apply(tick("AAPL", 9.0, at=1346852000.0))
    assert beats() == [partials.order(1, View())]
    assert beats() == []
    (push,) = await stream.order_snapshot(topic, quotes, orders)
    assert push.draw(View()) == partials.order(1, View())
    assert '1 row would move: <a href="">apply</a>' in partials.order(1, View())

    # Who joins between two turns is told otherwise than those who were there.
    quotes.apply(tick("AAPL", 1.0, at=1346852001.0))
    (push,) = await stream.order_snapshot(topic, quotes, orders)
    quotes.apply(tick("AAPL", 9.0, at=1346852002.0))
    assert beats() == [partials.order(1, View())]
    quotes.apply(tick("AAPL", 1.0, at=1346852003.0))
    assert beats() == [partials.order(0, View())]
    assert "would" not in partials.order(0, View())
