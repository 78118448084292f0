"""CSV files, plain or gzipped, line by line: a broken line costs itself and no other."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, cast

from app.engine.loads.rows import Refusal, Rows
from app.engine.loads.source import CHUNK, Chunk, Places, Unreadable, placed

BLOCK = 1 << 20
LONGEST_LINE = 65_536
DELIMITERS = (",", ";", "\t", "|")


class TextFile:
    """`symbol`: whose bars these are, where no column says so."""

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
                raise Unreadable(f"{self.name}: cannot be read to its end ({error})") from None

    def _read(self, lines: "_Lines", file: BinaryIO, size: int) -> Iterator[Chunk]:
        header = lines.header()
        delimiter = max(DELIMITERS, key=header.count)
        names = _cells(header, delimiter)
        places = placed(names, self._symbol, self.name)
        reached = 0
        for first, texts in lines.batches():
            reached += len(texts)
            rows, refused = self._rows(first, texts, delimiter, len(names), places)
            share = min(1.0, file.tell() / size) if texts else 1.0
            yield Chunk(rows, refused + lines.refused(), reached, share)

    def _rows(
        self, first: int, texts: list[str], delimiter: str, width: int, places: Places
    ) -> tuple[Rows, list[Refusal]]:
        cells = [_cells(text, delimiter) if '"' in text else text.split(delimiter) for text in texts]
        numbers: list[int] | range = range(first, first + len(texts))
        refused: list[Refusal] = []
        if any(len(row) != width for row in cells):
            kept = [at for at, row in enumerate(cells) if len(row) == width]
            refused = [
                Refusal(number, f"{len(row)} fields instead of {width}")
                for number, row, text in zip(numbers, cells, texts, strict=True)
                if len(row) != width and text.strip()
            ]
            numbers, cells = [numbers[at] for at in kept], [cells[at] for at in kept]
        columns = list(zip(*cells, strict=True)) or [()] * width
        symbols = [self._symbol or ""] * len(cells) if places.symbol is None else list(columns[places.symbol])
        prices = (list(columns[at]) for at in places.numbers)
        return Rows(numbers, symbols, list(columns[places.moment]), *prices), refused


class _Lines:
    """Numbered from 1; of a line that is too long only the refusal is kept."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._number = 0
        """Of the last line that was given out."""
        self._refused: list[Refusal] = []
        self._blocks = self._decoded()
        self._left: list[str] = []

    def header(self) -> str:
        while self._more(1):
            text = self._left.pop(0)
            self._number += 1
            if len(text) > LONGEST_LINE:
                raise Unreadable(f"{self._name}: its first line is longer than {LONGEST_LINE} characters")
            if text.strip("\ufeff \t"):
                return text.removeprefix("\ufeff")
        raise Unreadable(f"{self._name}: holds nothing")

    def batches(self) -> Iterator[tuple[int, list[str]]]:
        """The first line's number and up to CHUNK lines."""
        while self._more(CHUNK):
            batch, self._left = self._left[:CHUNK], self._left[CHUNK:]
            first, self._number = self._number + 1, self._number + len(batch)
            if max(map(len, batch)) > LONGEST_LINE:
                self._shorten(first, batch)
            yield first, batch

    def refused(self) -> list[Refusal]:
        refused, self._refused = self._refused, []
        return refused

    def _more(self, wanted: int) -> bool:
        while len(self._left) < wanted and (texts := next(self._blocks, None)) is not None:
            self._left += texts
        return bool(self._left)

    def _shorten(self, first: int, batch: list[str]) -> None:
        for at, text in enumerate(batch):
            if len(text) > LONGEST_LINE:
                self._refused.append(Refusal(first + at, f"longer than {LONGEST_LINE} characters"))
                batch[at] = ""

    def _decoded(self) -> Iterator[list[str]]:
        rest = b""
        while block := self._file.read(BLOCK):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                yield _split(whole)
            # Its beginning is enough to be refused by: a line without an end must not fill the memory.
            rest = rest[: 4 * LONGEST_LINE + 4]
        if rest:
            yield _split(rest)


def _split(lines: bytes) -> list[str]:
    texts = lines.decode("utf-8", "replace")
    return [text.rstrip("\r") for text in texts.split("\n")] if "\r" in texts else texts.split("\n")


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise Unreadable(f"{path.name}: there is no such file")
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
