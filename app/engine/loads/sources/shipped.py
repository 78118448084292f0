"""The shipped daily history as a source: past days of some or all symbols."""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.source import Chunk
from app.engine.storage.reference import SplitRecord
from app.finance import history

SOURCE = "shipped"
"""The source of its splits in their table."""


class ShippedSource:
    """Without `symbols`, of all. Days are ISO dates, which compare as text."""

    def __init__(self, path: Path, until: date, symbols: Collection[str] = ()) -> None:
        self._file = TextFile(path)
        self._path = path
        self._until = until.isoformat()
        self._symbols = frozenset(symbols)
        self.name = path.name

    @property
    def splits(self) -> list[SplitRecord]:
        """Of the selected symbols."""
        return [split for split in splits(self._path) if not self._symbols or split.symbol in self._symbols]

    def identity(self) -> str:
        which = sha256(" ".join(sorted(self._symbols)).encode()).hexdigest()[:12] if self._symbols else "all"
        return f"{self._file.identity()} {self._until} {which}"

    def chunks(self) -> Iterator[Chunk]:
        for chunk in self._file.chunks():
            yield chunk._replace(rows=self._select(chunk.rows))

    def _select(self, rows: Rows) -> Rows:
        days = enumerate(zip(rows.symbols, rows.times, strict=True))
        symbols = self._symbols
        places = [at for at, (symbol, day) in days if day <= self._until and (not symbols or symbol in symbols)]
        return Rows(*([column[at] for at in places] for column in rows))  # type: ignore[arg-type]


def splits(path: Path) -> list[SplitRecord]:
    """The splits that are shipped with the history at `path`."""
    by_symbol = history.read_splits(path.with_name("splits.csv"))
    splits = [(symbol, split) for symbol, own in by_symbol.items() for split in own]
    return [SplitRecord(symbol, split.day, Decimal(repr(split.ratio))) for symbol, split in splits]
