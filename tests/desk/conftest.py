"""A served desk with stored market data."""

from collections.abc import AsyncIterator

import pytest

from app.settings.load import Settings
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, serving, settings
from tests.support.quote_samples import AWKWARD, LONG_NAME, OPEN, bars
from tests.support.stored_bars import PatternRow, store_bars, store_patterns, store_symbols

__all__ = ["settings"]


@pytest.fixture
async def desk(settings: Settings, databases: Databases) -> AsyncIterator[Desk]:
    for symbol in AWKWARD:
        await store_bars(databases.engine, bars(symbol, 150))
    await store_symbols(databases.engine, dict.fromkeys(AWKWARD, LONG_NAME))
    await store_patterns(
        databases.engine, "daily", [PatternRow(symbol, "Hammer", OPEN - 4 * 86_400) for symbol in AWKWARD]
    )
    async with serving(settings) as served:
        yield served
