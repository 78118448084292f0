"""Daily rows a second from CSV: checked and upserted by the loader, beside a COPY that checks nothing."""

import argparse
import asyncio
import shutil
import tempfile
import time
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import asyncpg

from app.commands import prepare
from app.db.pools import Pool
from app.embedded import places, postgres
from app.embedded.child import Child
from app.engine.loads.load_source import load_source
from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter

SYMBOLS, DAYS = 600, 500
ROUNDS = 3
REQUIRED_RATE = 60_000
COLUMNS = ("symbol", "date", "open", "high", "low", "close", "volume")


class Round(NamedTuple):
    """Rows a second."""

    copied: float
    first: float
    again: float


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="loader-"))
    where = places.prepare(place / "data", None)
    child = Child(postgres.program(where))
    child.start()
    try:
        assert child.wait_ready(30)
        address = prepare.prepare_databases(postgres.url(where)).engine
        assert address
        path = _write_bars(place / "bars.csv")
        rounds = [asyncio.run(_round(address, path, path.read_bytes())) for _ in range(ROUNDS)]
    finally:
        child.stop(5)
        places.remove_sockets(where)
        shutil.rmtree(place)
    _show(rounds)


async def _round(address: str, path: Path, content: bytes) -> Round:
    link = await asyncpg.connect(address)
    await link.execute("truncate ohlcv_daily, symbols")
    await link.execute("drop table if exists raw; create table raw (like ohlcv_daily including all)")
    began = time.perf_counter()
    await link.copy_to_table("raw", source=BytesIO(content), columns=COLUMNS, format="csv", header=True)
    copied = time.perf_counter() - began
    await link.execute("drop table raw")
    pool = Pool(address, "bench", 2, statement_ms=60_000)
    seconds = [await _load(pool, path) for _ in range(2)]
    await pool.close()
    await link.close()
    rows = SYMBOLS * DAYS
    return Round(rows / copied, rows / seconds[0], rows / seconds[1])


async def _load(pool: Pool, path: Path) -> float:
    writer = BarWriter(pool, LOAD_TIMEFRAMES["daily"])
    await writer.open()
    began = time.perf_counter()
    outcome = await load_source(TextFile(path), LOAD_TIMEFRAMES["daily"], writer, date(2026, 1, 1))
    assert outcome.good_rows == SYMBOLS * DAYS
    return time.perf_counter() - began


def _write_bars(path: Path) -> Path:
    """Writes bars with computed prices that resemble no market."""
    days = [(date(2020, 1, 1) + timedelta(days=at)).isoformat() for at in range(DAYS)]
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for symbol in range(SYMBOLS):
            for at, day in enumerate(days):
                price = 20 + symbol + at % 97 / 4
                file.write(
                    f"S{symbol:04},{day},{price},{price + 1.5},{price - 1.25},{price + 0.5},{at * 1017 + symbol}\n"
                )
    return path


def _show(rounds: list[Round]) -> None:
    print(f"{SYMBOLS * DAYS:,} rows, {ROUNDS} rounds on the embedded PostgreSQL; the best of each, rows a second")
    best = Round(*(max(column) for column in zip(*rounds, strict=True)))
    print(f"raw COPY, nothing checked, into a table with the same key  {best.copied:>10,.0f}")
    print(
        f"loader, new rows: checked, upserted, marked                {best.first:>10,.0f}  (wanted: {REQUIRED_RATE:,})"
    )
    print(f"loader, the same file again: nothing to change             {best.again:>10,.0f}")
    print(f"loader beside COPY                                         {best.first / best.copied:>10.2f}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()
