"""Reads CSV files, plain or gzipped, line by line; a malformed line does not cost the others."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, cast

from app.engine.loads.sources.checker import RejectedRow, Rows
from app.engine.loads.sources.datetimes import join_time
from app.engine.loads.sources.headers import ColumnName, Layout, SymbolFilter, count_recognised, layout
from app.engine.loads.sources.source import CHUNK, Chunk, UnreadableSource

BLOCK = 1 << 20
LONGEST_LINE = 65_536
DELIMITERS = (",", ";", "\t", "|")
WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16."""
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""The first line of some spreadsheets' exports."""


class TextFile:
    """`symbol`: the one to read, or the symbol of all rows where no column has it."""

    def __init__(self, path: Path, symbol: str | None = None) -> None:
        self.name = path.name
        self._path = path
        self._symbol = symbol

    def identity(self) -> str:
        with _readable(self._path).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()[:32] + (f" {self._symbol}" if self._symbol else "")

    def chunks(self) -> Iterator[Chunk]:
        with _readable(self._path).open("rb") as file:
            size = max(1, self._path.stat().st_size)
            unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if _gzipped(file) else file
            try:
                yield from self._read(_Lines(unpacked, self.name), file, size)
            except (OSError, EOFError, zlib.error) as error:
                raise UnreadableSource(f"{self.name}: cannot be read to its end ({error})") from None

    def _read(self, lines: "_Lines", file: BinaryIO, size: int) -> Iterator[Chunk]:
        names, delimiter = _header(lines)
        least = max((at for at, name in enumerate(names, 1) if name.text.strip()), default=0)
        table = _Table(layout(names, self._symbol, self.name), delimiter, least, len(names))
        selection = SymbolFilter(self._symbol if table.layout.symbol is not None else None, self.name)
        reached = 0
        for first, texts in lines.batches():
            reached += len(texts)
            rows, rejected = table.rows(first, texts)
            share = min(1.0, file.tell() / size) if texts else 1.0
            yield Chunk(selection.rows(rows), rejected + lines.pop_rejected(), reached, share)
        selection.check()


class _Table:
    """Splits lines into `width` columns; those after `least` have no name and may be missing."""

    def __init__(self, layout: Layout, delimiter: str, least: int, width: int) -> None:
        self.layout = layout
        self._delimiter = delimiter
        self._least = least
        self._width = width

    def rows(self, first: int, texts: list[str]) -> tuple[Rows, list[RejectedRow]]:
        numbers: Sequence[int] = range(first, first + len(texts))
        columns, rejected = self._parse_uniform(texts), list[RejectedRow]()
        if columns is None:
            numbers, columns, rejected = self._parse_rows(numbers, texts)
        layout = self.layout
        symbols = [layout.constant] * len(numbers) if layout.symbol is None else columns[layout.symbol]
        times = columns[layout.moment]
        if layout.clock is not None:
            times = list(map(join_time, times, columns[layout.clock]))
        return Rows(numbers, symbols, times, *(columns[at] for at in layout.numbers)), rejected

    def _parse_uniform(self, texts: list[str]) -> list[list[str]] | None:
        """Columns of unquoted lines of one width, split all at once: twice as fast. None for other lines."""
        delimiter, width = self._delimiter, self._width
        if {text.count(delimiter) for text in texts} != {width - 1}:
            return None
        whole = delimiter.join(texts)
        if '"' in whole:
            return None
        cells = whole.split(delimiter)
        return [cells[at::width] for at in range(width)]

    def _parse_rows(
        self, numbers: Sequence[int], texts: list[str]
    ) -> tuple[Sequence[int], list[list[str]], list[RejectedRow]]:
        width, delimiter = self._width, self._delimiter
        cells = [_cells(text, delimiter) if '"' in text else text.split(delimiter) for text in texts]
        cells = [row if len(row) == width else self._pad(row) for row in cells]
        rejected = [
            RejectedRow(number, _why(row, width, text))
            for number, row, text in zip(numbers, cells, texts, strict=True)
            if len(row) != width and text.strip()
        ]
        good = [(number, row) for number, row in zip(numbers, cells, strict=True) if len(row) == width]
        columns = [[row[at] for _, row in good] for at in range(width)]
        return [number for number, _ in good], columns, rejected

    def _pad(self, row: list[str]) -> list[str]:
        """Some programs end lines with a delimiter, and not all of them."""
        if self._least <= len(row) < self._width:
            return row + [""] * (self._width - len(row))
        return row if any(row[self._width :]) else row[: self._width]


