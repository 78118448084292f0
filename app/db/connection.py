"""The type of a connection that a function is handed, for modules that write no SQL of their own."""

from typing import TypeAlias

import asyncpg

DatabaseConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
