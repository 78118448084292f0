"""Databases that are filled once and copied by many tests."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from app.embedded import postgres
from app.embedded.places import Places


def fill_database(places: Places, name: str, template: str, fill: Callable[[str], Awaitable[object]]) -> str:
    """Makes the database `name` like `template`, and calls `fill` with its address. The name."""

    async def work() -> None:
        link = await asyncpg.connect(postgres.url(places))
        await link.execute(f"create database {name} template {template}")
        await link.close()
        await fill(postgres.url(places, name))

    asyncio.run(work())
    return name
