"""A month with every fault of a feed, killed feeds and restarted engines yields the bars of its source."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

import asyncpg
import msgspec
import pytest

from app.finance import periods
from app.finance.bars import Bar, day_start
from app.finance.quote import NewestQuote
from app.wire.channels import POSITION_PREFIX
from app.wire.client import close, connect
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, desk, settings
from tests.support.faulty_feed import MONTH, FaultyFeed, Mark, bars_of, messages, outside
from tests.support.running_engine import daily, eventually, running_engine

__all__ = ["desk", "settings"]

ROOT = Path(__file__).parents[2]
KILLED = (2, 7, 8, 13, 17)
"""Sessions in whose middle the feed is killed, by their number in the month."""
ENGINE_ANEW = (3, 8, 11, 18)
"""And those in which the engine is stopped in good order and started again."""
FACT = re.compile(r"<dt>(?:<abbr[^>]*>)?(Open|High|Low|Volume)(?:</abbr>)?</dt><dd>([^<]*)")


class Ingest:
    def __init__(self, redis_url: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", "tests.support.faulty_feed", redis_url, str(folder)]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@asynccontextmanager
async def engine(redis_url: str, databases: Databases) -> AsyncIterator[None]:
    async with running_engine(redis_url, databases.engine, beat_seconds=1.0, timeframes=["daily"]):
        yield


class Watch:
    """Reads what the feed, the engine and the desk make of a session, each where people and programs find it."""

    def __init__(self, redis_url: str, link: asyncpg.Connection, desk: Desk) -> None:
        self.redis = connect(redis_url)
        self._link = link
        self._desk = desk

    async def until_played(self, session: date, count: int) -> None:
        async def played() -> bool:
            position = await self.redis.get(POSITION_PREFIX + FaultyFeed.name)
            mark = msgspec.json.decode(position, type=Mark) if position else None
            return mark is not None and mark.session == session and mark.played >= count

        await eventually(played)

    async def newest(self) -> Mapping[str, NewestQuote]:
        return await NewestQuotes(self.redis).all()

    async def has_written(self, session: date) -> bool:
        newest = await self.newest()
        days = [_day(session, quote) for quote in newest.values() if quote.session == session.isoformat()]
        return sorted(days) == bars_of(session)

    async def has_stored(self, session: date) -> bool:
        return await daily(self._link, session) == bars_of(session)

    async def has_published(self, session: date) -> bool:
        """In the JSON of the desk, and on the page of each symbol."""
        async with self._desk.client() as client:
            quotes = (await client.get("/api/v1/quotes")).json()["quotes"]
            days = [_day(session, quote) for quote in quotes if quote["session"] == session.isoformat()]
            return sorted(days) == bars_of(session)

    async def printed(self, bar: Bar) -> Mapping[str, str]:
        async with self._desk.client() as client:
            page = (await client.get(f"/s/{bar.symbol}")).text
        return dict(FACT.findall(page))


def _day(session: date, quote: NewestQuote | dict[str, object]) -> Bar:
    if isinstance(quote, NewestQuote):
        close = quote.price if quote.close is None else quote.close
        return Bar(quote.symbol, "daily", day_start(session), quote.open, quote.high, quote.low, close, quote.volume)
    close = quote["price"] if quote["close"] is None else quote["close"]
    figures = (quote["open"], quote["high"], quote["low"], close, quote["volume"])
    return Bar(str(quote["symbol"]), "daily", day_start(session), *figures)  # type: ignore[arg-type]


@pytest.mark.timeout(300)
async def test_a_month_with_a_faulty_feed_yields_the_same_bars_as_its_source(
    redis_url: str, databases: Databases, desk: Desk, tmp_path: Path
) -> None:
    rng = Random(20120904)
    link = await asyncpg.connect(databases.engine)
    watch, released = Watch(redis_url, link, desk), tmp_path / "released"
    released.mkdir()
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(AsyncExitStack())
        await engines.enter_async_context(engine(redis_url, databases))
        ingest = Ingest(redis_url, released)
        stack.callback(ingest.kill)
        for number, session in enumerate(MONTH):
            count = len(messages(session))
            if number in KILLED:
                await watch.until_played(session, rng.randrange(25, count // 2))
                ingest.kill()
                ingest.start()
            if number in ENGINE_ANEW:
                await watch.until_played(session, rng.randrange(count // 3, count * 2 // 3))
                await engines.aclose()
                await engines.enter_async_context(engine(redis_url, databases))
            for reached in (watch.has_written, watch.has_published, watch.has_stored):
                await eventually(partial(reached, session))
            assert {symbol: quote.outside for symbol, quote in (await watch.newest()).items()} == outside(session)
            (released / session.isoformat()).touch()

        last = bars_of(MONTH[-1])
        for bar in last:
            prices = {"Open": bar.open, "High": bar.high, "Low": bar.low}
            volume = f"{bar.volume / 1e6:.1f}M" if bar.volume >= 1e7 else f"{bar.volume / 1e6:.2f}M"
            expected = {**{name: f"{price:.2f}" for name, price in prices.items()}, "Volume": volume}
            assert await watch.printed(bar) == expected
        source = [bar for session in MONTH for bar in bars_of(session)]
        assert [bar for session in MONTH for bar in await daily(link, session)] == source
        weeks = {(bar.symbol, bar.day): bar for bar in _weeks(source)}
        rows = await link.fetch(
            "select symbol, week_start, open, high, low, close, volume from ohlcv_weekly where week_start >= $1",
            MONTH[0].replace(day=10),
        )
        assert len(rows) == 3 * len(last)
        for row in rows:
            assert tuple(map(float, row[2:])) == weeks[row["symbol"], row["week_start"]][3:8]
    await close(watch.redis)
    await link.close()


def _weeks(source: list[Bar]) -> list[Bar]:
    of = {symbol: [bar for bar in source if bar.symbol == symbol] for symbol in {bar.symbol for bar in source}}
    return [week for bars in of.values() for week in periods.merge(bars, "weekly")]
