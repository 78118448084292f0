"""What a stream may ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.adjust import PRICES, Prices
from app.live import topics


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "BF/B", "X:BTCUSD", "^GSPC", "7203.T"])
def test_every_kind_of_symbol_has_its_topics(symbol: str) -> None:
    for topic in (topics.quotes_topic(symbol), topics.symbol_topic(symbol), topics.chart_topic(symbol, "3m")):
        assert topics.parse(topic) == topic
        assert topics.kind(topic) == "state"

    assert topics.parse(topics.patterns_topic(symbol)) == "patterns:" + symbol
    assert topics.symbol_of(topics.patterns_topic(symbol)) == symbol
    assert topics.symbol_of(topics.PATTERNS) == ""
    assert topics.symbol_of(topics.symbol_topic(symbol)) == symbol
    assert topics.symbol_of(topics.chart_topic(symbol, "3m")) == symbol
    assert topics.span_of(topics.chart_topic(symbol, "all")) == "all"


@pytest.mark.parametrize("prices", PRICES)
def test_a_chart_says_what_its_prices_are(prices: Prices) -> None:
    topic = topics.chart_topic("X:BTC-USD", "6m", prices)

    assert topics.parse(topic) == topic
    assert (topics.symbol_of(topic), topics.span_of(topic), topics.prices_of(topic)) == ("X:BTC-USD", "6m", prices)


def test_patterns_alone_are_a_log() -> None:
    assert topics.kind(topics.PATTERNS) == "log"
    assert topics.kind(topics.patterns_topic("BRK.B")) == "log"
    assert topics.kind(topics.STATUS) == "state"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quotes:",
        "quotes:aapl",
        "quotes:-1",
        "symbol:",
        "symbol:aapl",
        "chart:AAPL",
        "chart:AAPL:9y",
        "chart:AAPL:6m-split",
    ],
)
def test_what_is_no_topic_is_refused(text: str) -> None:
    assert topics.parse(text) is None
    assert topics.parse_all(f"patterns,{text}") is None


def test_a_stream_has_some_topics_but_not_any_number() -> None:
    every_quote = ",".join(f"quotes:S{number}" for number in range(200))

    assert topics.parse_all(f"{every_quote},patterns,status")
    assert topics.parse_all("patterns,patterns") == {"patterns"}
    assert topics.parse_all(",".join(f"symbol:S{number}" for number in range(topics.MOST + 1))) is None


def test_a_quote_is_heard_by_who_wants_it_and_by_who_wants_all() -> None:
    assert set(topics.reach("quotes:BRK.B")) == {"quotes:BRK.B", "quotes"}
    assert topics.reach("symbol:BRK.B") == ("symbol:BRK.B",)


@given(st.text())
def test_any_text_is_a_topic_or_is_not(text: str) -> None:
    found = topics.parse_all(text)

    assert found is None or ",".join(sorted(found)) == ",".join(sorted(set(text.split(","))))
