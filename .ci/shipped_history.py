"""Writes the shipped history: `python .ci/shipped_history.py`, with the package bokeh_sampledata installed."""

import csv
import gzip
import io
from importlib.resources import files
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "config/history/us-equities-daily.csv.gz"
COLUMNS = ("symbol", "date", "open", "high", "low", "close", "volume", "adj_close")


def main(target: Path = TARGET) -> int:
    """Returns the number of rows. The same source gives the same bytes."""
    rows = sorted(_source(), key=lambda row: row[:2])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.getvalue().encode("ascii"))
    return len(rows)


def _source() -> list[list[str]]:
    packed = (files("bokeh_sampledata") / "_data" / "stocks.csv.gz").read_bytes()
    rows = csv.reader(io.StringIO(gzip.decompress(packed).decode("ascii"), newline=""))
    next(rows)
    return [[*row[:7], f"{float(row[7]):.6f}"] for row in rows]


if __name__ == "__main__":
    print(f"{main()} bars in {TARGET}")
