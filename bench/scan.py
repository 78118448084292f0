"""Scans of 5,000 symbols with two million daily bars: milliseconds of the query and of the whole scan.

    python -m bench.scan [--rounds 50] [--detections 200000]

A PostgreSQL of our own with bars that SQL makes of row numbers, and the rows of `latest` by the code of the engine.
Each preset whose operands are stored is scanned as a page does it: made a statement, sent through the reader's pool,
and its first hundred rows read. Then each preset is evaluated at a past moment (`at=`), as an engine does it in the
background. Times are of the wall, one scan at a time.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import date
from statistics import median, quantiles

import asyncpg

from app.db import past_market, roles
from app.db.market import MarketShape
from app.db.migrate import migrate
from app.db.pools import Pool, Pools
from app.engine.startup import history
from app.engine.startup.latest_refresh import LatestRefresh
from app.engine.storage.store import Store
from app.finance import calendar
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular
from app.rules.latest_bars import LatestBars
from app.rules.matching import RuleScope
from app.rules.parse import parse
from app.rules.past_matching import matches_at, past_needs
from app.rules.presets import PRESETS
from app.rules.resolve import resolve
from app.rules.sql import ScanQuery, statement
from app.rules.sql_conditions import Inexpressible
from app.rules.tree import Rule, Series
from app.scans.queries import scan, scan_tables
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.pubsub.publisher import Publisher
from bench.engine import servers
from bench.scale import data

SESSIONS = 400
AIM_MS = 20
PAST_SESSIONS = 100
PAST_AIM = 10
COLUMNS = tuple(
    Series(name, period, timeframe="d") for name, period in (("close", 0), ("chg", 0), ("relvol", 0), ("rsi", 14))
)
FACTS = """
update symbols
   set sector = (array['Technology', 'Energy', 'Financial', 'Health Care'])[1 + right(symbol, 1)::int % 4],
       industry = case right(symbol, 1) when '7' then 'Biotechnology' else 'Software' end,
       market_cap = 1000000000 * right(symbol, 3)::bigint, type = 'CS'
"""


async def fill(url: str, detections: int) -> None:
    days = list(calendar.sessions(date(2024, 1, 2), data.LAST))[-SESSIONS:]
    link = await asyncpg.connect(url)
    await data.put_symbols(link)
    await link.execute(FACTS)
    await link.execute(data.DAILY, 1, data.SYMBOLS, days)
    await data.put_detections(link, detections)
    await link.execute("vacuum analyze")
    print(f"{await link.fetchval('select count(*) from ohlcv_daily'):,} daily bars of {data.SYMBOLS:,} symbols")
    await link.close()


async def compute(url: str, redis_url: str) -> None:
    """The rows of `latest`, as an engine does it at its start."""
    pool, series, client = Pool(url, "engine", 2, statement_ms=60_000), SeriesByTimeframe(), connect(redis_url)
    store, latest = Store(pool, Publisher(client, Channels())), LatestBars(series)
    latest.has_table = True
    began = time.perf_counter()
    await history.restore_bars(pool, series)
    restored = time.perf_counter()
    storing = asyncio.create_task(store.run())
    used = time.process_time()
    await LatestRefresh(pool, series, latest, store).run()
    await store.wait_stored()
    took, used = time.perf_counter() - restored, time.process_time() - used
    storing.cancel()
    async with pool.acquire() as connection:
        await connection.execute("analyze latest")
        rows = await connection.fetchval("select count(*) from latest")
    print(
        f"bars read in {restored - began:.1f} s; {rows:,} rows computed and stored in {took:.1f} s, {used:.1f} s of CPU"
    )
    await pool.close()
    await client.aclose()


async def measure(pools: Pools, shape: MarketShape, rule: Rule, rounds: int) -> tuple[list[float], list[float], int]:
    """Milliseconds of each query and of each whole scan, and the number of matches."""
    tables = scan_tables(shape)
    assert tables is not None
    query = ScanQuery(rule, columns=COLUMNS)
    text, values = statement(query, tables)
    of_query, of_scan, matches = [], [], 0
    for _ in range(rounds):
        async with pools.market.acquire() as connection:
            began = time.perf_counter()
            await connection.fetch(text, *values)
            of_query.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        async with pools.market.acquire() as connection:
            matches = (await scan(connection, tables, query)).total
        of_scan.append(1000 * (time.perf_counter() - began))
    return of_query, of_scan, matches


async def report(urls: roles.Urls, rounds: int) -> None:
    pools = Pools(Pool(urls.own, "own", 1), Pool(urls.market, "market", 1, read_only=True))
    shape = await pools.shape()
    every: list[float] = []
    for preset in PRESETS:
        try:
            of_query, of_scan, matches = await measure(pools, shape, resolve(parse(preset.text), "d"), rounds)
        except Inexpressible as error:
            print(f"{preset.slug:26} by bars: {error.reason}")
            continue
        every += of_scan
        print(f"{preset.slug:26} {matches:5} matches; query {figures(of_query)}; scan {figures(of_scan)}")
    print(f"all scans: {figures(every)}; a median of {AIM_MS} ms is wanted")
    await pools.close()


async def past(urls: roles.Urls) -> None:
    """Each preset at the close a hundred sessions back: bars read, evaluated, and the table of values made."""
    days = list(calendar.sessions(date(2024, 1, 2), data.LAST))
    pool, at = Pool(urls.engine, "engine", 2), regular(days[-PAST_SESSIONS]).closes
    times = []
    for preset in PRESETS:
        rule, began, used = parse(preset.text), time.perf_counter(), time.process_time()
        market = await past_market.read(pool, past_needs(rule, "d"), at)
        read = time.perf_counter()
        matches = matches_at(market, rule, "d", RuleScope()) if market else None
        times.append(time.perf_counter() - began)
        count, used = len(matches.symbols) if matches else 0, time.process_time() - used
        print(f"{preset.slug:26} {count:5} then; {times[-1]:.1f} s, bars {read - began:.1f}, CPU {used:.1f}")
    print(f"at a past moment: median {median(times):.1f} s, most {max(times):.1f} s; {PAST_AIM} s is the most wanted")
    await pool.close()


def figures(times: Sequence[float]) -> str:
    return f"median {median(times):.1f} p99 {quantiles(times, n=100)[98]:.1f} ms"


async def run(rounds: int, detections: int) -> None:
    with servers() as (redis_url, superuser_url):
        urls = await roles.prepare(superuser_url, "scan")
        await migrate("market", urls.engine)
        await fill(urls.engine, detections)
        await compute(urls.engine, redis_url)
        await report(urls, rounds)
        await past(urls)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--detections", type=int, default=200_000)
    options = parser.parse_args()
    asyncio.run(run(options.rounds, options.detections))


if __name__ == "__main__":
    main()
