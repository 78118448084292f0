"""Recorded results, and medians over visits."""

import importlib.metadata
import statistics
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from bench.fanout.servers import OWN_PLACE, PEERS, nginx_versions
from bench.fanout.visit import Visit

RESULTS = Path(__file__).resolve().parents[1] / "results"
OWN = ("hypercorn", "h11", "quart", "redis", "msgspec")


class Row(msgspec.Struct, frozen=True):
    """One server at one number of readers: medians over its visits."""

    server: str
    title: str
    readers: int
    visits: int
    eight_per_second: float
    eight_us: float
    one_per_second: float
    one_us: float
    paced_us: float
    paced_p50_ms: float
    paced_p99_ms: float
    accept_ms: float
    open_seconds: float
    memory_kb: float
    memory_after_kb: float
    bytes_per_delivery: float
    others_share: float
    """The most that others spent during one phase."""
    uneven_bytes: int
    """The most by which compressed streams differed in one phase: each reader has a few bytes of his own."""
    client_idle: float
    """The least that the client had to spare in a closed loop."""


class Board(msgspec.Struct, frozen=True):
    """Readers of prices that arrived through Redis; medians over visits."""

    name: str
    title: str
    readers: int
    visits: int
    ticks_per_second: float
    cpu_per_reader_second_us: float
    cpu_per_delivery_us: float
    cells_per_second: float
    bytes_per_reader_second: float
    p50_ms: float
    p99_ms: float
    others_share: float


class Target(msgspec.Struct, frozen=True):
    """A bound of the design document, measured beside a thousand readers."""

    name: str
    milliseconds: float
    below: float


class Result(msgspec.Struct, frozen=True):
    at: str
    command: str
    commit: str
    seconds: float
    machine: dict[str, str | int]
    versions: dict[str, str]
    skipped: tuple[str, ...]
    rows: tuple[Row, ...]
    boards: tuple[Board, ...]
    targets: tuple[Target, ...]
    visits: tuple[Visit, ...]


def row(title: str, visits: Iterable[Visit]) -> Row:
    measured = list(visits)

    def middle(value: Callable[[Visit], float]) -> float:
        return round(statistics.median(value(visit) for visit in measured), 4)

    return Row(
        server=measured[0].server,
        title=title,
        readers=measured[0].readers,
        visits=len(measured),
        eight_per_second=middle(lambda visit: visit.eight.per_second),
        eight_us=middle(lambda visit: visit.eight.microseconds),
        one_per_second=middle(lambda visit: visit.one.per_second),
        one_us=middle(lambda visit: visit.one.microseconds),
        paced_us=middle(lambda visit: visit.paced.microseconds),
        paced_p50_ms=middle(lambda visit: visit.paced.phase.p50_ms),
        paced_p99_ms=middle(lambda visit: visit.paced.phase.p99_ms),
        accept_ms=middle(lambda visit: visit.accept_ms),
        open_seconds=middle(lambda visit: visit.open_seconds),
        memory_kb=middle(lambda visit: visit.memory_kb),
        memory_after_kb=middle(lambda visit: visit.memory_after_kb),
        bytes_per_delivery=middle(lambda visit: visit.one.phase.bytes / visit.one.deliveries),
        others_share=round(max(visit.others_share for visit in measured), 3),
        uneven_bytes=max(phase.phase.uneven_bytes for visit in measured for phase in visit.phases),
        client_idle=round(min(phase.phase.idle for visit in measured for phase in (visit.one, visit.eight)), 3),
    )


def store(result: Result) -> Path:
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / f"fanout-{result.at[:16].replace(':', '')}.json"
    place.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return place


def load(place: Path) -> Result:
    return msgspec.json.decode(place.read_bytes(), type=Result)


def newest() -> Path:
    return max(RESULTS.glob("fanout-*.json"))


def versions(*, peers: bool) -> dict[str, str]:
    versions_by_name = {name: importlib.metadata.version(name) for name in OWN} | nginx_versions()
    if peers and OWN_PLACE.exists():
        lines = (PEERS / "requirements.txt").read_text().splitlines()
        versions_by_name |= dict(line.partition(" ")[0].split("==") for line in lines)
    return versions_by_name


def commit() -> str:
    """The commit of this checkout, marked as dirty where files differ from it."""
    command = ["git", "-C", str(RESULTS.parent), "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
