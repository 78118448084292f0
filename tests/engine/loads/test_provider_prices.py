"""Prices of a provider, which arrive as floats."""

from datetime import date

import asyncpg

from app.db.pools import Pool
from app.engine.loads.providers.history import HistoryRequest, ProviderLoad
from app.engine.loads.providers.massive.provider import MassiveHistory
from app.engine.loads.providers.provider import DateRange
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.support.history_server import KEY, TODAY, bar, speaking

SPAN = DateRange(date(2012, 9, 4), date(2012, 9, 10))


async def test_float_noise_is_accepted_and_a_too_precise_price_rejected(pool: Pool, link: asyncpg.Connection) -> None:
    writer = BarWriter(pool, LOAD_TIMEFRAMES["daily"])
    await writer.open()
    async with speaking() as provider:
        provider.bars["A"] = [
            bar("2012-09-04", 101.13) | {"h": 101.12999999999998},
            bar("2012-09-05", 101.13) | {"l": 101.12999725341797, "h": 101.13},
            bar("2012-09-06", 2.0) | {"c": 2.00035},
        ]
        history = MassiveHistory(provider.url, KEY, 60_000)
        done = await ProviderLoad(
            HistoryRequest(("A",), LOAD_TIMEFRAMES["daily"], SPAN, ""), history, writer, lambda _: None, TODAY
        ).run()

    rows = await link.fetch("select date::text, open, high, low, close from ohlcv_daily order by 1")
    assert [tuple(map(str, row)) for row in rows] == [
        ("2012-09-04", "101.1300", "101.1300", "100.1300", "101.1300"),
        ("2012-09-05", "101.1300", "101.1300", "101.1300", "101.1300"),
    ]
    reason = "close: '2.00035' has more than the four decimals that are stored; round it, or load prices as traded"
    assert [(symbol, refusal.reason) for symbol, refusal in done.rejections] == [("A", f"{reason}, not adjusted")]
