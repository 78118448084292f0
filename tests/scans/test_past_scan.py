"""A scan at a moment in the past: computed in the background, with the values of then, and kept while bars stay."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from app.db import past_market
from app.db.pools import Pool
from app.embedded.places import Places
from app.finance import calendar
from app.finance.bars import Bar, day_start
from app.rules.live_rule import MarketNeeds, live_rule
from app.rules.parse import parse
from app.rules.past_matching import PastMarket, PastNeeds
from app.scans.moment import past_moment
from app.wire.channels import PAST_TABLE_PREFIX
from app.wire.rules.evaluation import MarketState
from app.wire.rules.live_rules import LiveRules
from app.wire.rules.match_lists import MatchLists
from app.wire.rules.rule_evaluation import AnnouncedRules, RuleStores
from tests.api.conftest import new_token, program_client
from tests.pipeline.conftest import Desk
from tests.scans.conftest import databases_of, market_link
from tests.support.list_pages import PAGE, get, new_list, post, rows
from tests.support.stored_bars import store_bars
from tests.support.waiting import until
from tests.wire.conftest import cancel_tasks

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAST = date(2012, 9, 5)
DAYS = list(calendar.sessions(LAST - timedelta(days=60), LAST))
SYMBOLS = ("AAPL", "BF/B", "BRK.B", "X:BTCUSD")
AT = "2012-08-31"
"""A Friday; the Monday behind it was Labor Day."""
PLACE = DAYS.index(date(2012, 8, 31))
RULE = "close:gt:sma5"
PATH = f"/scan?q={RULE}&at={AT}&v=1"


def close(symbol: str, place: int) -> float:
    """AAPL and BRK.B rise until that day and fall after it, the others the other way."""
    slope = 1.0 if SYMBOLS.index(symbol) % 2 == 0 else -1.0
    return 100 + 10 * SYMBOLS.index(symbol) - slope * abs(place - PLACE) / 4


def bars() -> list[Bar]:
    return [
        Bar(symbol, "daily", day_start(day), own, own + 1, own - 1, own, 1000 * (SYMBOLS.index(symbol) + 1))
        for symbol in SYMBOLS
        for place, day in enumerate(DAYS)
        for own in [close(symbol, place)]
    ]


class StoredPast:
    """The stored bars as an engine reads them; `reads` counts how often."""

    def __init__(self, pool: Pool) -> None:
        self._read, self.reads = partial(past_market.read, pool), 0

    async def __call__(self, needs: PastNeeds, at: float) -> PastMarket | None:
        self.reads += 1
        return await self._read(needs, at)


class RunningRules:
    def __init__(self, desk: Desk, pool: Pool) -> None:
        async def no_market(_needs: MarketNeeds) -> MarketState | None:
            return None

        assert desk.settings.redis.url
        self.past = StoredPast(pool)
        url = desk.settings.redis.url.get_secret_value()
        self.rules = AnnouncedRules(url, RuleStores.of(desk.redis), no_market, self.past)


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def engine(desk: Desk, places: Places) -> AsyncIterator[RunningRules]:
    """What an engine does with rules, on the stored bars."""
    url = databases_of(desk, places).engine
    await store_bars(url, bars())
    pool = Pool(url, "engine", 2)
    running = RunningRules(desk, pool)
    task = asyncio.create_task(running.rules.run())
    await until(lambda: running.rules.connected)
    yield running
    await cancel_tasks(task)
    await pool.close()


async def answered(client: httpx.AsyncClient, path: str) -> str:
    """The page, once it is no more being computed."""
    for _ in range(30):
        html = await get(client, path)
        if "Being computed" not in html:
            return html
    raise AssertionError(html)


async def test_the_table_has_the_values_of_then_and_is_not_live(alice: httpx.AsyncClient) -> None:
    html = await answered(alice, PATH)

    assert "At the close of Fri 31 Aug 2012, 2 symbols" in html
    assert "as of 31 Aug 2012, 16:00 EDT" in html
    assert rows(html) == ["AAPL", "BRK.B"]
    assert "<b>100.00</b>" in html
    assert "<b>120.00</b>" in html
    assert '<th scope="col" class="num">SMA 5</th>' in html
    assert "99.50" in html
    assert "quotes:" not in html
    assert 'name="at" value="2012-08-31"' in html
    assert "Last 30 sessions" not in html
    assert f'href="/scan?q={RULE}&v=1">Now</a>' in html


async def test_a_day_without_a_session_is_the_close_before_it(alice: httpx.AsyncClient) -> None:
    for day in ("2012-09-01", "2012-09-03"):
        assert rows(await answered(alice, f"/scan?q={RULE}&at={day}&v=1")) == ["AAPL", "BRK.B"]
    html = await answered(alice, f"/scan?q={RULE}&at=2012-09-05&v=1")
    assert "At the close of Wed 5 Sep 2012" in html
    assert rows(html) == ["BF/B", "X:BTCUSD"]


async def test_a_day_counts_only_after_its_close(alice: httpx.AsyncClient) -> None:
    before = await answered(alice, f"/scan?q=close:eq:100&at={AT}T15:59&v=1")
    assert "At 15:59 EDT on Fri 31 Aug 2012, 0 symbols" in before
    assert "as of 30 Aug 2012, 16:00 EDT" in before
    assert rows(await answered(alice, f"/scan?q=close:eq:100&at={AT}T16:00&v=1")) == ["AAPL"]


async def test_windows_scopes_order_columns_and_formats(alice: httpx.AsyncClient) -> None:
    everything = f"q=close:gt:0&at={AT}"
    assert rows(await answered(alice, f"/scan?{everything}&sort=-volume&v=1")) == [*SYMBOLS][::-1]
    assert rows(await answered(alice, f"/scan?{everything}&sort=last&cols=perf&v=1")) == [*SYMBOLS]
    assert rows(await answered(alice, f"/scan?q=for3(chg:gt:0)&at={AT}&v=1")) == ["AAPL", "BRK.B"]
    path = await new_list(alice, "Four", "BRK.B", "BF/B")
    scope = f"list.{path.removeprefix('/w/')}"
    html = await answered(alice, f"/scan?{everything}&in={scope}&v=1")
    assert rows(html) == ["BF/B", "BRK.B"]
    assert "lists, universes and facts are today's" in html
    assert rows(await answered(alice, f"/scan?{everything}&in=top_2&v=1")) == ["AAPL", "BRK.B"]

    table = (await alice.get(f"/scan.csv?{everything}&sort=-chg5&v=1")).text
    _, *lines = (line.split(",") for line in table.splitlines())
    assert [line[0] for line in lines] == ["AAPL", "BRK.B", "X:BTCUSD", "BF/B"]
    assert {line[2] for line in lines} == {"2012-08-31T16:00:00.000-04:00"}
    document = (await alice.get(f"/scan.json?{everything}&v=1")).json()
    assert document["as_of"].startswith("2012-08-31T")
    text = (await alice.get(f"/scan/symbols?{everything}&v=1", headers=PAGE)).text
    assert "AAPL,BF/B,BRK.B,X:BTCUSD" in text


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("yesterday", "type a date such as 2012-09-04"),
        ("2012-02-30", "type a date such as 2012-09-04"),
        ("2012-09-04T14:30:00", "type a date such as 2012-09-04"),
        ("20120904T1430", "type a date such as 2012-09-04"),
        ("0001-01-01", "no bars are older than 1900"),
        ("2999-01-01", "that is not over"),
        ("2012-09-0\uff14", "type a date such as 2012-09-04"),
    ],
)
async def test_a_moment_that_is_none_is_refused(alice: httpx.AsyncClient, at: str, words: str) -> None:
    answer = await alice.get(f"/scan?q={RULE}&at={quote(at)}&v=1", headers=PAGE)
    assert answer.status_code == (422 if at == "2999-01-01" else 400)
    assert words in answer.text


async def test_before_the_stored_bars_the_page_says_so(alice: httpx.AsyncClient) -> None:
    html = ""
    for _ in range(30):
        answer = await alice.get(f"/scan?q={RULE}&at=1999-01-04&v=1", headers=PAGE)
        html = answer.text
        if answer.status_code == 422:
            break
    assert "No daily bars are stored that closed by 1999-01-04 16:00 in New York." in html
    assert (await alice.get(f"/scan.csv?q={RULE}&at=1999-01-04&v=1")).status_code == 400


async def test_the_form_and_the_box_keep_the_moment(alice: httpx.AsyncClient) -> None:
    html = await get(alice, f"/scan/form?q={RULE}&at={AT}")
    assert f'name="at" value="{AT}"' in html
    answer = await alice.get(
        f"/scan/form?conditions-0-field=&conditions-0-comparison=text&conditions-0-value={RULE}&at={AT}&scan=1"
    )
    assert answer.status_code == 303
    assert f"at={AT}" in answer.headers["Location"]


async def test_programs_have_it_too(desk: Desk, alice: httpx.AsyncClient) -> None:
    async with program_client(desk, await new_token(alice)) as program:
        answer = await program.get(f"/api/v1/scan?q={RULE}&at={AT}&columns=last,change,chg5&sort=-chg5")
        no_date = await program.get(f"/api/v1/scan?q={RULE}&at=soon")
        future = await program.get(f"/api/v1/scan?q={RULE}&at=2999-01-01")
    document = answer.json()
    assert (document["at"], document["as_of"], document["total"]) == (AT, "2012-08-31T20:00:00Z", 2)
    assert [match["symbol"] for match in document["matches"]] == ["AAPL", "BRK.B"]
    assert document["matches"][0]["values"] == {"last": 100.0, "change": 0.250627, "chg5": 1.265823}
    assert document["matches"][0]["name"] == "Apple Inc."
    assert (no_date.status_code, future.status_code) == (400, 422)


async def test_a_result_is_kept_until_stored_bars_change(
    desk: Desk, alice: httpx.AsyncClient, places: Places, engine: RunningRules
) -> None:
    own = live_rule(parse("close:gt:99"), "d", (), None, past_moment(AT).at)
    path = f"/scan?q=close:gt:99&at={AT}&v=1"
    assert "AAPL" in rows(await answered(alice, path))
    reads, lists = engine.past.reads, MatchLists(desk.redis)
    assert rows(await answered(alice, f"/scan?q=close:gt:125&at={AT}&v=1")) == ["X:BTCUSD"]
    assert engine.past.reads == reads
    before = (await lists.newest([own.key]))[own.key]
    await LiveRules(desk.redis).wake(own.key)
    assert "AAPL" in rows(await answered(alice, path))
    assert engine.past.reads == reads

    async with market_link(desk, places) as link:
        await link.execute("update ohlcv_daily set close = 98, low = 90 where symbol = 'AAPL' and date = '2012-08-31'")
    async with desk.stream(f"rule:{own.key}-{before.version}") as reader:
        await reader.message("message")
        engine.rules.bars_changed()
        assert "1 left since" in (await reader.containing("left since")).data
    assert engine.past.reads > reads
    assert "AAPL" not in rows(await answered(alice, path))

    # A table that is gone is computed again.
    await desk.redis.delete(PAST_TABLE_PREFIX + own.key)
    assert "BRK.B" in rows(await answered(alice, path))


async def test_who_paused_is_not_reloaded(desk: Desk, alice: httpx.AsyncClient) -> None:
    path = "/scan?q=in7(rsi14:..30)&v=1"
    answer = await alice.get(path, headers=PAGE)
    assert answer.headers["Refresh"] == "10"
    await post(alice, "/view", rate="paused")
    answer = await alice.get(path, headers=PAGE)
    await post(alice, "/view", rate="auto")
    assert "Refresh" not in answer.headers
    assert 'v=1">Look again</a>' in answer.text
