"""Malformed records of a provider."""

import asyncpg
from quart import Response

from app.db.pools import Pool
from tests.support.history_server import DAYS, Massive, load


async def test_a_malformed_record_is_rejected_alone_and_reported(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    provider.bars["AAPL"] = [DAYS[0], DAYS[1] | {"o": "100"}, DAYS[2], DAYS[3] | {"c": None}, DAYS[4] | {"h": 1.0}]
    provider.splits["AAPL"] = [
        {"execution_date": "", "split_from": 1, "split_to": 2},
        {"execution_date": "2005-02-28", "split_from": 1, "split_to": 2},
        {"execution_date": "2000-06-21", "split_from": 0, "split_to": 2},
    ]
    provider.dividends["AAPL"] = [
        {"ex_dividend_date": "2012-08-09", "cash_amount": 2.65},
        {"ex_dividend_date": "2012-05-09", "cash_amount": "a lot"},
    ]

    done = await load(provider, pool, "AAPL", "BRK.B")

    assert (done.status, done.successful, done.failed) == ("completed_with_errors", ("AAPL", "BRK.B"), ())
    assert [f"{symbol}: {record}" for symbol, record in done.rejections] == [
        "AAPL: bar 2: o: expected float, got str",
        "AAPL: bar 2: c: expected float, got null",
        "AAPL: bar 1: high '1.0' is below low '109.0'",
        "AAPL: split 1: execution_date: invalid RFC3339 encoded date",
        "AAPL: split 3: 0 to 2 is no ratio",
        "AAPL: dividend 2: cash_amount: expected float, got str",
    ]
    days = await link.fetch("select date::text from ohlcv_daily where symbol = 'AAPL' order by 1")
    assert [row[0] for row in days] == ["2012-09-04", "2012-09-06"]
    assert await link.fetchval("select count(*) from ohlcv_daily where symbol = 'BRK.B'") == 1
    assert await link.fetchval("select ex_date::text from splits") == "2005-02-28"
    assert await link.fetchval("select ex_date::text from dividends") == "2012-08-09"
    assert "6 records refused; AAPL bar 2: o:" in await link.fetchval("select error_message from symbol_load_log")


async def test_a_ticker_with_an_empty_date_loses_its_name_and_causes_no_retry(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    provider.tickers["AAPL"] = {"ticker": "AAPL", "name": "x", "list_date": ""}

    done = await load(provider, pool, "AAPL", "BRK.B", patience=0.0)

    assert (done.successful, done.rejected_records) == (("AAPL", "BRK.B"), 1)
    assert [f"{symbol}: {record}" for symbol, record in done.rejections] == [
        "AAPL: ticker 1: list_date: invalid RFC3339 encoded date"
    ]
    assert await link.fetchval("select name from symbols where symbol = 'BRK.B'") == "BRK.B Incorporated"


async def test_an_answer_without_a_readable_record_counts_as_no_data(
    provider: Massive, pool: Pool, link: asyncpg.Connection
) -> None:
    provider.trouble.append(Response('{"results":[5,{"t":1000000000000000000,"o":1,"h":1,"l":1,"c":1}]}', 200))

    done = await load(provider, pool, "AAPL", "BRK.B")

    assert (done.status, done.successful, done.failed) == ("completed_with_errors", ("BRK.B",), ("AAPL",))
    assert [str(record) for _, record in done.rejections] == [
        "bar 1: expected object, got int",
        "bar 2: t: 1000000000000000000 is no time that exists",
    ]
