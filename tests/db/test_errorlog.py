"""Logged errors reach app.error_logs, also after a database outage."""

import json
import logging

import pytest

from app.db import errorlog, migrate
from app.db.pools import Pool
from app.db.roles import Urls
from app.logs import Spool


@pytest.fixture
def spool() -> Spool:
    return Spool("web", "error")


def add_record(spool: Spool, message: str) -> None:
    spool.handle(logging.LogRecord("app.wire", logging.ERROR, "x.py", 1, message, (), None))


async def test_spooled_errors_become_rows(urls: Urls, pool: Pool, spool: Spool) -> None:
    await migrate.migrate("app", urls.owner)
    add_record(spool, "first")
    add_record(spool, "second")

    assert await errorlog.store(pool, spool)
    assert not await errorlog.store(pool, spool)

    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "select severity, category, message, component, context from app.error_logs order by id"
        )
    assert [tuple(row)[:4] for row in rows] == [("error", "app.wire", text, "web") for text in ("first", "second")]
    assert json.loads(rows[0]["context"]) == {}


async def test_spooled_errors_wait_while_the_database_is_down(spool: Spool) -> None:
    away = Pool("postgresql://nobody@/nothing?host=/nowhere", "test")
    add_record(spool, "kept")

    assert not await errorlog.store(away, spool)

    assert [record.message for record in spool.take()] == ["kept"]
