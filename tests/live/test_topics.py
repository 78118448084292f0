"""What a stream may ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.adjust import PRICES, Prices
from app.live import topics
from tests.support import symbol_examples


def assert_topics_of(symbol: str) -> None:
    for topic in (topics.quotes_topic(symbol), topics.symbol_topic(symbol), topics.patterns_topic(symbol)):
        assert topics.parse(topic) == topic
        assert topics.symbol_of(topic) == symbol
    for span in topics.RANGES:
        for prices in PRICES:
            topic = topics.chart_topic(symbol, span, prices)
            assert topics.parse(topic) == topic
            read = (topics.symbol_of(topic), topics.span_of(topic), topics.prices_of(topic))
            assert read == (symbol, span, prices)


@pytest.mark.parametrize("symbol", symbol_examples.ODD)
def test_every_kind_of_symbol_has_its_topics(symbol: str) -> None:
    assert_topics_of(symbol)
    assert topics.kind(topics.quotes_topic(symbol)) == topics.kind(topics.chart_topic(symbol, "3m")) == "state"
    assert topics.kind(topics.patterns_topic(symbol)) == "log"


@given(symbol_examples.symbols)
def test_a_topic_yields_the_symbol_that_it_was_made_of(symbol: str) -> None:
    assert_topics_of(symbol)


@given(st.lists(symbol_examples.symbols, min_size=1, max_size=50, unique=True))
def test_topics_of_any_symbols_are_told_apart_in_one_line(symbols: list[str]) -> None:
    names = [topics.quotes_topic(symbol) for symbol in symbols]
    parsed = topics.parse_all(",".join(names))

    assert parsed == (frozenset(names), ())


@pytest.mark.parametrize("prices", PRICES)
def test_a_chart_says_what_its_prices_are(prices: Prices) -> None:
    topic = topics.chart_topic("X:BTC-USD", "6m", prices)

    assert topics.parse(topic) == topic
    assert (topics.symbol_of(topic), topics.span_of(topic), topics.prices_of(topic)) == ("X:BTC-USD", "6m", prices)


def test_a_symbol_that_looks_like_a_chart_of_another_is_none() -> None:
    outer, inner = topics.chart_topic("A:1y-raw", "6m"), topics.chart_topic("A", "1y", "raw")

    assert (outer, inner) == ("chart:A:1y-raw:6m", "chart:A:1y-raw")
    assert (topics.symbol_of(outer), topics.span_of(outer), topics.prices_of(outer)) == ("A:1y-raw", "6m", "split")
    assert (topics.symbol_of(inner), topics.span_of(inner), topics.prices_of(inner)) == ("A", "1y", "raw")


def test_symbols_that_differ_in_case_have_topics_of_their_own() -> None:
    assert topics.parse("quotes:BCpC") == "quotes:BCpC" != topics.parse("quotes:BCPC")


def test_patterns_alone_are_a_log() -> None:
    assert topics.kind(topics.PATTERNS) == "log"
    assert topics.kind(topics.STATUS) == "state"
    assert topics.symbol_of(topics.PATTERNS) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quotes:",
        "quotes:-1",
        "symbol",
        "symbol:",
        "symbol:..",
        "symbol:../X",
        "status:AAPL",
        "Quotes:AAPL",
        "chart:AAPL",
        "chart:6m",
        "chart:AAPL:9y",
        "chart:AAPL:6m-split",
        "chart:AAPL:6m-raw-raw",
        "quotes:A\n",
    ],
)
def test_what_is_no_topic_is_left_out_and_named(text: str) -> None:
    assert topics.parse(text) is None
    assert topics.parse_all(f"patterns,{text},status,{text}") == ({"patterns", "status"}, (text,))


def test_a_stream_has_some_topics_but_not_any_number() -> None:
    every_quote = ",".join(f"quotes:S{number}" for number in range(topics.MOST - 2))
    parsed = topics.parse_all(f"{every_quote},patterns,status")

    assert parsed is not None
    assert len(parsed.topics) == topics.MOST
    assert topics.parse_all("patterns,patterns") == ({"patterns"}, ())
    assert topics.parse_all(f"{every_quote},patterns,status,a") is None
    assert topics.parse_all("," * topics.MOST) is None


def test_a_quote_is_heard_by_who_wants_it_and_by_who_wants_all() -> None:
    assert set(topics.reach("quotes:BRK.B")) == {"quotes:BRK.B", "quotes"}
    assert topics.reach("symbol:BRK.B") == ("symbol:BRK.B",)


@given(st.text())
def test_of_any_text_each_word_is_a_topic_or_is_named_as_none(text: str) -> None:
    parsed = topics.parse_all(text)

    assert parsed is None or parsed.topics | set(parsed.unknown) == set(text.split(","))
