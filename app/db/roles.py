"""The embedded server's roles: owner of our own tables, web process, reader of the market, engine."""

from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg

OWNER, OWN, MARKET, ENGINE = "tickstock_owner", "tickstock_web", "tickstock_ro", "tickstock_engine"

_CREATE_ROLE = """
do $$ begin
  if not exists (select from pg_roles where rolname = '{role}') then create role {role} login; end if;
end $$
"""

TIME_OUTS = {"statement_timeout": "3s", "lock_timeout": "1s", "idle_in_transaction_session_timeout": "5s"}
"""Set on the role, since a pooler drops those of the connection."""

_GRANTS = (
    "revoke temporary on database {database} from public",
    "grant temporary on database {database} to {engine}",
    "revoke create on schema public from public",
    "grant usage, create on schema public to {engine}",
    "grant usage on schema public to {market}",
    "grant select on all tables in schema public to {market}",
    "alter default privileges for role {engine} in schema public grant select on tables to {market}",
    "alter role {market} set default_transaction_read_only = on",
    *(
        f"alter role {{{role}}} set {name} = '{value}'"
        for role in ("own", "market")
        for name, value in TIME_OUTS.items()
    ),
    "create schema if not exists app authorization {owner}",
    # Earlier releases had no owner: the web process' role owned everything.
    "alter schema app owner to {owner}",
    "reassign owned by {own} to {owner}",
    "grant usage on schema app to {own}",
    "grant select, insert, update, delete on all tables in schema app to {own}",
    "alter default privileges for role {owner} in schema app grant select, insert, update, delete on tables to {own}",
)

_AUDIT = """
do $$ begin
  if to_regclass('app.audit') is not null then revoke update, delete on app.audit from {own}; end if;
end $$
"""
"""A migration does the same for a new table; the grants above would undo it."""


class Urls(NamedTuple):
    """`owner` migrates our own schema; `own` is the web process' role."""

    own: str
    market: str
    engine: str
    owner: str


async def prepare(superuser_url: str, database: str = "tickstock") -> Urls:
    """Creates what is missing; runs at every start. Only for a server of our own."""
    names = {"database": database, "owner": OWNER, "own": OWN, "market": MARKET, "engine": ENGINE}
    connection = await asyncpg.connect(superuser_url, timeout=5, statement_cache_size=0)
    try:
        for role in (OWNER, OWN, MARKET, ENGINE):
            await connection.execute(_CREATE_ROLE.format(role=role))
        if not await connection.fetchval("select 1 from pg_database where datname = $1", database):
            await connection.execute(f'create database "{database}"')
    finally:
        await connection.close()
    await _grant(_address(superuser_url, database), names)
    return Urls(*(_address(superuser_url, database, role) for role in (OWN, MARKET, ENGINE, OWNER)))


async def owns_audit(connection: asyncpg.Connection) -> bool:
    """Whether the connection's role could alter or drop the audit."""
    owned: bool | None = await connection.fetchval(
        "select pg_has_role(relowner, 'usage') from pg_class where oid = to_regclass('app.audit')"
    )
    return bool(owned)


async def _grant(url: str, names: dict[str, str]) -> None:
    identifiers = {key: f'"{name}"' for key, name in names.items()}
    connection = await asyncpg.connect(url, timeout=5, statement_cache_size=0)
    try:
        async with connection.transaction():
            # Two processes that grant at once would make one fail.
            await connection.execute("select pg_advisory_xact_lock(hashtext('tickstock roles'))")
            for grant in (*_GRANTS, _AUDIT):
                await connection.execute(grant.format(**identifiers))
    finally:
        await connection.close()


def _address(url: str, database: str, role: str | None = None) -> str:
    """The same server with another database and role."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    user = parts.netloc.rpartition("@")[0] if role is None else role
    return urlunsplit((parts.scheme, f"{user}@{place}", f"/{database}", parts.query, ""))
