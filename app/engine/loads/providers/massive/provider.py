"""History of Massive, once Polygon: bars as traded, names, splits and dividends of US stocks, coins and currencies."""

import asyncio
from collections.abc import AsyncIterator

from app.engine.loads.providers.massive import answers, endpoints
from app.engine.loads.providers.provider import BarPage, DateRange, Estimate, HistoryProvider, ReferenceData
from app.engine.loads.providers.request_pace import RequestPace
from app.engine.loads.providers.rest import USUAL, Patience, Rest, RestFormat
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.settings.load import Settings

FORMAT = RestFormat(answers.read_page, answers.read_error)


def provider(settings: Settings) -> HistoryProvider:
    section = settings.massive
    key = section.api_key.get_secret_value() if section.api_key else ""
    return MassiveHistory(section.rest_url, key, section.requests_per_minute)


class MassiveHistory:
    name = "massive"

    def __init__(self, url: str, key: str, per_minute: float, patience: Patience = USUAL) -> None:
        self._url = url
        self._key = key
        self._per_minute = per_minute
        self._pace = RequestPace(per_minute)
        self._patience = patience

    @property
    def configuration_error(self) -> str:
        return "" if self._key else "MASSIVE_API_KEY is not set"

    def estimate(self, symbols: int, frame: LoadTimeframe, span: DateRange) -> Estimate:
        return Estimate(endpoints.requests(symbols, frame, span), self._per_minute)

    def connect(self, stop: asyncio.Event | None = None) -> "MassiveClient":
        # In a header and not in the URL: URLs are logged, here and on the way.
        headers = {"Authorization": f"Bearer {self._key}"}
        return MassiveClient(Rest(self._url, headers, FORMAT, self._pace, stop, self._patience))


class MassiveClient:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    @property
    def requests(self) -> int:
        return self._rest.requests

    def bars(self, symbol: str, frame: LoadTimeframe, span: DateRange) -> AsyncIterator[BarPage]:
        return endpoints.bars(self._rest, symbol, frame, span)

    async def reference(self, symbol: str) -> ReferenceData:
        return await endpoints.reference(self._rest, symbol)

    async def close(self) -> None:
        await self._rest.close()
