"""The parts of a symbol's page beside its chart: timeframes, facts, splits and dividends, lists and near symbols."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import asyncpg
import numpy as np
import pytest

from app.db.latest_rows import insert, insert_values
from app.db.pools import Pool
from app.desk.symbol.agreement import TimeframeTrend, summary, trends
from app.indicators.latest.queries import COLUMNS, LatestBar
from app.rules.latest_columns import EVERY
from app.rules.latest_row import LatestRow
from app.settings.load import Settings
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, serving, settings
from tests.support.desk_pages import page
from tests.support.quote_samples import AWKWARD, OPEN, bars, tick
from tests.support.stored_bars import PatternRow, store_bars, store_patterns
from tests.support.waiting import until

__all__ = ["settings"]

FACTS = """
insert into symbols (symbol, name, sector, industry, market_cap, exchange)
select symbol, 'Company ' || symbol, 'Energy', 'Oil', 1000000 * place, 'XNYS'
  from unnest($1::text[]) with ordinality as listed (symbol, place)
on conflict (symbol) do update set sector = excluded.sector, industry = excluded.industry,
   market_cap = excluded.market_cap
"""
ACTIONS = (
    "insert into splits (symbol, ex_date, ratio) values ('BF/B', '2012-03-05', 2)",
    "insert into dividends (symbol, ex_date, amount) values ('BF/B', '2012-06-01', 0.35), ('BF/B', '2011-06-01', 0.3)",
)


def bar(timeframe: str, close: float, running: bool = False, at: float = OPEN) -> LatestBar:
    values = dict.fromkeys(COLUMNS, 50.0) | {"close": close, "sma20": 51.0, "macd": 0.5, "macd_signal": 0.25}
    return LatestBar(timeframe, running, at, values)


def test_a_trend_is_the_close_beside_its_means() -> None:
    rising, falling = bar("weekly", 52.0), bar("daily", 40.0)
    falling = falling._replace(values={**falling.values, "sma20": 45.0, "macd": 0.1})
    unknown = bar("hourly", 52.0)
    unknown = unknown._replace(values={**unknown.values, "sma50": None})

    assert trends([falling, unknown, rising, bar("1min", 1.0)]) == [
        TimeframeTrend("Week", "rising", "rising", 50.0),
        TimeframeTrend("Day", "falling", "falling", 50.0),
        TimeframeTrend("Hour", "", "rising", 50.0),
    ]


def test_the_day_is_that_which_runs() -> None:
    days = [bar("daily", 52.0), bar("daily", 50.5, running=True, at=OPEN + 60)]

    assert [each.trend for each in trends(days)] == ["flat"]
    assert [each.trend for each in trends(days[::-1])] == ["flat"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("rising", "rising", "flat"), "Two of three are rising."),
        (("falling", "flat", ""), "One of two is falling."),
        (("rising", "falling", "flat"), "They do not agree."),
        (("flat", "flat"), "None of them has a trend."),
        (("", ""), ""),
    ],
)
def test_the_agreement_is_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    assert summary([TimeframeTrend("", word, "", None) for word in words]) == sentence


@pytest.fixture
async def desk(settings: Settings, databases: Databases) -> AsyncIterator[Desk]:
    for symbol in AWKWARD:
        await store_bars(databases.engine, bars(symbol, 30))
    await store_patterns(databases.engine, "daily", [PatternRow("BF/B", "Hammer", OPEN - 4 * 86_400)])
    values = np.array([{"atrp14": 2.5, "sma20": 40.0, "sma50": 30.0}.get(name, 50.0) for name in EVERY])
    rows = [LatestRow("BF/B", timeframe, False, OPEN, 60, 1.0, values) for timeframe in ("weekly", "daily")]
    link = await asyncpg.connect(databases.superuser)
    await link.execute(FACTS, list(AWKWARD))
    for statement in ACTIONS:
        await link.execute(statement)
    await link.execute(insert("latest"), *insert_values(rows))
    await link.close()
    async with serving(settings) as served:
        yield served


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_a_page_has_facts_actions_lists_and_near_symbols(desk: Desk) -> None:
    async with desk.client() as client:
        for name in ("Morning", "Evening"):
            await client.post("/w", data={"name": name})
        await client.post("/w/add", data={"symbol": "BF/B", "watchlist": "morning"})
    for symbol in AWKWARD:
        await desk.publish(tick(symbol, 42.0))
    await until(lambda: desk.context.hub.stats.published >= len(AWKWARD))

    html = await page(desk, "/s/BF%2FB")
    text = text_of(html)

    assert "Two of two are rising." in text
    assert re.search(r"Since Hit rate Hammer daily, 31 Aug 2012, 09:30 EDT \w+", text)
    assert "Sector Energy Industry Oil" in text
    assert "ATR 14, % 2.50" in text
    assert re.search(r"Jun 2012 Dividend 0\.3500 .*Mar 2012 Split 2 for 1 .*Jun 2011 Dividend 0\.3000", text), text[
        -900:
    ]
    assert 'On <a href="/w/morning">Morning</a>' in html
    assert 'href="/w/evening"' not in html
    assert re.findall(r'<li><a href="([^"]*)">', html[html.index('class="near"') :])[:1] == ["/s/BRK.B"]


@pytest.mark.parametrize("symbol", AWKWARD)
async def test_without_a_database_the_live_parts_stay(desk: Desk, symbol: str) -> None:
    await desk.publish(tick(symbol, 42.5))
    await until(lambda: desk.context.hub.stats.published)
    away = Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    there, desk.context.pools.market = desk.context.pools.market, away

    html = await page(desk, f"/s/{quote(symbol)}")
    desk.context.pools.market = there

    assert "42.50" in html
    assert "Facts of the company are not available now." in html
    assert "History is not available now" in html
