"""`tickstock data load --provider ...`: loads history at the rate the provider allows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from app.commands import symbol_arguments
from app.commands.market_database import AGAIN, bars, market, stopping, with_pool
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.engine.jobs.plan import require_storable
from app.engine.loads.providers.history import HistoryRequest, ProviderLoad, ProviderProgress
from app.engine.loads.providers.provider import DateRange, HistoryProvider, ProviderRefused, ProviderUnreachable
from app.engine.loads.providers.vendors import history_provider
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from app.finance.symbols import folded
from app.settings.load import Settings

YEAR = timedelta(days=365)

Say = Callable[[str], object]


class ProviderRequest(NamedTuple):
    provider: str
    symbols: str
    """Separated by commas."""
    timeframe: str
    first: date | None
    last: date | None
    dry_run: bool
    reference: bool


def load_provider(
    settings: Settings, environ: Mapping[str, str], request: ProviderRequest, say: Say, warn: Say
) -> bool:
    """Whether every symbol had bars. Raises Unusable."""
    query = _provider_query(request, datetime.now(UTC).date())
    provider = history_provider(settings, request.provider)
    if request.dry_run:
        estimate = provider.estimate(len(query.symbols), query.frame, query.span)
        say(
            f"{len(query.symbols):,} symbols, {query.span.first} to {query.span.last}: at most {estimate.requests:,}"
            f" requests, about {estimate.minutes:,.0f} minutes at {estimate.per_minute:g} a minute;"
            " nothing was asked for or stored"
        )
        return True
    if provider.configuration_error:
        raise Unusable(f"{provider.configuration_error}: the provider answers to nobody without one")
    with market(settings, environ) as url:
        return asyncio.run(with_pool(url, lambda pool: _load(pool, provider, query, say, warn)))


async def _load(pool: Pool, provider: HistoryProvider, query: HistoryRequest, say: Say, warn: Say) -> bool:
    query = query._replace(symbols=await symbol_arguments.stored_symbols(pool, query.symbols, "--symbols"))
    writer = BarWriter(pool, query.frame)
    await writer.open()
    with stopping() as stop, bars() as progress:
        row = progress.add_task(provider.name, total=len(query.symbols), amount="")

        def on_progress(now: ProviderProgress) -> None:
            completed = len(now.successful) + len(now.failed)
            progress.update(
                row, completed=completed, description=now.current or provider.name, amount=f"{now.good_records:,} bars"
            )

        try:
            outcome = await ProviderLoad(query, provider, writer, on_progress, query.span.last, stop).run()
        except (ProviderRefused, ProviderUnreachable) as reason:
            raise Unusable(f"{reason}; {AGAIN}") from None
    return _report(outcome, say, warn)


def _report(progress: ProviderProgress, say: Say, warn: Say) -> bool:
    for symbol, record in progress.rejections:
        warn(f"{symbol}: {record}")
    if progress.rejected_records > len(progress.rejections):
        warn(f"and {progress.rejected_records - len(progress.rejections):,} more records refused")
    if progress.failed:
        warn(f"nothing of {', '.join(progress.failed)}{_case(progress.failed)}")
    say(
        f"{len(progress.successful):,} of {progress.total:,} symbols, {progress.good_records:,} bars,"
        f" {progress.new_bars:,} new or changed, {progress.rejected_records:,} refused;"
        f" {progress.requests:,} requests in {progress.seconds:.0f} s"
    )
    if progress.status == "cancelled":
        raise Unusable(f"stopped; {AGAIN}")
    return not progress.failed


def _case(failed: Sequence[str]) -> str:
    """A hint about the case of symbols that the provider does not have."""
    capitals = [folded(symbol) for symbol in failed if folded(symbol) != symbol]
    return f"; case counts, and perhaps {', '.join(capitals)} was meant" if capitals else ""


def _provider_query(request: ProviderRequest, today: date) -> HistoryRequest:
    """Ends yesterday at the latest: today's bar is not complete. Raises Unusable."""
    symbols = tuple(dict.fromkeys(word.strip() for word in request.symbols.split(",") if word.strip()))
    symbol_arguments.require_symbols(symbols, "--symbols")
    if not symbols:
        raise Unusable("--symbols: name at least one, with commas between")
    try:
        require_storable(symbols)
    except UnreadableSource as reason:
        raise Unusable(f"--symbols: {reason}") from None
    yesterday = today - timedelta(days=1)
    last = min(request.last or yesterday, yesterday)
    first = request.first or last - YEAR
    if first > last:
        raise Unusable(f"--from: {first} lies after {last}, the last whole day asked for")
    until = str(request.last) if request.last else "yesterday"
    return HistoryRequest(symbols, LOAD_TIMEFRAMES[request.timeframe], DateRange(first, last), until, request.reference)
