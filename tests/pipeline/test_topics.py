"""The registry of topics: their grammar, their kinds, and who may subscribe."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.adjust import PRICES
from app.identity import Identity, Role
from app.live.topics import STATUS, Subscription, TopicFamily, rest, symbol_topic
from app.patterns.stream import PATTERNS, patterns_topic
from app.pipeline.boards import empty_boards
from app.pipeline.topics import MAX_TOPICS, TopicRegistry
from app.push import Push
from app.quotes.charts.history import ChartRequest
from app.quotes.charts.settings import SPANS, ChartSettings
from app.quotes.topics import chart_request, chart_topic, quotes_topic
from app.wire import RedisUnavailable
from tests.support import symbol_examples
from tests.support.quote_samples import tick
from tests.support.topic_rules import RULES, registry


def assert_topics_of(symbol: str) -> None:
    for topic in (quotes_topic(symbol), symbol_topic(symbol), patterns_topic(symbol)):
        assert RULES.parse(topic) == topic
        assert rest(topic) == symbol
    for span in ("", *SPANS):
        for prices in PRICES:
            settings = ChartSettings(span=span, timeframe="daily", prices=prices)
            topic = chart_topic(symbol, settings)
            assert RULES.parse(topic) == topic
            assert chart_request(topic) == ChartRequest(symbol, settings)


@pytest.mark.parametrize("symbol", symbol_examples.ODD)
def test_every_kind_of_symbol_has_its_topics(symbol: str) -> None:
    assert_topics_of(symbol)
    assert RULES.kind(quotes_topic(symbol)) == RULES.kind(chart_topic(symbol)) == "state"
    assert RULES.kind(patterns_topic(symbol)) == "log"


@given(symbol_examples.symbols)
def test_a_topic_yields_the_symbol_that_it_was_made_of(symbol: str) -> None:
    assert_topics_of(symbol)


@given(st.lists(symbol_examples.symbols, min_size=1, max_size=50, unique=True))
def test_topics_of_all_symbols_can_be_combined_in_one_request(symbols: list[str]) -> None:
    names = [quotes_topic(symbol) for symbol in symbols]
    parsed = RULES.parse_all(",".join(names))

    assert parsed == (frozenset(names), ())


def test_a_symbol_that_looks_like_a_chart_of_another_is_none() -> None:
    settings = ChartSettings(prices="raw")
    outer, inner = chart_topic(f"A:{settings.key}"), chart_topic("A", settings)

    assert (outer, inner) == (f"chart:A:{settings.key}:usual", f"chart:A:{settings.key}")
    assert chart_request(outer) == (f"A:{settings.key}", ChartSettings())
    assert chart_request(inner) == ("A", settings)


def test_symbols_that_differ_in_case_have_topics_of_their_own() -> None:
    assert RULES.parse("quotes:BCpC") == "quotes:BCpC" != RULES.parse("quotes:BCPC")


def test_patterns_alone_are_a_log() -> None:
    assert RULES.kind(PATTERNS) == "log"
    assert RULES.kind(STATUS) == "state"
    assert rest(PATTERNS) == ""


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
def test_an_unknown_topic_is_left_out_and_named(text: str) -> None:
    assert RULES.parse(text) is None
    assert RULES.parse_all(f"patterns,{text},status,{text}") == ({"patterns", "status"}, (text,))


def test_a_stream_has_some_topics_but_not_any_number() -> None:
    every_quote = ",".join(f"quotes:S{number}" for number in range(MAX_TOPICS - 2))
    parsed = RULES.parse_all(f"{every_quote},patterns,status")

    assert parsed is not None
    assert len(parsed.topics) == MAX_TOPICS
    assert RULES.parse_all("patterns,patterns") == ({"patterns"}, ())
    assert RULES.parse_all(f"{every_quote},patterns,status,a") is None
    assert RULES.parse_all("," * MAX_TOPICS) is None


def test_a_quote_reaches_its_own_subscribers_and_those_of_the_desk_if_it_has_a_row() -> None:
    boards = empty_boards()
    boards.quotes.apply(tick("BRK.B", 10.0))
    rules = registry(boards)

    assert set(rules.reach("quotes:BRK.B")) == {"quotes:BRK.B", "quotes"}
    assert rules.reach("quotes:BF/B") == ("quotes:BF/B",)
    assert rules.reach("symbol:BRK.B") == ("symbol:BRK.B",)


@given(st.text())
def test_every_word_of_any_text_is_a_topic_or_named_as_unknown(text: str) -> None:
    parsed = RULES.parse_all(text)

    assert parsed is None or parsed.topics | set(parsed.unknown) == set(text.split(","))


def identity(number: int) -> Identity:
    return Identity(UUID(int=number), f"{number}@example.org", Role.USER, "")


async def nothing(_topic: str) -> list[Push]:
    return []


async def own_topics(subscriptions: frozenset[Subscription]) -> frozenset[Subscription]:
    return frozenset(each for each in subscriptions if rest(each.topic) == str(each.identity.user_id.int))


async def failing(_subscriptions: frozenset[Subscription]) -> frozenset[Subscription]:
    raise KeyError("owner")


async def unavailable(_subscriptions: frozenset[Subscription]) -> frozenset[Subscription]:
    raise RedisUnavailable("away")


JOBS = TopicFamily("job", "log", nothing, accepts=str.isdigit, permitted=own_topics)
NEWS = TopicFamily("news", "log", nothing, whole=True)


async def test_a_topic_with_an_owner_is_permitted_to_that_person_alone() -> None:
    topics = TopicRegistry([JOBS, NEWS])
    requested = {Subscription(identity(number), topic) for number in (1, 2) for topic in ("job:1", "job:2", "news")}

    assert topics.restricted(["job:1", "news"]) == {"job:1"}
    assert requested - await topics.permitted(requested) == {
        Subscription(identity(1), "job:2"), Subscription(identity(2), "job:1"),
    }  # fmt: skip


async def test_a_failing_permission_check_refuses_and_is_counted() -> None:
    topics = TopicRegistry([JOBS._replace(permitted=failing), NEWS])
    own, news = Subscription(identity(1), "job:1"), Subscription(identity(1), "news")

    assert await topics.permitted([own, news]) == {news}
    assert topics.failures.count == 1


async def test_a_check_that_cannot_be_made_now_is_an_error_and_no_answer() -> None:
    topics = TopicRegistry([JOBS._replace(permitted=unavailable)])

    with pytest.raises(RedisUnavailable):
        await topics.permitted([Subscription(identity(1), "job:1")])


async def test_two_features_may_draw_one_topic_and_must_agree_about_the_rest() -> None:
    async def headline(topic: str) -> list[Push]:
        return [Push(topic, "headline", "replace", lambda _view: "")]

    topics = TopicRegistry([NEWS, NEWS._replace(snapshot=headline), NEWS._replace(snapshot=headline)])

    assert [push.key for push in await topics.snapshot("news")] == ["headline", "headline"]
    with pytest.raises(ValueError, match="news"):
        topics.add(NEWS._replace(kind="state"))


def test_several_topics_may_be_logs() -> None:
    topics = TopicRegistry([JOBS, NEWS])

    assert [topics.kind(topic) for topic in ("job:1", "news", "quotes")] == ["log", "log", "state"]
    assert topics.parse_all("job:1,news,job,job:x,news:1") == ({"job:1", "news"}, ("job", "job:x", "news:1"))