def _header(lines: "_Lines") -> tuple[list[ColumnName], str]:
    """The names of the columns, and the delimiter that yields the most known ones."""
    header = lines.header()
    if match := _SEPARATOR.fullmatch(header):
        delimiter, header = match[1], lines.header()
    else:
        delimiter = max(DELIMITERS, key=lambda each: (count_recognised(_cells(header, each)), header.count(each)))
    names, following = _cells(header, delimiter), [_cells(text, delimiter) for text in lines.following(2)]
    return _levels(names, following, lines) or [ColumnName(name) for name in names], delimiter


def _levels(names: list[str], following: list[list[str]], lines: "_Lines") -> list[ColumnName]:
    """The names of yfinance's three header lines: fields, symbols and the index; empty for other files."""
    three = [[cell.strip() for cell in row] for row in (names, *following)]
    firsts = [row[0].lower() for row in three if row]
    if sorted(firsts[:2]) != ["price", "ticker"] or len(firsts) < 3 or any(three[2][1:]):
        return []
    fields, symbols = (three[0], three[1]) if firsts[0] == "price" else (three[1], three[0])
    lines.header()
    lines.header()
    return [
        ColumnName(three[2][0]),
        *(ColumnName(field, symbol) for field, symbol in zip(fields[1:], symbols[1:], strict=False)),
    ]


def _why(row: list[str], width: int, text: str) -> str:
    open_quote = "; a quotation mark is not closed in its line" if text.count('"') % 2 else ""
    return f"{len(row)} fields instead of {width}{open_quote}"


class _Lines:
    """Lines of a file, numbered from 1; lines that are too long are rejected."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._number = 0
        """Number of the last line that was returned."""
        self._rejected: list[RejectedRow] = []
        self._blocks = self._decode()
        self._buffer: list[str] = []

    def header(self) -> str:
        while self._fill(1):
            text = self._buffer.pop(0)
            self._number += 1
            if len(text) > LONGEST_LINE:
                raise UnreadableSource(f"{self._name}: its first line is longer than {LONGEST_LINE} characters")
            if text.strip("\ufeff \t"):
                return text.removeprefix("\ufeff")
        raise UnreadableSource(f"{self._name}: holds nothing")

    def following(self, count: int) -> list[str]:
        """Peeks at the next lines."""
        self._fill(count)
        return [text[:LONGEST_LINE] for text in self._buffer[:count]]

    def batches(self) -> Iterator[tuple[int, list[str]]]:
        """The first line's number and up to CHUNK lines."""
        while self._fill(CHUNK):
            batch, self._buffer = self._buffer[:CHUNK], self._buffer[CHUNK:]
            first, self._number = self._number + 1, self._number + len(batch)
            if max(map(len, batch)) > LONGEST_LINE:
                self._shorten(first, batch)
            yield first, batch

    def pop_rejected(self) -> list[RejectedRow]:
        rejected, self._rejected = self._rejected, []
        return rejected

    def _fill(self, count: int) -> bool:
        while len(self._buffer) < count and (texts := next(self._blocks, None)) is not None:
            self._buffer += texts
        return bool(self._buffer)

    def _shorten(self, first: int, batch: list[str]) -> None:
        for at, text in enumerate(batch):
            if len(text) > LONGEST_LINE:
                self._rejected.append(RejectedRow(first + at, f"longer than {LONGEST_LINE} characters"))
                batch[at] = ""

    def _decode(self) -> Iterator[list[str]]:
        rest, ending = b"", b""
        while block := self._file.read(BLOCK):
            if not ending:
                if block.startswith(WIDE):
                    raise UnreadableSource(f"{self._name}: is written in UTF-16; save it as UTF-8")
                ending = b"\n" if b"\n" in block or b"\r" not in block else b"\r"
            whole, newline, rest = (rest + block).rpartition(ending)
            if newline:
                yield _split(whole, ending)
            # Keep only as much as is needed to reject it: a line without an end must not fill the memory.
            rest = rest[: 4 * LONGEST_LINE + 4]
        if rest:
            yield _split(rest, ending)


def _split(lines: bytes, ending: bytes) -> list[str]:
    texts = lines.decode("utf-8", "replace")
    if ending == b"\r":
        return texts.split("\r")
    return [text.rstrip("\r") for text in texts.split("\n")] if "\r" in texts else texts.split("\n")


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise UnreadableSource(f"{path.name}: there is no such file")
    return path


def _gzipped(file: BinaryIO) -> bool:
    start = file.read(2)
    file.seek(0)
    return start == b"\x1f\x8b"


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # a carriage return in its middle: no line of a CSV file
        return [text]
