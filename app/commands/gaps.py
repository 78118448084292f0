"""`tickstock data gaps` and `data repair`: what is missing or suspicious, and loading that again."""

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
from app.engine.jobs.worker import NO_KEY, BarOrigin, LoadProgress, LoadWorker
from app.engine.loads.providers import massive
from app.engine.loads.providers.history import minutes
from app.engine.loads.providers.rest import ProviderRefused, ProviderUnreachable
from app.finance.history import read_moves
from app.settings.load import Settings

ROWS = 40
"""Of each table; `--json` has all."""


def show(settings: Settings, asked: CoverageQuery, as_json: bool) -> bool:
    """Whether nothing is missing and nothing suspicious. Raises Unusable."""

    async def work(pool: Pool) -> bool:
        found = await _look(pool, settings, asked)
        _print_json(found) if as_json else _print(found)
        return found.whole

    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))


def repair(settings: Settings, asked: CoverageQuery, really: bool) -> bool:
    """Whether all that was asked for came; without `really` only what it would be is said. Raises Unusable."""

    async def work(pool: Pool) -> bool:
        wanted = repair_plans(await _look(pool, settings, asked))
        _estimate(wanted, settings)
        return not really or await _load(pool, settings, wanted)

    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))


async def _look(pool: Pool, settings: Settings, asked: CoverageQuery) -> Coverage:
    at = None if asked.until else await market_time.now(settings)
    if at is not None:
        asked = asked._replace(until=last_closed(at))
    if asked.symbols:
        asked = asked._replace(symbols=await symbol_arguments.stored(pool, asked.symbols, "--symbol"))
    async with pool.acquire() as connection:
        shape = await inspect(connection, exact=True)
        counts = await minute_counts(connection) if asked.timeframe == "1min" else None
        moves = read_moves(settings.replay.path.with_name("moves.csv"))
        return await measure_coverage(connection, shape, asked, counts, moves)


def _estimate(wanted: Sequence[LoadPlan], settings: Settings) -> None:
    console = Console(soft_wrap=True)
    requests = 0
    for plan in wanted:
        count = massive.requests(len(plan.symbols), plan.frames[0], plan.span)
        requests += count
        console.print(
            f"{plan.frames[0].name} {plan.span.first} to {plan.span.last}: {_some(plan.symbols)}"
            f" (at most {count:,} requests)",
            highlight=False,
        )
    if not wanted:
        console.print("nothing is missing and nothing suspicious")
    elif settings.massive.api_key:
        long = minutes(requests, settings.massive.requests_per_minute)
        console.print(f"at most {requests:,} requests, about {long:,.0f} minutes", highlight=False)
    else:
        console.print(NO_KEY)


async def _load(pool: Pool, settings: Settings, wanted: Sequence[LoadPlan]) -> bool:
    said, replay = settings.massive, settings.replay
    key = said.api_key.get_secret_value() if said.api_key else ""
    origin = BarOrigin(replay.path, replay.history_until, said.rest_url, key, said.requests_per_minute)
    fine = True
    with stopping() as stop, bars() as shown:
        for plan in wanted:
            row = shown.add_task(f"{plan.span.first} to {plan.span.last}", total=1.0, said="")

            def told(now: LoadProgress, row: object = row) -> None:
                shown.update(row, completed=now.share, said=f"{now.new_bars:,} bars")  # type: ignore[arg-type]

            try:
                standing = await LoadWorker(plan, origin, pool, told, stop).run()
            except (ProviderRefused, ProviderUnreachable) as reason:
                raise Unusable(f"{reason}; {AGAIN}") from None
            if stop.is_set():
                raise Unusable(f"stopped; {AGAIN}")
            fine &= not standing.failed
    return fine


def _print(found: Coverage) -> None:
    console = Console()
    have, expected = sum(each.bars for each in found.extents), sum(each.expected for each in found.extents)
    console.print(
        f"{found.timeframe}, {found.since} to {found.until}: {have:,} of {expected:,} bars of"
        f" {len(found.extents):,} symbols",
        highlight=False,
    )
    gaps = Table("symbol", "from", "to", "bars", title="missing")
    for gap in found.missing[:ROWS]:
        gaps.add_row(gap.symbol, str(gap.first), str(gap.last), f"{gap.bars:,}")
    faults = Table("symbol", "day", "what", title="suspicious")
    for each in found.suspects[:ROWS]:
        faults.add_row(each.symbol, str(each.day), ", ".join(each.faults).replace("_", " "))
    reasons = Table("symbol", "day", "why", title="jumps with a reason")
    for one in found.explained[:ROWS]:
        reasons.add_row(one.symbol, str(one.day), one.reason)
    counts = (len(found.missing), len(found.suspects), len(found.explained))
    for table, count in zip((gaps, faults, reasons), counts, strict=True):
        if count:
            console.print(table)
        if count > ROWS:
            console.print(f"and {count - ROWS:,} more", highlight=False)


def _print_json(found: Coverage) -> None:
    told = {
        "timeframe": found.timeframe,
        "since": found.since,
        "until": found.until,
        "symbols": [each._asdict() for each in found.extents],
        "missing": [each._asdict() for each in found.missing],
        "suspicious": [each._asdict() for each in found.suspects],
        "explained": [each._asdict() for each in found.explained],
    }
    print(json.dumps(told, default=date.isoformat, indent=1))  # noqa: T201 - what the command is for


def _some(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - 10:,} more" if len(symbols) > 10 else ""
    return ", ".join(symbols[:10]) + more
