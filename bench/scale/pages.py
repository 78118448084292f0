"""Latency of every page and API route, one request alone and ten at once."""

import gzip
import json
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection

from bench.scale import data
from bench.scale.results import Row
from bench.scale.servers import Web

PART = "pages and API"
ALONE_P50, ALONE_P99, TOGETHER_P99 = 20.0, 100.0, 500.0
MINUTES_MS = 30.0
TIMES, WARM = 60, 8
"""Asyncpg's prepared statements get their generic plan at the sixth time."""
AT_ONCE, EACH = 10, 12
ONE, OTHER, BARE = data.name(1), data.name(250), data.name(4_999)
"""With 980,070 minutes; with days alone; with two days."""

PAGES = (
    "/",
    f"/s/{ONE}",
    f"/s/{OTHER}",
    f"/s/{OTHER}?range=all",
    f"/s/{BARE}",
    "/symbols?q=synthetic",
    "/patterns",
    f"/patterns/search?symbol={OTHER}",
    "/patterns/search?timeframe=daily",
    "/patterns/search?timeframe=none",
)
API = (
    "quotes",
    "quotes?limit=1000",
    f"quotes/{OTHER}",
    f"bars/{OTHER}",
    f"bars/{OTHER}?limit=5000",
    f"bars/{OTHER}?timeframe=weekly",
    f"bars/{OTHER}?timeframe=monthly",
    "patterns",
    "patterns?limit=500",
    f"patterns?symbol={OTHER}",
    "patterns?timeframe=daily",
    "patterns?timeframe=1min&direction=bearish&min_confidence=0.9",
    "patterns?pattern=BullFlag",
    "patterns?pattern=Nothing",
    "patterns?min_confidence=0.9995",
    "patterns?symbol=NOBODY",
    "patterns?from=2025-12-01&to=2025-12-02",
    f"indicators/{OTHER}",
    "market",
    "me",
    "audit",
    "openapi.json",
)
RANGES = ("", "&from=2020-01-01&to=2020-02-01", "&from=2016-01-04", "&to=2016-02-01", "&from=2030-01-01")
TIMEFRAMES = ("1min", "5min", "15min", "30min", "hourly")
MINUTE_ROUTES = (
    *(f"bars/{ONE}?timeframe={timeframe}{span}" for timeframe in TIMEFRAMES for span in RANGES),
    f"bars/{BARE}?timeframe=1min",
    f"bars/{BARE}?timeframe=15min",
)


class Reader:
    def __init__(self, web: Web) -> None:
        self._headers = {"Cookie": web.cookie, "Accept-Encoding": "gzip"}
        self._link = HTTPConnection("127.0.0.1", web.port, timeout=30)

    def get(self, path: str) -> tuple[int, float, bytes]:
        """Returns status, milliseconds and body."""
        began = time.perf_counter()
        self._link.request("GET", path, headers=self._headers)
        answer = self._link.getresponse()
        body = answer.read()
        return answer.status, (time.perf_counter() - began) * 1000, body

    def close(self) -> None:
        self._link.close()


def measure(web: Web, part: str) -> list[Row]:
    _covered(web)
    rows = []
    for path in paths():
        rows += [_alone(web, part, path), _together(web, part, path)]
        print(f"  {path}: {rows[-2].median:.1f} ms alone, {rows[-1].p99:.0f} ms p99 of ten at once", flush=True)
    return rows


def paths() -> Iterator[str]:
    yield from PAGES
    yield from (f"/api/v1/{route}" for route in (*API, *MINUTE_ROUTES))


def _alone(web: Web, part: str, path: str) -> Row:
    reader, took = Reader(web), []
    for number in range(WARM + TIMES):
        status, milliseconds, _ = reader.get(path)
        _answered(path, status)
        if number >= WARM:
            took.append(milliseconds)
    reader.close()
    bound = MINUTES_MS if path.removeprefix("/api/v1/") in MINUTE_ROUTES else ALONE_P50
    middle, last = statistics.median(took), percentile(took)
    return Row(
        part, f"{path}, alone", "ms", middle, last, max(took),
        f"p50 <= {bound:g}, p99 <= {ALONE_P99:g}", met=middle <= bound and last <= ALONE_P99,
    )  # fmt: skip


def _together(web: Web, part: str, path: str) -> Row:
    took: list[float] = []
    refusals: list[int] = []

    def ask() -> None:
        reader = Reader(web)
        for _ in range(EACH):
            status, milliseconds, _ = reader.get(path)
            took.append(milliseconds)
            if status == 503:
                refusals.append(status)
        reader.close()

    at_once([ask] * AT_ONCE)
    last = percentile(took)
    aim = f"p99 <= {TOGETHER_P99:g}, no 503"
    within_bound = last <= TOGETHER_P99 and not refusals
    return Row(part, f"{path}, ten at once", "ms", statistics.median(took), last, max(took), aim, met=within_bound)


def at_once(works: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def percentile(values: Sequence[float], share: float = 0.99) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _covered(web: Web) -> None:
    """Checks that no route of the API is left out."""
    reader = Reader(web)
    _, _, body = reader.get("/api/v1/openapi.json")
    reader.close()
    described = json.loads(_plain(body))["paths"]
    addresses = [path.partition("?")[0] for path in paths()]
    for route, methods in described.items():
        pattern = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", route) + "$")
        if "get" in methods and not any(pattern.match(path) for path in addresses):
            raise SystemExit(f"{route} is a route of the API that nothing here asks for")


def _plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _answered(path: str, status: int) -> None:
    if status not in (200, 303, 404):
        raise SystemExit(f"{path} answered {status}")
