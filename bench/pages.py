"""Pages beside a thousand open streams: milliseconds from the moment at which each request was due.

    python -m bench.pages [--seconds 60] [--rate 50] [--store]

5,000 symbols with two million daily bars; 500 of them trade, a hundred ticks a second. A thousand readers each have a
stream of 50 symbols, at the rate that adapts. Meanwhile pages are asked for at a fixed rate, however long they take:
the desk, scans by the presets that stored columns answer, a list of 50 symbols, and pages of symbols.
"""

import argparse
import asyncio
import os
import queue
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from app.rules.parse import parse
from app.rules.presets import GENERAL
from app.rules.resolve import resolve
from app.rules.scan_tables import ScanTables
from app.rules.sql import ScanQuery, statement
from app.rules.sql_conditions import Inexpressible
from bench import scan
from bench.fanout import boards, machine
from bench.fanout.boards import Pouring, Way
from bench.fanout.client import Broken, compiled
from bench.fanout.desk import Desk, desk
from bench.fanout.servers import SERVER_LOG, Reading, Server
from bench.fanout.visit import Costs, running
from bench.scale import data, results
from bench.scale.results import Row

TRADED = tuple(data.name(number) for number in range(1, 501))
SESSION = 1767625200.0
"""10:00 in New York, of the session behind the newest bar."""
TICKS = 100
"""A second."""
SETTINGS = ("limits.per_user=1000000", "limits.per_address=1000000")
CONNECTIONS = 24
WARM_SECONDS = 10.0
AIM_MS = 100.0
LIST = "bench"


class Answer(NamedTuple):
    kind: str
    milliseconds: float
    status: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50, help="pages a second")
    parser.add_argument("--store", action="store_true", help="add a file to bench/results/")
    options = parser.parse_args()
    machine.raise_limits()
    with machine.alone(), tempfile.TemporaryDirectory() as directory, desk(Path(directory)) as own:
        asyncio.run(scan.fill(own.engine_url, 200_000))
        asyncio.run(scan.compute(own.engine_url, own.redis_url))
        rows = measure(own, compiled(Path(directory)), options.rate, options.seconds)
    result = results.result(f"python -m bench.pages {' '.join(sys.argv[1:])}".strip(), rows)
    print(results.printed(result))
    if options.store:
        print(results.store(result))


def measure(own: Desk, program: Path, rate: float, seconds: float) -> list[Row]:
    def start(port: int, directory: Path) -> Popen[bytes]:
        return own.web(port, directory / SERVER_LOG, *SETTINGS)

    server = Server("pages", "TickStock", start, lambda _port: Reading((), b""), own.wait_until_ready)
    since = int((time.time() - boards.PRICED) * 1000)
    way = Way("pages", "readers of 50", TICKS, "auto", _stream)
    with running(server) as (process, port), Pouring(own.redis_url, TICKS, since, TRADED, SESSION):
        create_list(own, port)
        with boards.reading(own, program, port, way, since) as client:
            client.wait_opened()
            ask(own, port, rate, WARM_SECONDS)
            alone = Costs(process.pid, client.process.pid)
            streams = alone.since(client.run("listen", WARM_SECONDS), boards.READERS)
            costs = Costs(process.pid, client.process.pid, os.getpid())
            client.say("listen", seconds)
            answers = ask(own, port, rate, seconds)
            measured = costs.since(client.read_phase(seconds), boards.READERS)
    spent = measured.server_seconds - streams.server_seconds * seconds / WARM_SECONDS
    return [
        *_rows(answers),
        Row(PART, "CPU of the web process for a page", "ms", 1000 * spent / len(answers)),
        Row(PART, "cores that the web process used", "cores", measured.server_seconds / seconds),
        Row(PART, "cores that others used meanwhile, the databases among them", "cores", measured.others_share),
    ]


PART = f"pages beside {boards.READERS:,} streams of {boards.WATCHED}"


def _rows(answers: Sequence[Answer]) -> list[Row]:
    times: dict[str, list[float]] = {"all pages": [answer.milliseconds for answer in answers]}
    for answer in answers:
        times.setdefault(answer.kind, []).append(answer.milliseconds)
    rows = [results.none(PART, "answers that are no page", sum(answer.status != 200 for answer in answers))]
    for kind, own in times.items():
        last = statistics.quantiles(own, n=100)[98]
        aim = {"aim": f"p99 <= {AIM_MS:g}", "met": last <= AIM_MS} if kind == "all pages" else {}
        rows.append(Row(PART, kind, "ms", statistics.median(own), last, max(own), **aim))
    return rows


def _stream(any_: random.Random) -> str:
    return "/stream?topics=" + ",".join(f"quotes:{symbol}" for symbol in any_.sample(TRADED, boards.WATCHED))


def paths() -> Iterator[tuple[str, str]]:
    """Kinds of pages and paths, for ever."""
    any_, texts = random.Random(1), cycle(_stored_presets())
    while True:
        yield "desk", "/"
        yield "scan", f"/scan?q={quote(next(texts))}&v=1"
        yield "list", f"/w/{LIST}"
        yield "symbol", f"/s/{any_.choice(TRADED)}"


def _stored_presets() -> list[str]:
    """Those that stored columns answer."""
    texts = []
    for preset in GENERAL:
        try:
            statement(ScanQuery(resolve(parse(preset.text), "d")), ScanTables("latest", patterns=("patterns",)))
        except Inexpressible:
            continue
        texts.append(preset.text)
    return texts


def ask(own: Desk, port: int, rate: float, seconds: float) -> list[Answer]:
    """Asks for pages at that rate; a page that no connection is free for waits, and its time counts."""
    due: queue.SimpleQueue[tuple[float, str, str] | None] = queue.SimpleQueue()
    answers: list[Answer] = []
    cookie = own.cookie(port)
    threads = [threading.Thread(target=_connection, args=(port, cookie, due, answers)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    for number, (kind, path) in zip(range(int(rate * seconds)), paths(), strict=False):
        at = began + number / rate
        time.sleep(max(0.0, at - time.perf_counter()))
        due.put((at, kind, path))
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    return answers


def _connection(
    port: int, cookie: str, due: "queue.SimpleQueue[tuple[float, str, str] | None]", answers: list[Answer]
) -> None:
    link = HTTPConnection("127.0.0.1", port, timeout=30)
    while (page := due.get()) is not None:
        at, kind, path = page
        link.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "br"})
        response = link.getresponse()
        response.read()
        answers.append(Answer(kind, 1000 * (time.perf_counter() - at), response.status))
    link.close()


def create_list(own: Desk, port: int) -> None:
    link = HTTPConnection("127.0.0.1", port, timeout=30)
    body = msgspec.json.encode({"name": LIST, "entries": [{"symbol": symbol} for symbol in TRADED[: boards.WATCHED]]})
    headers = {
        "Cookie": own.cookie(port),
        "Content-Type": "application/json",
        "Origin": f"http://127.0.0.1:{port}",
    }
    link.request("POST", "/api/v1/watchlists", body, headers)
    response = link.getresponse()
    if response.status != 201:
        raise Broken(f"no list was created: {response.status} {response.read().decode()[:300]}")
    link.close()


if __name__ == "__main__":
    main()
