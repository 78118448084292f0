"""The symbols of which a bar of the day is expected."""

from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.eod.day_close import DayClose
from app.engine.eod.result import RECENT_SESSIONS, UniverseCheck
from app.finance import calendar
from tests.support.day_close import DAY

SESSIONS = list(calendar.sessions(date(2012, 10, 1), DAY))
LATEST, TOO_OLD = SESSIONS[-1 - RECENT_SESSIONS], SESSIONS[-2 - RECENT_SESSIONS]


async def check_day(pool: Pool) -> list[UniverseCheck]:
    close = DayClose(pool, lambda _event: None, DAY)
    await close.begin()
    return list((await close.complete()).checks)


async def store_symbol(link: asyncpg.Connection, symbol: str, *days: date, listed: date | None = None) -> None:
    await link.execute("insert into symbols (symbol, active, list_date) values ($1, true, $2)", symbol, listed)
    bars = [(symbol, day, *(Decimal(1),) * 4, 7) for day in days]
    await link.executemany("insert into ohlcv_daily values ($1, $2, $3, $4, $5, $6, $7)", bars)


async def test_recently_traded_or_listed_symbols_are_expected_and_silent_ones_named(
    pool: Pool, link: asyncpg.Connection
) -> None:
    await store_symbol(link, "THERE", DAY)
    await store_symbol(link, "HALTED", LATEST)
    await store_symbol(link, "LONG_GONE", TOO_OLD)
    await store_symbol(link, "NEVER", listed=date(1999, 1, 4))
    await store_symbol(link, "FRESH", listed=DAY)
    await store_symbol(link, "TOMORROW", listed=date(2012, 11, 26))
    await store_symbol(link, "LATER", date(2012, 11, 26))

    (every,) = await check_day(pool)

    assert every == UniverseCheck("all symbols", 3, ("FRESH", "HALTED"), ("LATER", "LONG_GONE", "NEVER"))
    assert not every.enough


async def test_a_universe_whose_members_are_all_silent_is_not_checked(pool: Pool, link: asyncpg.Connection) -> None:
    await store_symbol(link, "THERE", DAY)
    await store_symbol(link, "NEVER")
    await link.execute(
        "insert into cache_entries (type, name, key, value, environment) values"
        " ('stock_universe', 'own', 'quiet', '[\"NEVER\"]', 'x'),"
        " ('stock_universe', 'own', 'both', '[\"NEVER\", \"THERE\"]', 'x')"
    )

    checks = await check_day(pool)

    assert [each.universe for each in checks] == ["all symbols", "own:both"]
    assert checks[1] == UniverseCheck("own:both", 1, (), ("NEVER",))


@pytest.mark.parametrize(("days", "enough"), [([TOO_OLD], False), ([], True)], ids=["a dead feed", "an empty market"])
async def test_a_market_in_which_everybody_is_silent_is_not_complete(
    days: list[date], enough: bool, pool: Pool, link: asyncpg.Connection
) -> None:
    for day in days:
        await store_symbol(link, "GONE", day)

    (every,) = await check_day(pool)

    assert every.enough is enough
