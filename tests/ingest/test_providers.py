"""The promises of docs/providers.md and of the settings."""

import asyncio
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app.finance.scenarios import SCENARIOS
from app.ingest.feed import Feed
from app.ingest.run import create_provider
from app.settings.load import Settings
from app.settings.sections import PROVIDERS, ROOT, SyntheticSection
from app.settings.sources import BadSetting
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.state import market_clock
from app.wire.state.newest_quotes import NewestQuotes
from tests.support.massive_server import KEY

PAGE = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
TRADES = "1767711600.5,AAPL,190.25,100\n1767711601.0,BRK.B,500.5,10\n1767711602.0,AAPL,190.5,50\n"


def settings(**sections: object) -> Settings:
    return Settings.model_validate(sections)


async def test_the_example_in_the_documentation_is_a_working_provider(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    example, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    module = ModuleType("provider_of_the_page")
    exec(example, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(PROVIDERS, "csv", module.__name__)
    (tmp_path / "trades.csv").write_text(TRADES)

    provider = create_provider(settings(data_dir=tmp_path, ingest={"provider": "csv"}))
    feed, stop = Feed(provider, redis_url, Channels(), ()), asyncio.Event()
    feeding = asyncio.create_task(feed.run(lambda: None, stop))
    client = connect(redis_url)
    async with asyncio.timeout(10):
        while (clock := await market_clock.read(client)) is None or clock.state != "ended":
            await asyncio.sleep(0.01)
        stop.set()
        await feeding
    await feed.close()

    quotes = await NewestQuotes(client).all()
    assert clock.label == "trades from trades.csv"
    assert {quote.symbol: (quote.open, quote.price, quote.volume) for quote in quotes.values()} == {
        "AAPL": (190.25, 190.5, 150),
        "BRK.B": (500.5, 500.5, 10),
    }
    assert [tick.price for tick in provider.published_ticks(b"2")] == [190.25, 500.5]
    await client.aclose()


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_is_documented_and_can_be_created(name: str) -> None:
    provider = create_provider(settings(ingest={"provider": name}, massive={"api_key": KEY}))

    assert provider.name == name
    assert provider.label
    assert f"\n## {name}\n" in PAGE
    assert f"| `{name}` |" in PAGE


def test_an_unknown_provider_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="is none of invented, replay, synthetic, massive"):
        settings(ingest={"provider": "hunter2"})


def test_every_scenario_is_a_choice_of_the_settings() -> None:
    for name in SCENARIOS:
        assert SyntheticSection.model_validate({"scenario": name}).scenario == name
        assert f"| `{name}` | `{SCENARIOS[name].symbol}` |" in PAGE


def test_massive_does_not_start_without_a_key() -> None:
    with pytest.raises(BadSetting, match="MASSIVE_API_KEY: is missing"):
        create_provider(settings(ingest={"provider": "massive"}))


def test_a_delayed_feed_says_so() -> None:
    section = {"api_key": KEY, "stream_url": "wss://delayed.massive.com/stocks"}

    assert (
        create_provider(settings(ingest={"provider": "massive"}, massive=section)).label == "Massive, 15 minutes late"
    )


@pytest.mark.parametrize("events", ["A,AM", "A,T", "Q", "A,A", "", "B"])
def test_shares_are_counted_once(events: str) -> None:
    with pytest.raises(ValueError, match="massive"):
        settings(massive={"events": events})
