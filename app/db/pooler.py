"""A pooler of connections between us and PostgreSQL, such as PgBouncer: how it is noticed, and what it takes.

One that pools transactions gives each of them another session. It refuses most parameters at the start of a connection,
and what is set or prepared in a session is lost to the next transaction: time-outs then belong to the role.
"""

import logging
from collections.abc import Mapping

import asyncpg

logger = logging.getLogger(__name__)

ACCEPTED = frozenset({"application_name", "timezone"})
"""The parameters of ours that PgBouncer takes as it is shipped."""

CLOSE_SECONDS = 1.0


async def is_pooled(url: str, seconds: float) -> bool:
    """Whether another process than the one that was connected to answers. Raises what `asyncpg.connect` raises."""
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
