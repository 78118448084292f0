"""How PostgreSQL reads tables for a query."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import asyncpg


class Scan(NamedTuple):
    """One scan of a plan; `rows` counts the rows read in all loops."""

    kind: str
    rows: float
    table: str


class Explaining:
    """A connection that records how its queries read their tables."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.scans: list[Scan] = []

    @property
    def most_rows(self) -> float:
        """The largest number of rows that a scan read."""
        return max(scan.rows for scan in self.scans)

    @property
    def without_index(self) -> list[Scan]:
        """Sequential scans of tables that are not empty."""
        return [scan for scan in self.scans if scan.kind == "Seq Scan" and scan.rows]

    async def fetch(self, text: str, *values: object) -> list[asyncpg.Record]:
        await self._explain(text, values)
        return await self._connection.fetch(text, *values)

    async def fetchrow(self, text: str, *values: object) -> asyncpg.Record | None:
        await self._explain(text, values)
        return await self._connection.fetchrow(text, *values)

    async def fetchval(self, text: str, *values: object) -> Any:
        await self._explain(text, values)
        return await self._connection.fetchval(text, *values)

    async def _explain(self, text: str, values: tuple[object, ...]) -> None:
        plan = await self._connection.fetchval(f"explain (analyze, format json) {text}", *values)
        self.scans += _scans(json.loads(plan)[0]["Plan"])


def _scans(plan: dict[str, Any]) -> Iterator[Scan]:
    if "Relation Name" in plan:
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield Scan(plan["Node Type"], rows * plan["Actual Loops"], plan["Relation Name"])
    for part in plan.get("Plans", ()):
        yield from _scans(part)
