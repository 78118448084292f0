"""The time until web and engine are ready, and the effect of a bulk load on the pages beside it."""

import statistics
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from pathlib import Path

from app.finance import calendar
from bench.fanout.visit import free_port
from bench.scale import data
from bench.scale.pages import TOGETHER_P99, Reader, percentile
from bench.scale.results import Row
from bench.scale.servers import ROOT, Database, Servers, Web

WEB_SECONDS, ENGINE_SECONDS = 3.0, 10.0
ROUNDS = 3
LOADED = 2_500_000
LOADED_SYMBOLS = 500
READ = ("/", f"/s/{data.name(250)}", "/patterns", f"/api/v1/bars/{data.name(250)}")
COPY = "scale_load"


def start(servers: Servers, database: Database) -> list[Row]:
    """Seconds from the start of a process until it is ready, several times each."""
    part = f"start with {data.SYMBOLS:,} symbols and {database.detections:,} detections"
    web, engine = [], []
    for _ in range(ROUNDS):
        began = time.monotonic()
        with servers.running("web", database.name, PORT=str(port := free_port())) as child:
            Web(port, child).wait_ready()
            web.append(time.monotonic() - began)
        began = time.monotonic()
        with servers.running("engine", database.name):
            engine.append(time.monotonic() - began)
    return [
        _within(part, "web ready", web, WEB_SECONDS),
        _within(part, "engine ready", engine, ENGINE_SECONDS),
    ]


def _within(part: str, what: str, took: list[float], bound: float) -> Row:
    return Row(part, what, "s", statistics.median(took), None, max(took), f"<= {bound:g}", met=max(took) <= bound)


def load_beside_pages(servers: Servers, directory: Path) -> list[Row]:
    """Loads into a copy of the database, which is dropped afterwards."""
    part = f"pages while {LOADED:,} daily bars are loaded"
    path = _file(directory / "bars.csv")
    with servers.web(COPY) as web:
        done, took = threading.Event(), {path: list[float]() for path in READ}
        refusals: list[int] = []
        asking = threading.Thread(target=_ask, args=(web, done, took, refusals))
        asking.start()
        began = time.monotonic()
        command = (sys.executable, "-m", "app.cli", "data", "load", str(path))
        loaded = subprocess.run(command, cwd=ROOT, env=servers.environment(COPY), capture_output=True, text=True)
        seconds = time.monotonic() - began
        done.set()
        asking.join()
    if loaded.returncode:
        raise SystemExit(f"the load failed: {loaded.stderr[-2000:]}")
    rows = [
        Row(
            part, path, "ms", statistics.median(each), percentile(each), max(each),
            f"p99 <= {TOGETHER_P99:g}", met=percentile(each) <= TOGETHER_P99,
        )
        for path, each in took.items()
    ]  # fmt: skip
    rows.append(Row(part, "answers 503", "count", most=len(refusals), aim="0", met=not refusals))
    rows.append(Row(part, "rows loaded a second, the start of the command included", "rows/s", LOADED / seconds))
    return rows


def _ask(web: Web, done: threading.Event, took: dict[str, list[float]], refusals: list[int]) -> None:
    reader = Reader(web)
    while not done.is_set():
        for path, each in took.items():
            status, milliseconds, _ = reader.get(path)
            each.append(milliseconds)
            if status == 503:
                refusals.append(status)
        done.wait(0.05)
    reader.close()


def _file(path: Path) -> Path:
    """Writes a file of symbols that the database does not have."""
    if path.exists():
        return path
    days = list(calendar.sessions(data.LAST - timedelta(days=366 * 21), data.LAST))[-LOADED // LOADED_SYMBOLS :]
    with path.open("w") as file:
        file.write("symbol,date,open,high,low,close,volume\n")
        for number in range(LOADED_SYMBOLS):
            file.writelines(_line(f"NEW{number:03d}", number, place, day) for place, day in enumerate(days))
    return path


def _line(symbol: str, number: int, place: int, day: date) -> str:
    base = 20 + (number * 7 + place) % 180
    return f"{symbol},{day},{base}.25,{base + 1}.5,{base - 1}.75,{base}.5,{100_000 + place}\n"
