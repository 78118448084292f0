"""A raised session epoch ends earlier sessions, whatever Redis still holds."""

import asyncio

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap, queries, routes, session
from app.db.pools import Pool
from app.identity import Role
from tests.support.signin import EMAIL, PASSWORD, RIGHT, sign_in, status


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)


async def raise_epoch(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("update app.users set session_epoch = session_epoch + 1")


async def test_a_raised_session_epoch_ends_a_session_that_redis_still_holds(
    app: Quart, client: Client, pool: Pool
) -> None:
    session_cookie = await sign_in(client)
    assert await status(app, session_cookie) == 200

    await raise_epoch(pool)
    async with asyncio.timeout(15):
        while await status(app, session_cookie) == 200:
            await asyncio.sleep(0.05)

    assert await status(app, await sign_in(client)) == 200
    assert await status(app, session_cookie) == 303


async def test_a_session_newer_than_the_cached_user_row_is_accepted(
    app: Quart, client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FRESH_SECONDS", 600.0)
    old = await sign_in(client)
    assert await status(app, old) == 200

    await raise_epoch(pool)
    new = await sign_in(app.test_client())

    assert await status(app, new) == 200
    assert await status(app, old) == 303


async def test_a_sign_in_during_a_password_change_leaves_no_session(
    app: Quart, client: Client, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in = session.begin_session

    async def changed_meanwhile(user: queries.User) -> str:
        await raise_epoch(pool)
        return await let_in(user)

    monkeypatch.setattr(routes, "begin_session", changed_meanwhile)

    assert await status(app, await sign_in(client)) == 303


async def test_rehashing_does_not_restore_an_old_password(pool: Pool) -> None:
    async with pool.acquire() as connection:
        before = await queries.user_by_email(connection, RIGHT["email"])
        assert before
        changed = await queries.change_password(connection, before, "new")
        await queries.renew_hash(connection, before, "old")
        again = await queries.change_password(connection, before, "other")
        now = await queries.user_by_id(connection, before.id)

    assert now
    assert changed == now
    assert (now.password_hash, again, now.session_epoch) == ("new", None, before.session_epoch + 1)
