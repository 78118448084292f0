"""The one-time setup link, and accounts from the command line."""

import pytest
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap, queries
from app.db.pools import Pool
from app.identity import Role
from tests.accounts.conftest import ORIGIN

GOOD = {"email": "Alice@Example.org ", "password": "trades on a train with one bar"}


def path_of(link: str | None) -> str:
    assert link is not None
    return link.removeprefix(ORIGIN)


async def test_the_first_account_exists_only_after_the_setup_link_is_used_once(client: Client, pool: Pool) -> None:
    path = path_of(await bootstrap.ensure_link(pool, ORIGIN))
    assert (await client.get(path)).status_code == 200

    created = await client.post(path, form=GOOD)
    again = await client.post(path, form={**GOOD, "email": "mallory@example.org"})

    assert (created.status_code, created.headers["Location"]) == (303, "/")
    assert again.status_code == 410
    assert (await client.get(path)).status_code == 410
    assert await bootstrap.ensure_link(pool, ORIGIN) is None
    async with pool.acquire() as connection:
        user = await queries.user_by_email(connection, "alice@example.org")
        assert await connection.fetchval("select count(*) from app.users") == 1
    assert user is not None
    assert user.role is Role.ADMIN
    async with pool.acquire() as connection:
        assert len(await connection.fetchval("select session from app.audit where action = 'first_admin'")) == 64


async def test_the_sign_in_page_says_when_there_is_no_administrator(client: Client, pool: Pool) -> None:
    before = await (await client.get("/login")).get_data(as_text=True)
    await bootstrap.create_user(pool, "bob@example.org", Role.USER, GOOD["password"])
    still = await (await client.get("/login")).get_data(as_text=True)
    await bootstrap.create_user(pool, "alice@example.org", Role.ADMIN, GOOD["password"])
    after = await (await client.get("/login")).get_data(as_text=True)

    assert "Nobody administers this desk yet" in before
    assert "<code>tickstock run</code>" in before
    assert "Nobody administers this desk yet" in still
    assert "Nobody administers" not in after


async def test_the_page_after_the_first_sign_in_shows_the_next_steps(client: Client, pool: Pool) -> None:
    note = 'aria-label="What to do next"'
    path = path_of(await bootstrap.ensure_link(pool, ORIGIN))
    await client.post(path, form=GOOD)

    pages = [await (await client.get("/symbols")).get_data(as_text=True) for _ in range(2)]
    await client.post("/logout")
    await client.post("/login", form=GOOD)
    later = await (await client.get("/symbols")).get_data(as_text=True)
    await bootstrap.create_user(pool, "bob@example.org", Role.USER, GOOD["password"])
    await client.post("/logout")
    await client.post("/login", form={**GOOD, "email": "bob@example.org"})
    of_bob = await (await client.get("/symbols")).get_data(as_text=True)

    assert [note in page for page in (*pages, later, of_bob)] == [True, False, False, True]
    assert "/admin/users" in pages[0].split(note)[1].split("</section>")[0]
    assert "/admin/users" not in of_bob.split(note)[1].split("</section>")[0]


async def test_a_new_setup_link_replaces_the_old_and_is_stored_as_a_hash(client: Client, pool: Pool) -> None:
    old = path_of(await bootstrap.ensure_link(pool, ORIGIN))
    new = path_of(await bootstrap.ensure_link(pool, ORIGIN))

    assert (await client.get(old)).status_code == 410
    assert (await client.get(new)).status_code == 200
    async with pool.acquire() as connection:
        rows = await connection.fetch("select token_hash from app.setup_tokens")
    assert len(rows) == 1
    assert rows[0]["token_hash"] not in new


async def test_a_weak_password_has_an_error_beside_its_field_and_the_setup_link_still_works(
    client: Client, pool: Pool
) -> None:
    path = path_of(await bootstrap.ensure_link(pool, ORIGIN))

    answer = await client.post(path, form={**GOOD, "password": "password1234"})
    text = await answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert 'id="password-error"' in text
    assert 'value="alice@example.org"' in text
    assert "password1234" not in text
    assert (await client.post(path, form=GOOD)).status_code == 303


async def test_an_invented_setup_link_is_a_410(client: Client) -> None:
    assert (await client.get("/welcome/%00%ff")).status_code == 410
    assert (await client.post("/welcome/nothing", form=GOOD)).status_code == 410


async def test_the_command_line_creates_accounts_and_explains_errors(pool: Pool) -> None:
    await bootstrap.create_user(pool, "Bob@example.org", Role.USER, "watches from the window seat")

    for email, password, words in (
        ("bob@example.org", "watches from the window seat", "already has an account"),
        ("bob", "watches from the window seat", "not an e-mail address"),
        ("carol@example.org", "short", "at least 12"),
    ):
        with pytest.raises(ValueError, match=words):
            await bootstrap.create_user(pool, email, Role.USER, password)
    assert await bootstrap.ensure_link(pool, ORIGIN) is not None
