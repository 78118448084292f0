"""Opens a file as Parquet or CSV, by its content."""

from pathlib import Path

from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.parquet import MAGIC, ParquetFile
from app.engine.loads.sources.source import Source, UnreadableSource


def open_source(path: Path, symbol: str | None = None) -> Source:
    """By content, whatever the name is. Raises UnreadableSource."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise UnreadableSource(f"{path.name}: cannot be opened ({error.strerror})") from None
    return ParquetFile(path, symbol) if start == MAGIC else TextFile(path, symbol)
