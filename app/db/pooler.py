"""Detects a connection pooler such as PgBouncer in front of PostgreSQL, and filters session parameters for it.

In transaction mode each transaction may run in another session. The pooler refuses most startup parameters, and what is
set or prepared in a session is lost: time-outs then belong to the role.
"""

import logging
from collections.abc import Mapping

import asyncpg

logger = logging.getLogger(__name__)

ACCEPTED = frozenset({"application_name", "timezone"})
"""The parameters of ours that PgBouncer accepts by default."""

CLOSE_SECONDS = 1.0


async def is_pooled(url: str, seconds: float) -> bool:
    """Whether another process answers than the one connected to. Raises what `asyncpg.connect` raises."""
    connection = await asyncpg.connect(url, timeout=seconds, command_timeout=seconds, statement_cache_size=0)
    try:
        row = await connection.fetchrow(
            "select pg_backend_pid() as pid, current_user as role, current_setting('statement_timeout') as timeout"
        )
        assert row is not None
        pooled = bool(row["pid"] != connection.get_server_pid())
        if pooled and row["timeout"] == "0":
            logger.warning(
                "a connection pooler is in front of PostgreSQL, and the role %s has no time-outs of its own: "
                "give it some by ALTER ROLE, as docs/deployment.md says",
                row["role"],
            )
        return pooled
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


def accepted(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in settings.items() if name in ACCEPTED}
