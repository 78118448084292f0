"""`tickstock data gaps` and `data repair`: lists missing or suspicious bars, and loads them again."""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from app.commands import market_time, symbol_arguments
from app.commands.market_database import AGAIN, bars, market, stopping, with_pool
from app.db.market import inspect
from app.db.pools import Pool
from app.db.timescale import minute_counts
from app.embedded.places import Unusable
from app.engine.coverage.measure import measure_coverage
from app.engine.coverage.periods import last_closed
from app.engine.coverage.repair_plans import repair_plans
from app.engine.coverage.result import Coverage, CoverageQuery
from app.engine.jobs.plan import LoadPlan
from app.engine.jobs.worker import BarOrigin, LoadProgress, LoadWorker
from app.engine.loads.providers.provider import Estimate, ProviderRefused, ProviderUnreachable
from app.finance.history import read_moves
from app.settings.load import Settings

ROWS = 40
"""Per table; `--json` has all."""


def show(settings: Settings, query: CoverageQuery, as_json: bool) -> bool:
    """Whether nothing is missing or suspicious. Raises Unusable."""

    async def work(pool: Pool) -> bool:
        coverage = await _coverage(pool, settings, query)
        _print_json(coverage) if as_json else _print(coverage)
        return coverage.whole

    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))


def repair(settings: Settings, query: CoverageQuery, really: bool) -> bool:
    """Whether everything was loaded. Without `really` it only prints what it would do. Raises Unusable."""

    origin = BarOrigin.configured(settings)

    async def work(pool: Pool) -> bool:
        loads = repair_plans(await _coverage(pool, settings, query))
        _estimate(loads, origin)
        return not really or await _load(pool, origin, loads)

    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))


async def _coverage(pool: Pool, settings: Settings, query: CoverageQuery) -> Coverage:
    at = None if query.until else await market_time.now(settings)
    if at is not None:
        query = query._replace(until=last_closed(at))
    if query.symbols:
        query = query._replace(symbols=await symbol_arguments.stored_symbols(pool, query.symbols, "--symbol"))
    async with pool.acquire() as connection:
        shape = await inspect(connection, exact=True)
        counts = await minute_counts(connection) if query.timeframe == "1min" else None
        moves = read_moves(settings.replay.path.with_name("moves.csv"))
        return await measure_coverage(connection, shape, query, counts, moves)


def _estimate(loads: Sequence[LoadPlan], origin: BarOrigin) -> None:
    console = Console(soft_wrap=True)
    total: Estimate | None = None
    for plan in loads:
        estimate = origin.provider.estimate(len(plan.symbols), plan.frames[0], plan.span)
        total = estimate._replace(requests=estimate.requests + (total.requests if total else 0))
        console.print(
            f"{plan.frames[0].name} {plan.span.first} to {plan.span.last}: {_some(plan.symbols)}"
            f" (at most {estimate.requests:,} requests)",
            highlight=False,
        )
    if total is None:
        console.print("nothing is missing and nothing suspicious")
    elif origin.provider.configuration_error:
        console.print(origin.shipped_alone)
    else:
        console.print(f"at most {total.requests:,} requests, about {total.minutes:,.0f} minutes", highlight=False)


async def _load(pool: Pool, origin: BarOrigin, loads: Sequence[LoadPlan]) -> bool:
    fine = True
    with stopping() as stop, bars() as progress:
        for plan in loads:
            row = progress.add_task(f"{plan.span.first} to {plan.span.last}", total=1.0, amount="")

            def on_progress(now: LoadProgress, row: object = row) -> None:
                progress.update(row, completed=now.share, amount=f"{now.new_bars:,} bars")  # type: ignore[arg-type]

            try:
                standing = await LoadWorker(plan, origin, pool, on_progress, stop).run()
            except (ProviderRefused, ProviderUnreachable) as reason:
                raise Unusable(f"{reason}; {AGAIN}") from None
            if stop.is_set():
                raise Unusable(f"stopped; {AGAIN}")
            fine &= not standing.failed
    return fine


def _print(coverage: Coverage) -> None:
    console = Console()
    have, expected = sum(each.bars for each in coverage.extents), sum(each.expected for each in coverage.extents)
    console.print(
        f"{coverage.timeframe}, {coverage.since} to {coverage.until}: {have:,} of {expected:,} bars of"
        f" {len(coverage.extents):,} symbols",
        highlight=False,
    )
    gaps = Table("symbol", "from", "to", "bars", title="missing")
    for gap in coverage.missing[:ROWS]:
        gaps.add_row(gap.symbol, str(gap.first), str(gap.last), f"{gap.bars:,}")
    faults = Table("symbol", "day", "what", title="suspicious")
    for each in coverage.suspects[:ROWS]:
        faults.add_row(each.symbol, str(each.day), ", ".join(each.faults).replace("_", " "))
    reasons = Table("symbol", "day", "why", title="jumps with a reason")
    for one in coverage.explained[:ROWS]:
        reasons.add_row(one.symbol, str(one.day), one.reason)
    counts = (len(coverage.missing), len(coverage.suspects), len(coverage.explained))
    for table, count in zip((gaps, faults, reasons), counts, strict=True):
        if count:
            console.print(table)
        if count > ROWS:
            console.print(f"and {count - ROWS:,} more", highlight=False)


def _print_json(coverage: Coverage) -> None:
    report = {
        "timeframe": coverage.timeframe,
        "since": coverage.since,
        "until": coverage.until,
        "symbols": [each._asdict() for each in coverage.extents],
        "missing": [each._asdict() for each in coverage.missing],
        "suspicious": [each._asdict() for each in coverage.suspects],
        "explained": [each._asdict() for each in coverage.explained],
    }
    print(json.dumps(report, default=date.isoformat, indent=1))  # noqa: T201 - what the command is for


def _some(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - 10:,} more" if len(symbols) > 10 else ""
    return ", ".join(symbols[:10]) + more
