"""A scan of a rule with a window stays right while a web process, and whoever evaluates its rule, start again."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import unquote

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from app.finance.bars import DAY, Bar, day_start
from app.rules.live_rule import MarketNeeds, live_rule
from app.rules.market_bars import MarketSnapshot
from app.rules.parse import parse
from app.settings.load import Settings
from app.wire.channels import LIVE_RULES_KEY
from app.wire.rules import evaluator as evaluators
from app.wire.rules.evaluation import MarketState
from app.wire.rules.evaluator import LiveRuleEvaluator
from app.wire.rules.live_rules import LiveRules
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, serving
from tests.support.bar_matrices import FIRST, SYMBOLS, matrix
from tests.support.latest_rows import latest_row, put_latest
from tests.support.list_pages import get, rows
from tests.support.rule_evaluators import evaluating
from tests.support.running_engine import eventually

RULE = "for2(close:gt:100)"
KEY = live_rule(parse(RULE), "d", (), None).key
AGAIN = "This table is older than what is known here:"


class Market:
    """Of closes at 150 where the rule holds, and at 50 where it does not."""

    def __init__(self, *matches: str) -> None:
        self.matches, self.days = frozenset(matches), 6

    async def read(self, _needs: MarketNeeds) -> MarketState:
        bars = [bar for symbol in SYMBOLS for bar in self._bars(symbol)]
        end = day_start(FIRST) + DAY * self.days
        return MarketState(MarketSnapshot({"daily": matrix("daily", bars, {})}), end, frozenset())

    def _bars(self, symbol: str) -> Iterable[Bar]:
        close = 150.0 if symbol in self.matches else 50.0
        for number in range(self.days):
            yield Bar(symbol, "daily", day_start(FIRST) + DAY * number, close, close, close, close, 100)


def change(market: Market, evaluator: LiveRuleEvaluator, *matches: str) -> None:
    market.matches = frozenset(matches)
    evaluator.bars_closed()


def topics_of(html: str) -> str:
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)
    return unquote(topics)


async def page_with_rows(desk_client: httpx.AsyncClient, *symbols: str) -> str:
    """The page, once it has rows, which are these."""
    html = await get(desk_client, f"/scan?q={RULE}&v=1")
    while not rows(html):
        html = await get(desk_client, f"/scan?q={RULE}&v=1")
    assert rows(html) == [*symbols]
    return html


@asynccontextmanager
async def restarted(desk: Desk) -> AsyncIterator[Desk]:
    """Another process at the same place, in which the same person is signed in."""
    again = Desk(desk.settings)
    again.cookies = desk.cookies
    try:
        await again.start()
        yield again
    finally:
        await again.stop()


@pytest.fixture
def transport() -> str:
    return "auto"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluators, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(evaluators, "PAUSE_SHARE", 0)


@pytest.fixture(autouse=True)
async def _latest(databases: Databases) -> None:
    link = await asyncpg.connect(databases.engine)
    await put_latest(link, [latest_row(symbol, {"close": 150}) for symbol in SYMBOLS])
    await link.close()


async def test_pages_of_before_a_restart_are_told_what_they_lack_or_to_load_again(
    settings: Settings, redis_url: str, client: Redis
) -> None:
    market = Market("IBM", "SPY")
    async with evaluating(redis_url, client, market.read) as evaluator:
        async with serving(settings) as desk, desk.client() as visitor:
            old_page = await page_with_rows(visitor, "IBM", "SPY")
            async with desk.stream(topics_of(old_page)) as reader:
                assert "new:" not in (await reader.containing('id="newer"')).data
                change(market, evaluator, "IBM", "SPY", "BF/B")
                assert "1 new:" in (await reader.containing("new:")).data
            page = await page_with_rows(visitor, "BF/B", "IBM", "SPY")

        # As after an absence that is longer than an announcement counts.
        await client.delete(LIVE_RULES_KEY)
        async with restarted(desk) as again:
            async with again.stream(topics_of(old_page)) as reader:
                assert AGAIN in (await reader.containing('id="newer"')).data
            async with again.stream(topics_of(page)) as reader:
                bar = (await reader.containing('id="newer"')).data
                assert "new:" not in bar
                assert AGAIN not in bar
                assert KEY in await LiveRules(client).live()
                change(market, evaluator, "IBM", "BF/B", "BRK.B")
                pushed = (await reader.containing("new:")).data
                assert "1 new:" in pushed
                assert "1 left since" in pushed


async def test_a_page_follows_the_next_evaluator(settings: Settings, redis_url: str, client: Redis) -> None:
    market = Market("IBM", "SPY")
    async with serving(settings) as desk, desk.client() as visitor:
        async with evaluating(redis_url, client, market.read):
            page = await page_with_rows(visitor, "IBM", "SPY")
        async with desk.stream(topics_of(page)) as reader:
            assert "new:" not in (await reader.containing('id="newer"')).data
            async with evaluating(redis_url, client, market.read) as evaluator:
                await eventually(lambda: evaluator.seconds)
                change(market, evaluator, "IBM", "BF/B")
                pushed = (await reader.containing('id="newer"')).data
    assert "1 new:" in pushed
    assert "1 left since" in pushed
