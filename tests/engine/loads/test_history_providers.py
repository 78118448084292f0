"""What a load needs of every history provider. A new one is one more case in `SERVERS`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from app.engine.loads.providers.provider import BarPage, DateRange, HistoryClient, HistoryProvider, ProviderRefused
from app.engine.loads.providers.request_pace import Stopped
from app.engine.loads.providers.vendors import VENDORS, history_provider
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.settings.load import Settings
from tests.support.history_server import KEY, bar, speaking

DAILY = LOAD_TIMEFRAMES["daily"]
SPAN = DateRange(date(2012, 9, 4), date(2012, 9, 7))
DAYS = ("2012-09-03", "2012-09-04", "2012-09-05", "2012-09-06", "2012-09-07", "2012-09-10")
"""The first and the last are outside of the span."""


class Served(NamedTuple):
    """Of a server that has DAYS of IBM, closing at 101 to 106, a split of 2 for 1, a dividend of 0.85, and no NOPE."""

    name: str
    settings: dict[str, Any]
    without_key: dict[str, Any]
    wrong_key: dict[str, Any]


@asynccontextmanager
async def massive() -> AsyncIterator[Served]:
    async with speaking() as server:
        server.bars["IBM"] = [bar(day, 101.0 + number) for number, day in enumerate(DAYS)]
        server.splits["IBM"] = [{"execution_date": "2012-09-05", "split_from": 1, "split_to": 2}]
        server.dividends["IBM"] = [{"ex_dividend_date": "2012-09-06", "cash_amount": 0.85, "currency": "USD"}]
        section = {"rest_url": server.url, "requests_per_minute": 60_000}
        keys = ({"api_key": KEY}, {}, {"api_key": "some-other-key"})
        yield Served("massive", *({"massive": section | key} for key in keys))


SERVERS: dict[str, Callable[[], AbstractAsyncContextManager[Served]]] = {"massive": massive}


@pytest_asyncio.fixture(params=list(VENDORS), scope="module", loop_scope="module")
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    async with SERVERS[request.param]() as server:
        yield server


def provider_with(served: Served, settings: dict[str, Any]) -> HistoryProvider:
    return history_provider(Settings.model_validate(settings), served.name)


@asynccontextmanager
async def connected(provider: HistoryProvider, stop: asyncio.Event | None = None) -> AsyncIterator[HistoryClient]:
    client = provider.connect(stop)
    yield client
    await client.close()


async def pages(client: HistoryClient, symbol: str) -> list[BarPage]:
    return [page async for page in client.bars(symbol, DAILY, SPAN)]


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_bars_come_oldest_first_as_traded_and_inside_of_the_span(served: Served) -> None:
    provider = provider_with(served, served.settings)
    async with connected(provider) as client:
        bar_pages = await pages(client, "IBM")
        requests = client.requests

    assert (provider.name, provider.configuration_error) == (served.name, "")
    assert [symbol for page in bar_pages for symbol in page.rows.symbols] == ["IBM"] * 4
    assert [float(close) for page in bar_pages for close in page.rows.close] == [102.0, 103.0, 104.0, 105.0]
    assert bar_pages[-1].reached == date(2012, 9, 7)
    assert [page.bad for page in bar_pages] == [[]] * len(bar_pages)
    assert requests >= 1


async def test_a_symbol_that_the_vendor_does_not_have_has_no_bars(served: Served) -> None:
    async with connected(provider_with(served, served.settings)) as client:
        assert await pages(client, "NOPE") == []


async def test_reference_data_is_that_of_the_symbol(served: Served) -> None:
    async with connected(provider_with(served, served.settings)) as client:
        data = await client.reference("IBM")

    assert [details.symbol for details in data.details] == ["IBM"]
    assert [(split.symbol, split.ex_date, float(split.ratio)) for split in data.splits] == [
        ("IBM", date(2012, 9, 5), 2.0)
    ]
    assert [(each.symbol, each.ex_date, float(each.amount)) for each in data.dividends] == [
        ("IBM", date(2012, 9, 6), 0.85)
    ]
    assert data.bad == ()


async def test_a_wrong_key_is_refused_without_naming_it(served: Served) -> None:
    async with connected(provider_with(served, served.wrong_key)) as client:
        with pytest.raises(ProviderRefused) as refusal:
            await pages(client, "IBM")

    assert "key" in str(refusal.value)
    assert "some-other-key" not in str(refusal.value)


async def test_a_cancelled_load_asks_nothing_more(served: Served) -> None:
    stop = asyncio.Event()
    stop.set()
    async with connected(provider_with(served, served.settings), stop) as client:
        async with asyncio.timeout(5):
            with pytest.raises(Stopped):
                await pages(client, "IBM")


async def test_without_its_key_a_provider_says_what_to_set_and_still_estimates(served: Served) -> None:
    provider = provider_with(served, served.without_key)

    assert provider.configuration_error.endswith(" is not set")
    one, ten = (provider.estimate(symbols, DAILY, SPAN) for symbols in (1, 10))
    assert 0 < one.requests < ten.requests
    assert one.per_minute > 0
    assert one.minutes <= ten.minutes


async def test_loads_ask_the_first_provider_that_is_configured(served: Served) -> None:
    assert history_provider(Settings.model_validate(served.settings)).name == served.name
    assert history_provider(Settings.model_validate(served.without_key)).configuration_error
