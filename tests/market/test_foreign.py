"""Every page and query works on any market database and names what is missing."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date
from html import unescape
from typing import NamedTuple
from urllib.parse import quote

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr
from quart import Quart
from werkzeug.routing import Rule

from app import deps
from app.db import migrate, roles
from app.db.analysis_tables import first_of_all
from app.db.market import NEEDED, inspect
from app.embedded import postgres
from app.embedded.child import Child
from app.embedded.places import Places
from app.engine.coverage.measure import measure_coverage
from app.engine.coverage.result import CoverageQuery
from app.finance.bars import Timeframe
from app.finance.detections import TIERS
from app.identity import Role
from app.indicators.stream import SIGNALS
from app.live.topics import STATUS, Topic, name, symbol_topic
from app.market.breadth.stream import BREADTH
from app.market.exchange.stream import HOURS
from app.market.movers.ranking import USUAL_FLOOR
from app.market.movers.stream import movers_topic
from app.market.sectors.stream import SECTORS, UNIVERSES
from app.patterns.stream import PATTERNS, column, patterns_topic
from app.quotes.charts.settings import SPANS, ChartSettings
from app.quotes.live_order import ORDER
from app.quotes.topics import QUOTES, chart_topic, quotes_topic
from app.scans.matches.stream import rule_topic
from app.server.factory import create_app
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, LimitsSection, RedisSection
from tests.conftest import copied
from tests.security.conftest import Site, create_people, redis
from tests.support.foreign_databases import FOREIGN, Foreign

__all__ = ["redis"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEFRAMES: tuple[Timeframe, ...] = ("1min", "hourly", "daily", "weekly", "monthly")
SYMBOLS = ("BRK.B", "X:BTCUSD", "NOBODY")
NO_TEXT = {"static", "favicon", "streams.stream"}
VALUES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", "default": "x", "string": "x"}
MORE = (
    "/?theme=x",
    "/symbols?q=b",
    "/patterns/search?symbol=BRK.B&timeframe=daily",
    "/api/v1/patterns?symbol=BRK.B&min_confidence=0.1&from=2012-01-01&limit=1",
    *(f"/s/BRK.B?range={span}" for span in SPANS),
    "/s/BRK.B?overlays=sma,bb,levels&panes=rsi,macd,rs:BF/B&compare=BF/B&lines=10",
    "/s/BRK.B?timeframe=5min&overlays=vwap",
    *(
        f"/api/v1/bars/BRK.B?timeframe={each}"
        for each in ("1min", "5min", "15min", "30min", "hourly", "daily", "weekly", "monthly")
    ),
)
TOPICS = (
    PATTERNS,
    QUOTES,
    STATUS,
    *(quotes_topic(symbol) for symbol in SYMBOLS),
    *(patterns_topic(symbol) for symbol in SYMBOLS),
    *(symbol_topic(symbol) for symbol in SYMBOLS),
    *(chart_topic(symbol, ChartSettings(span=span)) for symbol in SYMBOLS for span in SPANS),
    *(column(tier).topic for tier in TIERS),
    SIGNALS,
    rule_topic("0" * 20, 0),
    Topic(f"{ORDER}:-chg"),
    HOURS,
    BREADTH,
    SECTORS,
    UNIVERSES,
    movers_topic(USUAL_FLOOR),
)

NOTICE = re.compile(r'class="notice">([^<]*)')


class Place(NamedTuple):
    own: str
    market: str
    foreign: Foreign


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(FOREIGN))
async def place(request: pytest.FixtureRequest, places: Places, postgres_server: Child) -> AsyncIterator[Place]:
    """A database that others filled, with our own schema beside it and a role that reads."""
    async for database in copied(places, "template1"):
        yield await fill(postgres.url(places, database), FOREIGN[request.param])


async def fill(database_url: str, foreign: Foreign) -> Place:
    urls = await roles.prepare(database_url, database_url.partition("?")[0].rpartition("/")[2])
    await migrate.migrate("app", urls.owner)
    link = await asyncpg.connect(database_url)
    await link.execute(foreign.sql)
    schemas = await link.fetch("select quote_ident(nspname) from pg_namespace where nspname !~ '^(pg_|info|app)'")
    for (schema,) in schemas if foreign.read else ():
        await link.execute(f"grant usage on schema {schema} to {roles.MARKET}")
        await link.execute(f"grant select on all tables in schema {schema} to {roles.MARKET}")
    await link.close()
    return Place(urls.own, urls.market, foreign)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(place: Place, redis: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    app = create_app(
        Settings(
            data_dir=tmp_path_factory.mktemp("site"),
            limits=LimitsSection(per_user=1_000_000, per_address=1_000_000),
            redis=RedisSection(url=SecretStr(redis)),
            database=DatabaseSection(
                url=SecretStr(place.own), market_url=SecretStr(place.market), acquire_seconds=10.0
            ),
        )
    )
    async with app.test_app():
        yield await create_people(app)


def paths(app: Quart) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.websocket and rule.endpoint not in NO_TEXT:
            yield from filled_paths(rule)
    yield from MORE


def filled_paths(rule: Rule) -> Iterator[str]:
    """With symbols where a path is asked for, and something else of its kind elsewhere."""
    names = {each: name for name, each in rule.map.converters.items()}
    for symbol in SYMBOLS if rule.arguments else ("",):
        path = rule.rule
        for argument, converter in rule._converters.items():
            kind = names.get(type(converter), "path")
            path = path.replace(f"<{kind}:{argument}>", VALUES.get(kind, quote(symbol)))
            path = path.replace(f"<{argument}>", VALUES["string"])
        yield path


async def page_answers(site: Site, role: Role) -> dict[str, tuple[int, str]]:
    """Status and text of every page and every read."""
    cookie = site.cookie(await site.new_session(role))
    headers = {"Accept": "text/html", "Cookie": cookie, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
    answers = {}
    for path in paths(site.app):
        async with asyncio.timeout(10):
            answer = await site.app.test_client(False).get(path, headers=headers)
        answers[path] = (answer.status_code, unescape(await answer.get_data(as_text=True)))
    return answers


async def test_every_page_query_and_topic_answers_on_foreign_tables_and_names_what_is_missing(
    place: Place, site: Site
) -> None:
    lacks, context = place.foreign.lacks, deps.context_of(site.app)
    for role in Role:
        pages = await page_answers(site, role)

        assert {path: status_and_text for path, status_and_text in pages.items() if status_and_text[0] >= 500} == {}
        assert [pages[path][0] for path in ("/", "/patterns", "/symbols", "/api/v1/quotes", "/api/v1/patterns")] == [
            200
        ] * 5
        notices = {path: " ".join(NOTICE.findall(pages[path][1])) for path in ("/", "/patterns", "/symbols")}
        for part, words in NEEDED.items():
            notice = words if role is Role.ADMIN else words.partition(" (")[0]
            assert (f"no {notice}" in notices["/"]) is (part in lacks)
        assert ("no patterns" in notices["/patterns"]) is ("patterns" in lacks)
        assert ("no daily bars" in notices["/symbols"]) is ("daily_bars" in lacks)
        assert "may send none" in pages["/patterns"][1]
        assert role is Role.ADMIN or "_" not in notices["/"], "a table's name is nothing for readers"
    for topic in TOPICS:
        await context.topics.snapshot(topic)
    assert {name(topic) for topic in TOPICS} == set(context.topics._families)  # type: ignore[attr-defined]


def _selects(part: str | tuple[str, ...] | None) -> list[str]:
    return [f"select * from {select} as one" for select in ((part,) if isinstance(part, str) else part or ())]


async def test_foreign_tables_are_read_and_never_written(place: Place) -> None:
    link = await asyncpg.connect(place.market)
    await link.execute("set default_transaction_read_only = off")
    shape = await inspect(link)
    for statement in ("create table x (y int)", "delete from ohlcv_daily", "update symbols set name = ''"):
        with pytest.raises(asyncpg.PostgresError):
            await link.execute(statement)
    counts = {
        part: await link.fetchval(f"select count(*) from ({' union all '.join(selects)}) as t")
        for part in NEEDED
        if (selects := _selects(getattr(shape, part)))
    }
    await link.close()

    assert not shape.writable
    assert [part for part in NEEDED if part not in counts] == list(place.foreign.lacks)
    assert all(counts.values())


@pytest.mark.parametrize("place", ["documented", "specified"], indirect=True)
async def test_weeks_and_months_begin_alike_whether_first_or_last_day_is_stored(place: Place) -> None:
    link = await asyncpg.connect(place.market)
    shape = await inspect(link)

    assert await link.fetchval(f"select day from {shape.weekly_bars} as weeks") == date(2012, 7, 2)
    assert await link.fetchval(f"select day from {shape.monthly_bars} as months") == date(2012, 7, 1)
    await link.close()


@pytest.mark.parametrize("place", ["loose"], indirect=True)
async def test_values_of_other_column_types_are_read_where_possible(place: Place) -> None:
    link = await asyncpg.connect(place.market)
    shape = await inspect(link)

    days = await link.fetch(f"select day, open, volume from {shape.daily_bars} as days order by day")
    assert [tuple(row) for row in days] == [
        (date(2012, 2, 29), 10.0, 5),
        (date(2012, 3, 1), 10.5, None),
        (date(2012, 3, 2), 10.5, 6),
    ]
    source = first_of_all(shape.patterns, (), "pattern", "all")
    patterns = await link.fetch(f"select pattern, confidence, price from {source} as patterns order by 1, 2")
    assert [tuple(row) for row in patterns] == [("Breakout", None, None), ("Doji", None, None), ("Hammer", 0.85, None)]
    source = f"({' union all '.join(shape.indicators)})"
    values = await link.fetch(f"select indicator, value from {source} as t order by 1")
    assert [tuple(row) for row in values] == [("RSI", None), ("SMA_20", None), ("SMA_50", 51.0)]
    await link.close()


async def test_gaps_are_searched_in_any_foreign_tables(place: Place) -> None:
    link = await asyncpg.connect(place.market, server_settings={"timezone": "UTC"})
    shape = await inspect(link, exact=True)

    coverage = {frame: await measure_coverage(link, shape, CoverageQuery(frame)) for frame in TIMEFRAMES}
    await link.close()

    assert bool(coverage["daily"].extents) is ("daily_bars" not in place.foreign.lacks)
    assert bool(coverage["1min"].extents) is ("minute_bars" not in place.foreign.lacks)
