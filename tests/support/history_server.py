"""A server on a real socket that speaks the documented REST protocol of Massive and fails on request."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, request

from app.db.pools import Pool
from app.engine.loads.providers.history import HistoryRequest, ProviderLoad, ProviderProgress
from app.engine.loads.providers.massive.provider import MassiveHistory
from app.engine.loads.providers.provider import DateRange
from app.engine.loads.providers.rest import Patience
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.support.ports import free_port

KEY = "massive-test-key-0123"
DAY_MS = 86_400_000
PAGE = 2
TODAY = date(2026, 11, 20)


def bar(day: str, close: float, volume: float = 1000) -> dict[str, Any]:
    at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp() + 4 * 3600
    return {
        "t": int(at * 1000),
        "o": close,
        "h": close + 1,
        "l": close - 1,
        "c": close,
        "v": volume,
        "vw": close,
        "n": 9,
    }


class Massive:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.bars: dict[str, list[dict[str, Any]]] = {}
        self.splits: dict[str, list[dict[str, Any]]] = {}
        self.dividends: dict[str, list[dict[str, Any]]] = {}
        self.tickers: dict[str, dict[str, Any]] = {}
        """Instead of what this server makes up."""
        self.trouble: deque[Response] = deque()
        """Answered before anything else, one for each request."""
        self.elsewhere = ""
        """What the next page begins with instead of this server's own address."""
        self.requests: list[str] = []
        self.app = Quart("massive")
        self.app.before_request(self._before)
        self.app.get("/v2/aggs/ticker/<symbol>/range/1/<span>/<first>/<last>")(self._aggregates)
        self.app.get("/v3/reference/tickers/<symbol>")(self._ticker)
        self.app.get("/v3/reference/splits")(self._splits)
        self.app.get("/v3/reference/dividends")(self._dividends)

    async def _before(self) -> Response | tuple[dict[str, str], int] | None:
        self.requests.append(request.full_path.rstrip("?"))
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return {"status": "ERROR", "request_id": "1", "error": "Unknown API Key"}, 401
        return self.trouble.popleft() if self.trouble else None

    async def _aggregates(self, symbol: str, span: str, first: str, last: str) -> dict[str, Any]:
        assert request.args["adjusted"] == "false"
        assert request.args["sort"] == "asc"
        low, high = (datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000 for day in (first, last))
        bars = [one for one in self.bars.get(symbol, []) if low <= one["t"] < high + DAY_MS]
        start = int(request.args.get("cursor", 0))
        page = {"ticker": symbol, "adjusted": False, "status": "OK", "resultsCount": len(bars), "count": len(bars)}
        if bars:
            page["results"] = bars[start : start + PAGE]
        if start + PAGE < len(bars):
            home = self.elsewhere or self.url
            page["next_url"] = f"{home}{request.path}?cursor={start + PAGE}&adjusted=false&sort=asc"
        return page

    async def _ticker(self, symbol: str) -> dict[str, Any] | tuple[dict[str, str], int]:
        if symbol not in self.bars:
            return {"status": "NOT_FOUND", "message": "Ticker not found."}, 404
        if symbol in self.tickers:
            return {"status": "OK", "results": self.tickers[symbol]}
        details = {"ticker": symbol, "name": f"{symbol} Incorporated", "market": "stocks", "locale": "us", "type": "CS"}
        more = {"active": True, "currency_name": "usd", "primary_exchange": "XNAS", "list_date": "1980-12-12"}
        return {"status": "OK", "results": details | more}

    async def _splits(self) -> dict[str, Any]:
        return {"status": "OK", "results": self.splits.get(request.args["ticker"], [])}

    async def _dividends(self) -> dict[str, Any]:
        return {"status": "OK", "results": self.dividends.get(request.args["ticker"], [])}


@asynccontextmanager
async def speaking() -> AsyncIterator[Massive]:
    port = free_port()
    massive = Massive(port)
    config, stop = Config(), asyncio.Event()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = config.errorlog = None
    task = asyncio.create_task(serve(massive.app, config, shutdown_trigger=stop.wait))
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                break
    yield massive
    stop.set()
    await task


SPAN = DateRange(date(2012, 9, 4), date(2012, 9, 10))
DAYS = [bar(f"2012-09-{day:02}", 100.0 + day) for day in (4, 5, 6, 7, 10)]


async def load(
    provider: Massive,
    pool: Pool,
    *symbols: str,
    timeframe: str = "daily",
    key: str = KEY,
    on_progress: Callable[[ProviderProgress], object] = lambda _: None,
    stop: asyncio.Event | None = None,
    patience: float = 20,
    limited_patience: float = 60,
) -> ProviderProgress:
    frame = LOAD_TIMEFRAMES[timeframe]
    writer = BarWriter(pool, frame)
    await writer.open()
    history = MassiveHistory(provider.url, key, 60_000, Patience(patience, limited_patience, first_wait=0.01))
    request = HistoryRequest(symbols, frame, SPAN, "yesterday")
    return await ProviderLoad(request, history, writer, on_progress, TODAY, stop).run()
