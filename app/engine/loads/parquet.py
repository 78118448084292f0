"""Parquet files, where pyarrow is installed; rows count from 1."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from app.engine.loads.rows import Rows
from app.engine.loads.source import CHUNK, Chunk, Unreadable, placed

MAGIC = b"PAR1"
NEEDED = "reading Parquet needs pyarrow: install tickstock[parquet]"


class ParquetFile:
    """`symbol`: whose bars these are, where no column says so."""

    def __init__(self, path: Path, symbol: str | None = None) -> None:
        self.name = path.name
        self._path = path
        self._symbol = symbol

    def identity(self) -> str:
        with self._path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()[:32] + (f" {self._symbol}" if self._symbol else "")

    def chunks(self) -> Iterator[Chunk]:
        try:
            from pyarrow import ArrowException
            from pyarrow import parquet as arrow
        except ImportError:
            raise Unreadable(f"{self.name}: {NEEDED}") from None
        try:
            with arrow.ParquetFile(self._path) as file:
                yield from self._read(file)
        except (ArrowException, OSError) as error:
            said = (str(error) or type(error).__name__).splitlines()[0][:200]
            raise Unreadable(f"{self.name}: cannot be read to its end ({said})") from None

    def _read(self, file: Any) -> Iterator[Chunk]:
        names = list(file.schema_arrow.names)
        places = placed(names, self._symbol, self.name)
        wanted = (places.symbol, places.moment, *places.numbers)
        columns = list(dict.fromkeys(names[at] for at in wanted if at is not None))
        twice = next((name for name in columns if names.count(name) > 1), None)
        if twice is not None:
            raise Unreadable(f"{self.name}: two columns are called {twice[:40]!r}")
        total, reached = max(1, file.metadata.num_rows), 0
        for batch in file.iter_batches(batch_size=CHUNK, columns=columns):
            texts = {name: _texts(_values(batch.column(name))) for name in columns}
            count = batch.num_rows
            symbols = [self._symbol or ""] * count if places.symbol is None else texts[names[places.symbol]]
            numbers = (texts[names[at]] for at in places.numbers)
            rows = Rows(range(reached + 1, reached + count + 1), symbols, texts[names[places.moment]], *numbers)
            reached += count
            yield Chunk(rows, [], reached, reached / total)


def _values(column: Any) -> Sequence[object]:
    """Python has no time finer than a microsecond."""
    from pyarrow import timestamp, types

    if types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(timestamp("us", column.type.tz), safe=False)
    return list(column.to_pylist())


def _texts(values: Sequence[object]) -> list[str]:
    return [_text(value) for value in values]


def _text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):  # of writers that do not say that it is text
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
