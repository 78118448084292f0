"""The plan of a load job: its symbols, timeframes and dates."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from app.engine.loads.providers.provider import DateRange
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES, TIMEFRAME_BY_SPAN, LoadTimeframe
from app.finance.symbols import LONGEST_STORED, is_storable, is_symbol
from app.wire.jobs.bounds import MOST_LISTED
from app.wire.jobs.job import AnyLoad, CsvUniverseLoad, HistoricalLoad, MultiTimeframeLoad, UniverseLoad, UniverseSeed

YEAR = 365
MOST_BYTES = 1 << 20
DELIMITERS = (",", ";", "\t", "|")
LISTS = {"SP500": "sp_500.csv", "NASDAQ100": "nasdaq_100.csv", "ETF": "curated-etfs.csv", "CUSTOM": "custom.csv"}
"""Files by universe_type of the contract."""


class LoadPlan(NamedTuple):
    symbols: tuple[str, ...]
    frames: tuple[LoadTimeframe, ...]
    """Empty: the symbols are stored without bars."""
    span: DateRange
    universe: str = ""
    analyse: bool = False


def load_plan(job: AnyLoad, today: date, files: Path) -> LoadPlan:
    """Until yesterday, since today's bars are incomplete. Raises UnreadableSource."""
    plan = _plan_of(job, today, files)
    require_storable(plan.symbols)
    return plan


def require_storable(symbols: Sequence[str]) -> None:
    """Raises UnreadableSource."""
    long = [symbol for symbol in symbols if not is_storable(symbol)]
    if long:
        raise UnreadableSource(
            f"symbols of more than {LONGEST_STORED} characters cannot be stored: {', '.join(long[:5])}"
        )


def _plan_of(job: AnyLoad, today: date, files: Path) -> LoadPlan:
    span = DateRange(today - timedelta(days=1 + round(job.years * YEAR)), today - timedelta(days=1))
    match job:
        case HistoricalLoad():
            return LoadPlan(job.symbols, (TIMEFRAME_BY_SPAN[job.timespan],), span)
        case MultiTimeframeLoad():
            return LoadPlan(job.symbols, _timeframes(job.timeframes), span)
        case UniverseLoad():
            analyse = job.run_analysis_after_import
            return LoadPlan(job.symbols, _timeframes(job.timeframes), span, job.universe_key, analyse)
        case UniverseSeed():
            return LoadPlan(
                read_symbol_list(files / LISTS[job.universe_type]), (LOAD_TIMEFRAMES["daily"],), span, job.universe_type
            )
        case CsvUniverseLoad():
            frames = (LOAD_TIMEFRAMES["daily"],) if job.include_ohlcv else ()
            return LoadPlan(read_symbol_list(files / job.csv_file), frames, span, job.universe_type)


def read_symbol_list(path: Path) -> tuple[str, ...]:
    """The symbols of a CSV file, from its column symbol or ticker, or the first one. Raises UnreadableSource."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = file.read(MOST_BYTES + 1)
    except OSError:
        raise UnreadableSource(f"there is no list of symbols {path.name}") from None
    if len(lines) > MOST_BYTES:
        raise UnreadableSource(f"{path.name}: too long for a list of symbols")
    try:
        texts = lines.splitlines()
        delimiter = max(DELIMITERS, key=texts[0].count) if texts else DELIMITERS[0]
        rows = [row for row in csv.reader(texts, delimiter=delimiter) if row]
    except csv.Error as error:
        raise UnreadableSource(f"{path.name}: is no list of symbols ({error})") from None
    names = [name.strip().lower() for name in rows[0]] if rows else []
    at = next((names.index(name) for name in ("symbol", "ticker") if name in names), None)
    cells = (row[at or 0].strip() for row in (rows if at is None else rows[1:]) if len(row) > (at or 0))
    symbols = tuple(dict.fromkeys(symbol for symbol in cells if symbol))
    if not 0 < len(symbols) <= MOST_LISTED:
        raise UnreadableSource(f"{path.name}: must list 1 to {MOST_LISTED} symbols, not {len(symbols)}")
    strange = next((symbol for symbol in symbols if not is_symbol(symbol)), None)
    if strange is not None:
        raise UnreadableSource(f"{path.name}: {strange[:40]!r} is no symbol")
    return symbols


def _timeframes(spans: tuple[str, ...]) -> tuple[LoadTimeframe, ...]:
    return tuple(TIMEFRAME_BY_SPAN[span] for span in spans)
