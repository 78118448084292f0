"""Where the market database is of another engine, one of the web processes evaluates live rules from stored days."""

import re

import asyncpg
import pytest
from pydantic import SecretStr

from app.scans.matches import leased_evaluation
from app.settings.load import Settings
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, serving
from tests.support.foreign_databases import BARS, SYMBOLS
from tests.support.list_pages import PAGE, rows
from tests.support.running_engine import eventually
from tests.support.web_process import process

TERM = "select term from app.leases where name = 'live rules' and expires_at > now()"
LAPSE = "update app.leases set expires_at = now() - interval '1 second'"


@pytest.fixture
def foreign(settings: Settings, database_url: str) -> Settings:
    database = settings.database.model_copy(update={"market_url": SecretStr(database_url)})
    return settings.model_copy(update={"database": database})


@pytest.fixture
def transport() -> str:
    return "auto"


async def scanned(desk: Desk, rule: str) -> list[str]:
    async with desk.client() as client:
        answer = await client.get(f"/scan?q={rule}&v=1", headers=PAGE)
    assert answer.status_code in (200, 422), answer.text
    return rows(answer.text) or re.findall(r'<li class="error">([^<]*)', answer.text)


async def test_one_process_evaluates_and_another_takes_over_when_it_is_killed(
    foreign: Settings, databases: Databases, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leased_evaluation, "RENEW_SECONDS", 0.1)
    market, own = await asyncpg.connect(database_url), await asyncpg.connect(databases.own)
    await market.execute(BARS)
    await market.execute(SYMBOLS)
    async with process(foreign.model_copy(update={"port": foreign.port + 1})) as holder:
        await eventually(lambda: own.fetchval(TERM))
        async with serving(foreign) as desk:
            await eventually(lambda: scanned(desk, "in5(close:gt:close@1)"))
            assert await scanned(desk, "in5(close:gt:close@1)") == ["BRK.B"]
            assert await own.fetchval(TERM) == 1
            holder.kill()
            await holder.wait()
            await own.execute(LAPSE)
            await eventually(lambda: own.fetchval(TERM))
            assert await own.fetchval(TERM) == 2
            await eventually(lambda: scanned(desk, "w.close:gt:10,close:gt:48"))
            assert await scanned(desk, "w.close:gt:10,close:gt:48") == ["BRK.B"]
            await eventually(lambda: scanned(desk, "for3(h.close:gt:vwap)"))
            assert await scanned(desk, "for3(h.close:gt:vwap)") == [
                "No bars of these timeframes are kept here: hourly."
            ]
    await market.close()
    await own.close()
