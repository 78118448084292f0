"""Each role of the embedded server has only the rights that it needs."""

import asyncpg
import pytest

from app.db import migrate, roles
from app.db.roles import Urls
from tests.db.conftest import name_of

BAR = (
    "insert into ohlcv_daily (symbol, date, open, high, low, close, volume) values ('IBM', '2012-09-04', 1, 2, 1, 2, 3)"
)


@pytest.fixture
async def migrated(urls: Urls) -> Urls:
    await migrate.migrate("app", urls.owner)
    await migrate.migrate("market", urls.engine)
    return urls


async def attempt(url: str, *statements: str) -> str:
    link = await asyncpg.connect(url)
    try:
        for statement in statements:
            await link.execute(statement)
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await link.close()
    return "done"


async def test_the_engine_writes_the_market_and_the_reader_reads_it(migrated: Urls) -> None:
    assert (
        await attempt(migrated.engine, BAR, "create temporary table t (x int)", "create table later (x int)") == "done"
    )
    assert await attempt(migrated.market, "select * from ohlcv_daily", "select * from later") == "done"


@pytest.mark.parametrize(
    "statement", [BAR, "delete from ohlcv_daily", "create table x (y int)", "create temporary table x (y int)"]
)
async def test_the_reader_cannot_write_even_after_leaving_read_only_mode(migrated: Urls, statement: str) -> None:
    answer = await attempt(migrated.market, "set default_transaction_read_only = off", statement)

    assert answer == "InsufficientPrivilegeError"


async def test_only_the_desks_own_role_reads_the_users_table(migrated: Urls) -> None:
    assert await attempt(migrated.own, "select * from app.users") == "done"
    assert await attempt(migrated.market, "select * from app.users") == "InsufficientPrivilegeError"
    assert await attempt(migrated.engine, "select * from app.users") == "InsufficientPrivilegeError"
    assert await attempt(migrated.own, BAR) == "InsufficientPrivilegeError"


@pytest.mark.parametrize(
    "statement",
    [
        "drop table app.audit",
        "alter table app.audit disable trigger all",
        "alter table app.audit add column x int",
        "drop trigger audit_append_only on app.audit",
        "create or replace function app.refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "update app.audit set actor = 'nobody'",
        "delete from app.audit",
        "truncate app.audit",
        "set role tickstock_owner",
        "drop schema app cascade",
    ],
)
async def test_the_web_role_can_only_append_to_the_audit(migrated: Urls, statement: str) -> None:
    assert await attempt(migrated.own, "insert into app.audit (actor, action) values ('alice', 'a')") == "done"
    assert await attempt(migrated.own, statement) == "InsufficientPrivilegeError"


async def test_tables_owned_by_the_web_role_are_given_to_the_owner_at_the_next_start(
    database_url: str, urls: Urls
) -> None:
    own = "tickstock_web"
    former = (f"alter schema app owner to {own}", f"grant create on schema app to {own}")
    assert await attempt(database_url, *former) == "done"
    await migrate.migrate("app", urls.own)
    link = await asyncpg.connect(urls.own)
    assert await roles.owns_audit(link)

    await roles.prepare(database_url, name_of(database_url))

    assert not await roles.owns_audit(link)
    await link.execute("insert into app.audit (actor, action) values ('alice', 'a')")
    await link.execute("delete from app.setup_tokens")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await link.execute("delete from app.audit")
    assert await migrate.version("app", urls.own) == migrate.head("app")
    await link.close()


async def test_preparing_the_roles_again_changes_nothing(database_url: str, migrated: Urls) -> None:
    assert await roles.prepare(database_url, name_of(database_url)) == migrated
    assert await attempt(migrated.market, "select * from symbols") == "done"


async def test_a_missing_database_is_created(database_url: str) -> None:
    name = f"{name_of(database_url)}_made"

    urls = await roles.prepare(database_url, name)

    assert await attempt(urls.own, "select 1") == "done"
    assert await attempt(database_url, f"drop database {name}") == "done"
