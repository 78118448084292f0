"""Recorded results, and how they are printed."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.fanout import machine
from bench.fanout.results import RESULTS, commit
from bench.fanout.table import markdown, plain

HEAD = ("what", "median", "p99", "most", "unit", "aim")


class Row(msgspec.Struct, frozen=True):
    """`most` is the largest value that was seen; None where a figure has no such value. `aim` is in words."""

    part: str
    what: str
    unit: str
    median: float | None = None
    p99: float | None = None
    most: float | None = None
    aim: str = ""
    met: bool | None = None
    """None where nothing is asked for."""


def none(part: str, what: str, count: int) -> Row:
    """A row for a count that must be 0."""
    return Row(part, what, "count", most=count, aim="0", met=count == 0)


class Result(msgspec.Struct, frozen=True):
    at: str
    command: str
    commit: str
    machine: dict[str, str | int]
    rows: tuple[Row, ...]
    remark: str = ""
    """What else used the machine meanwhile."""


def result(command: str, rows: list[Row]) -> Result:
    return Result(datetime.now(UTC).isoformat(), command, commit(), machine.described(), tuple(rows))


def store(result: Result) -> Path:
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / f"scale-{result.at[:16].replace(':', '')}.json"
    place.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return place


def load_all() -> list[Result]:
    """All recorded results, oldest first."""
    return [msgspec.json.decode(place.read_bytes(), type=Result) for place in sorted(RESULTS.glob("scale-*.json"))]


def cells(row: Row) -> tuple[str, ...]:
    judged = "" if row.met is None else " (met)" if row.met else " (MISSED)"
    return row.what, _number(row.median), _number(row.p99), _number(row.most), row.unit, f"{row.aim}{judged}"


def parts(rows: tuple[Row, ...]) -> dict[str, list[Row]]:
    rows_by_part: dict[str, list[Row]] = {}
    for row in rows:
        rows_by_part.setdefault(row.part, []).append(row)
    return rows_by_part


def printed(result: Result) -> str:
    return "\n\n".join(
        f"{part}\n{plain(HEAD, [cells(row) for row in rows])}" for part, rows in parts(result.rows).items()
    )


def table(rows: list[Row]) -> str:
    return markdown(HEAD, [cells(row) for row in rows])


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
