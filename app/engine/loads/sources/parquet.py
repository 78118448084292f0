"""Reads Parquet files with pyarrow; rows count from 1."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from hashlib import file_digest
from pathlib import Path
from typing import Any

from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.datetimes import join_time
from app.engine.loads.sources.headers import SymbolFilter, layout, split_names
from app.engine.loads.sources.source import CHUNK, Chunk, UnreadableSource

MAGIC = b"PAR1"
NEEDED = "reading Parquet needs pyarrow: install tickstock[parquet]"


class ParquetFile:
    """`symbol`: the one to read, or the symbol of all rows where no column has it."""

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
            raise UnreadableSource(f"{self.name}: {NEEDED}") from None
        try:
            with arrow.ParquetFile(self._path) as file:
                yield from self._read(file)
        except (ArrowException, OSError) as error:
            message = (str(error) or type(error).__name__).splitlines()[0][:200]
            raise UnreadableSource(f"{self.name}: cannot be read to its end ({message})") from None

    def _read(self, file: Any) -> Iterator[Chunk]:
        names = list(file.schema_arrow.names)
        places = layout(split_names(names), self._symbol, self.name)
        selection = SymbolFilter(self._symbol if places.symbol is not None else None, self.name)
        column_places = (places.symbol, places.moment, places.clock, *places.numbers)
        columns = list(dict.fromkeys(names[at] for at in column_places if at is not None))
        total, reached = max(1, file.metadata.num_rows), 0
        for batch in file.iter_batches(batch_size=CHUNK, columns=columns):
            texts = {name: _texts(batch.column(name)) for name in columns}
            count = batch.num_rows
            symbols = [places.constant] * count if places.symbol is None else texts[names[places.symbol]]
            times = texts[names[places.moment]]
            if places.clock is not None:
                times = list(map(join_time, times, texts[names[places.clock]]))
            numbers = (texts[names[at]] for at in places.numbers)
            rows = Rows(range(reached + 1, reached + count + 1), symbols, times, *numbers)
            reached += count
            yield Chunk(selection.rows(rows), [], reached, reached / total)
        selection.check()


def _texts(column: Any) -> list[str]:
    return [_text(value) for value in _values(column)]


def _values(column: Any) -> Sequence[object]:
    """Python values: times in microseconds, and 32-bit floats as their shortest decimal."""
    from pyarrow import float32, string, timestamp, types

    if types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(timestamp("us", column.type.tz), safe=False)
    elif types.is_float32(column.type) or types.is_float16(column.type):
        column = column.cast(float32()).cast(string())
    return list(column.to_pylist())


def _text(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):  # of writers that do not say that it is text
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
