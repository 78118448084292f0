import asyncio
import logging
import time
from datetime import date

import asyncpg
import pytest
from quart import Response

from app.db.pools import Pool
from app.engine.loads.providers.history import ProviderProgress
from app.engine.loads.providers.massive.provider import MassiveHistory
from app.engine.loads.providers.provider import DateRange, Estimate, ProviderRefused, ProviderUnreachable
from app.engine.loads.providers.request_pace import RequestPace
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from tests.support.bar_files import checksum
from tests.support.history_server import Massive, bar, load


async def test_bars_names_splits_and_dividends_of_a_provider_are_stored(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    provider.splits["AAPL"] = [{"execution_date": "2005-02-28", "split_from": 1, "split_to": 2, "ticker": "AAPL"}]
    provider.dividends["AAPL"] = [
        {"ex_dividend_date": "2012-08-09", "cash_amount": 2.65, "currency": "USD", "dividend_type": "CD"}
    ]

    done = await load(provider, pool, "AAPL", "BRK.B", "NOPE")

    assert (done.status, done.successful, done.failed) == ("completed_with_errors", ("AAPL", "BRK.B"), ("NOPE",))
    rows = await link.fetch("select date::text, close, volume from ohlcv_daily where symbol = 'AAPL' order by 1")
    assert [(row[0], float(row[1]), row[2]) for row in rows] == [
        (f"2012-09-{day:02}", 100.0 + day, 1000) for day in (4, 5, 6, 7, 10)
    ]
    row = await link.fetchrow("select name, primary_exchange, currency_name from symbols where symbol = 'AAPL'")
    assert row is not None
    assert tuple(row) == ("AAPL Incorporated", "XNAS", "usd")
    assert await link.fetchval("select ratio from splits") == 2
    assert float(await link.fetchval("select amount from dividends")) == 2.65
    assert await link.fetchval("select load_status from symbol_load_log") == "completed_with_errors"
    assert await link.fetchval("select count(*) from data_load_parts") == 0


TROUBLE = {
    "too-fast": [Response("{}", 429, {"Retry-After": "0"})],
    "too-fast-at-some-time": [Response("{}", 429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})],
    "broken": [Response("oops", 500), Response("oops", 503)],
    "torn": [Response('{"status":"OK","results":[{"t":13467', 200)],
    "other-shape": [Response('{"results":"none"}', 200)],
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
async def test_transient_provider_errors_are_retried(
    provider: Massive, pool: Pool, link: asyncpg.Connection, trouble: list[Response]
) -> None:
    provider.trouble.extend(trouble)

    done = await load(provider, pool, "AAPL")

    assert done.status == "completed"
    assert await link.fetchval("select count(*) from ohlcv_daily") == 5


async def test_lasting_provider_errors_end_the_load_and_keep_stored_bars(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    def break_down(progress: ProviderProgress) -> None:
        if progress.new_bars == 2 and not provider.trouble:
            provider.trouble.extend(Response("oops", 500) for _ in range(100))

    with pytest.raises(ProviderUnreachable, match="status 500"):
        await load(provider, pool, "AAPL", on_progress=break_down, patience=0.2)
    provider.trouble.clear()
    provider.requests.clear()
    done = await load(provider, pool, "AAPL")

    assert done.status == "completed"
    assert provider.requests[0].startswith("/v2/aggs/ticker/AAPL/range/1/day/2012-09-05/2012-09-10?")
    assert await link.fetchval("select count(*) from ohlcv_daily") == 5


async def test_a_rate_limited_load_waits_longer_than_the_limit_for_silence(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    patience = 0.5
    provider.trouble.extend(Response("{}", 429, {"Retry-After": "0.1"}) for _ in range(20))

    began = time.monotonic()
    done = await load(provider, pool, "AAPL", patience=patience)

    assert time.monotonic() - began >= 20 * 0.1 > patience
    assert done.status == "completed"
    assert await link.fetchval("select count(*) from ohlcv_daily") == 5


async def test_a_provider_that_always_limits_ends_the_load(provider: Massive, pool: Pool) -> None:
    provider.trouble.extend(Response("{}", 429, {"Retry-After": "0"}) for _ in range(100_000))

    with pytest.raises(ProviderUnreachable, match=r"limits our requests \(status 429\)"):
        await load(provider, pool, "AAPL", limited_patience=0.2)


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (
            Response('{"status":"NOT_AUTHORIZED","message":"Your plan has no\\nminutes"}', 403),
            "Your plan has nominutes",
        ),
        (Response("<html>", 400), "refuses with status 400"),
        (Response("", 302, {"Location": "http://127.0.0.1:1/"}), "refuses with status 302"),
    ],
    ids=["plan", "bad", "elsewhere"],
)
async def test_a_permanent_refusal_is_reported_and_not_retried(
    provider: Massive, pool: Pool, trouble: Response, message: str
) -> None:
    provider.trouble.append(trouble)

    with pytest.raises(ProviderRefused, match=message):
        await load(provider, pool, "AAPL")

    assert len(provider.requests) == 1


async def test_a_wrong_key_is_refused_at_once_and_never_shown(
    provider: Massive, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(ProviderRefused, match="does not know this key: Unknown API Key") as refusal:
        await load(provider, pool, "AAPL", key="hunter2-hunter2")

    assert len(provider.requests) == 1
    assert "hunter2" not in str(refusal.value) + caplog.text + "".join(provider.requests)


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9", "https://127.0.0.1", "http://localhost"])
async def test_the_provider_key_is_sent_to_no_other_host(provider: Massive, pool: Pool, elsewhere: str) -> None:
    provider.elsewhere = elsewhere

    with pytest.raises(ProviderRefused, match="sends us to another host"):
        await load(provider, pool, "AAPL")


async def test_circular_pagination_ends(provider: Massive, pool: Pool) -> None:
    path = f"{provider.url}/v2/aggs/ticker/AAPL/range/1/day/2012-09-04/2012-09-10?cursor=0"
    provider.trouble.extend(Response(f'{{"next_url":"{path}"}}', 200) for _ in range(3))

    with pytest.raises(ProviderRefused, match="no end"):
        await load(provider, pool, "AAPL")


async def test_a_cancelled_provider_load_stops_between_pages_and_resumes(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    stop = asyncio.Event()
    provider.trouble.extend([Response("{}", 429, {"Retry-After": "200"})])

    waiting = asyncio.create_task(load(provider, pool, "BRK.B", "AAPL", stop=stop, limited_patience=1000))
    async with asyncio.timeout(10):
        while not provider.requests:
            await asyncio.sleep(0.01)
    stop.set()
    off = await waiting
    on = await load(provider, pool, "BRK.B", "AAPL")

    assert (off.status, off.successful) == ("cancelled", ())
    assert (on.status, on.successful) == ("completed", ("BRK.B", "AAPL"))


async def test_completed_symbols_are_not_requested_again(provider: Massive, pool: Pool) -> None:
    def break_down(progress: ProviderProgress) -> None:
        if progress.successful and not provider.trouble:
            provider.trouble.append(Response("", 403))

    with pytest.raises(ProviderRefused):
        await load(provider, pool, "BRK.B", "AAPL", on_progress=break_down)
    provider.requests.clear()
    done = await load(provider, pool, "BRK.B", "AAPL")

    assert done.successful == ("BRK.B", "AAPL")
    assert not any("BRK.B" in address for address in provider.requests)


async def test_weekly_bars_of_the_provider_are_moved_from_sunday_to_monday(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    provider.bars["AAPL"] = [bar("2012-09-09", 100.0)]

    await load(provider, pool, "AAPL", timeframe="weekly")

    assert await link.fetchval("select week_start::text from ohlcv_weekly") == "2012-09-10"


def test_the_request_rate_is_kept_in_every_minute() -> None:
    now = 0.0
    pace, starts = RequestPace(5, clock=lambda: now), []
    for _ in range(23):
        now += pace.delay()
        pace.note()
        starts.append(now)
        now += 0.5

    assert all(later - first >= 60 for first, later in zip(starts, starts[5:], strict=False))
    assert starts[4] == 2.0


def test_an_estimate_counts_requests_and_minutes() -> None:
    year = DateRange(date(2023, 1, 1), date(2023, 12, 31))

    history = MassiveHistory("http://127.0.0.1:1", "", 5)

    assert history.estimate(10, LOAD_TIMEFRAMES["daily"], year) == Estimate(40, 5)
    assert history.estimate(10, LOAD_TIMEFRAMES["1min"], year).requests == 90
    assert Estimate(40, 5).minutes == 7.0


async def test_a_split_that_appears_in_the_middle_of_a_load_is_stored_apart_from_raw_prices(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    stop = asyncio.Event()
    split = {"execution_date": "2012-09-07", "split_from": 1, "split_to": 2, "ticker": "AAPL"}

    def splits(progress: ProviderProgress) -> None:
        if progress.new_bars >= 2:
            provider.splits["AAPL"] = [split]
            stop.set()

    first = await load(provider, pool, "AAPL", on_progress=splits, stop=stop)
    resumed = await load(provider, pool, "AAPL")
    in_two = (await checksum(link), await link.fetch("select symbol, ex_date, ratio, source from splits"))
    await link.execute("truncate ohlcv_daily, splits, symbols cascade")
    await load(provider, pool, "AAPL")

    assert (first.status, resumed.status) == ("cancelled", "completed")
    assert 0 < first.new_bars < 5
    assert in_two == (await checksum(link), await link.fetch("select symbol, ex_date, ratio, source from splits"))
    assert [(str(row["ex_date"]), row["ratio"]) for row in in_two[1]] == [("2012-09-07", 2)]
    closes = await link.fetch("select close from ohlcv_daily order by date")
    assert [float(row[0]) for row in closes] == [104.0, 105.0, 106.0, 107.0, 110.0]
