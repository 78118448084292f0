"""Stored bars for measurements of coverage."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import asyncpg

from app.db import market
from app.engine.coverage.measure import measure_coverage
from app.engine.coverage.result import Coverage, CoverageQuery


class Day(NamedTuple):
    day: date
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: int | None


class Series(NamedTuple):
    symbol: str
    listed: date | None
    active: bool
    days: list[Day]
    splits: dict[date, float]


async def coverage_of(link: asyncpg.Connection, **query: object) -> Coverage:
    return await measure_coverage(link, await market.inspect(link, exact=True), CoverageQuery(**query))  # type: ignore[arg-type]


async def store(link: asyncpg.Connection, series: Iterable[Series]) -> None:
    for each in series:
        await link.execute(
            "insert into symbols (symbol, active, list_date) values ($1, $2, $3)", each.symbol, each.active, each.listed
        )
        await link.executemany(
            "insert into ohlcv_daily values ($1, $2, $3, $4, $5, $6, $7)",
            [(each.symbol, *day) for day in each.days],
        )
        await link.executemany(
            "insert into splits (symbol, ex_date, ratio) values ($1, $2, $3)",
            [(each.symbol, day, ratio) for day, ratio in each.splits.items()],
        )
