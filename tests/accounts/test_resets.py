"""Password resets: a link that works once, expires, and does not bypass the code."""

import asyncio
import hashlib

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from tests.accounts.conftest import ORIGIN
from tests.support.authenticator import enroll
from tests.support.signin import EMAIL, PASSWORD, RIGHT, sign_in, status

NEW = "another train with two bars"


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)


async def link(pool: Pool) -> str:
    return (await bootstrap.reset_link(pool, f" {EMAIL.upper()}", ORIGIN)).removeprefix(ORIGIN)


async def test_the_link_gives_a_new_password_once_and_ends_all_sessions(app: Quart, client: Client, pool: Pool) -> None:
    session_cookie, path = await sign_in(client), await link(pool)
    stranger = app.test_client()

    form_page = await (await stranger.get(path)).get_data(as_text=True)
    weak = await stranger.post(path, form={"password": "password1234"})
    done = await stranger.post(path, form={"password": NEW})
    again = await stranger.post(path, form={"password": NEW})

    assert EMAIL in form_page
    assert (weak.status_code, 'id="password-error"' in await weak.get_data(as_text=True)) == (422, True)
    assert (done.status_code, done.headers["Location"], again.status_code) == (303, "/login", 410)
    assert await status(app, session_cookie) == 303
    assert (await stranger.post("/login", form={"email": EMAIL, "password": NEW})).status_code == 303
    async with pool.acquire() as connection:
        rows = await connection.fetch("select * from app.audit where action in ('reset_link', 'accept_reset')")
    assert {(row["actor"], row["action"], row["outcome"]) for row in rows} == {
        ("command line", "reset_link", "ok"),
        (EMAIL, "accept_reset", "ok"),
    }


async def test_a_reset_link_is_stored_as_a_hash_and_only_the_newest_works(client: Client, pool: Pool) -> None:
    old, new = await link(pool), await link(pool)

    assert (await client.get(old)).status_code == 410
    assert (await client.get(new)).status_code == 200
    async with pool.acquire() as connection:
        token_hash = await connection.fetchval("select token_hash from app.resets")
    assert token_hash == hashlib.sha256(new.rpartition("/")[2].encode()).hexdigest()


@pytest.mark.parametrize("change", ["app.resets set expires_at = now()", "app.users set active = false"])
async def test_a_reset_link_expires(client: Client, pool: Pool, change: str) -> None:
    path = await link(pool)
    async with pool.acquire() as connection:
        await connection.execute(f"update {change}")

    answers = [await client.get(path), await client.post(path, form={"password": NEW}), await client.get("/reset/%00")]

    assert [answer.status_code for answer in answers] == [410] * 3


async def test_one_of_two_simultaneous_uses_of_a_reset_link_is_refused(app: Quart, pool: Pool) -> None:
    path = await link(pool)

    answers = await asyncio.gather(*(app.test_client().post(path, form={"password": NEW}) for _ in range(2)))

    assert sorted(answer.status_code for answer in answers) == [303, 410]


async def test_attempts_at_reset_links_are_limited(client: Client) -> None:
    answers = [(await client.post("/reset/nothing", form={"password": NEW})).status_code for _ in range(31)]

    assert set(answers[:30]) == {410}
    assert answers[30] == 429


async def test_a_reset_password_does_not_bypass_the_code(app: Quart, client: Client, pool: Pool) -> None:
    await sign_in(client)
    await enroll(client)
    await app.test_client().post(await link(pool), form={"password": NEW})

    answer = await app.test_client().post("/login", form={"email": EMAIL, "password": NEW})

    assert answer.headers["Location"] == "/login/code"


async def test_the_operator_can_remove_the_codes_of_an_account(app: Quart, client: Client, pool: Pool) -> None:
    session_cookie = await sign_in(client)
    await enroll(client)

    assert [user.two_steps for user in await bootstrap.users(pool)] == [True]
    assert await bootstrap.remove_codes(pool, EMAIL) is True
    assert await bootstrap.remove_codes(pool, EMAIL) is False
    assert (await app.test_client().post("/login", form=RIGHT)).headers["Location"] == "/"
    with pytest.raises(ValueError, match=r"nobody@example\.org has no account"):
        await bootstrap.reset_link(pool, "nobody@example.org", ORIGIN)
    async with pool.acquire() as connection:
        assert await connection.fetchval("select session_epoch from app.users") == 1
        assert await connection.fetchval("select count(*) from app.recovery_codes") == 0
        assert await connection.fetchval("select count(*) from app.audit where action = 'remove_codes'") == 1
    assert session_cookie


async def test_an_administrator_can_turn_off_the_codes_of_another_account(
    app: Quart, client: Client, pool: Pool
) -> None:
    await bootstrap.create_user(pool, "bob@example.org", Role.USER, PASSWORD)
    bob = app.test_client()
    await bob.post("/login", form={"email": "bob@example.org", "password": PASSWORD})
    await enroll(bob)
    await sign_in(client)
    async with pool.acquire() as connection:
        page = f"/admin/users/{await connection.fetchval('select user_id from app.second_steps')}"

    user_page = await (await client.get(page)).get_data(as_text=True)
    done = await client.post(page, form={"do": "no-codes"})
    again = await client.post(page, form={"do": "no-codes"})

    assert "signs in with codes" in user_page
    assert 'value="no-codes"' in user_page
    assert (done.status_code, again.status_code) == (303, 303)
    assert (await bob.get("/seen", headers={"Accept": "text/html"})).status_code == 303
    assert (await bob.post("/login", form={"email": "bob@example.org", "password": PASSWORD})).status_code == 303
    async with pool.acquire() as connection:
        rows = await connection.fetch("select * from app.audit where action = 'remove_codes'")
        assert await connection.fetchval("select count(*) from app.second_steps") == 0
    assert [(row["actor"], row["outcome"], row["detail"]) for row in rows] == [(EMAIL, "ok", "bob@example.org")]
