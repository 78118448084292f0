"""What a password change ends: open links for another one, and sign-ins that are under way."""

import asyncio
import re

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app import deps
from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from tests.accounts.conftest import ORIGIN
from tests.support.authenticator import enroll
from tests.support.reauth import BOB, bob_page, forget_code_use, row
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD, sign_in, status

NEW, NEWER = "another train with two bars", "a ferry that has four masts"


@pytest.fixture(autouse=True)
async def people(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
    await bootstrap.create_user(pool, BOB, Role.USER, PASSWORD)


async def mail_link(pool: Pool) -> str:
    """Made as the letter's is."""
    return (await bootstrap.reset_link(pool, BOB, ORIGIN)).removeprefix(ORIGIN)


async def admin_link(client: Client, pool: Pool) -> str:
    done = await client.post(await bob_page(pool), form={"do": "reset"})
    assert (done.status_code, done.headers["Location"]) == (303, "/admin/users")
    match = re.search(r"/invite/[\w-]{43}", await (await client.get("/admin/users")).get_data(as_text=True))
    assert match
    return match[0]


async def sign_in_bob(app: Quart, password: str = PASSWORD) -> Client:
    browser = app.test_client()
    assert (await browser.post("/login", form={"email": BOB, "password": password})).status_code == 303
    return browser


async def test_a_password_change_ends_an_open_reset_link(app: Quart, pool: Pool) -> None:
    browser, link = await sign_in_bob(app), await mail_link(pool)

    done = await browser.post("/account/password", form={"current": PASSWORD, "new": NEW, "again": NEW})

    assert done.status_code == 303
    assert (await app.test_client().get(link)).status_code == 410
    assert (await app.test_client().post(link, form={"password": NEWER})).status_code == 410
    assert await sign_in_bob(app, NEW)


async def test_using_one_of_two_reset_links_ends_the_other(app: Quart, client: Client, pool: Pool) -> None:
    await sign_in(client)
    stranger = app.test_client()
    first, other = await admin_link(client, pool), await mail_link(pool)

    assert (await stranger.post(other, form={"password": NEW})).status_code == 303
    assert (await stranger.post(first, form={"password": NEWER})).status_code == 410

    first, other = await admin_link(client, pool), await mail_link(pool)

    assert (await stranger.post(first, form={"password": NEW})).status_code == 303
    assert (await stranger.post(other, form={"password": NEWER})).status_code == 410


@pytest.mark.parametrize("action", ["reset", "disable"])
async def test_a_mailed_reset_link_ends_when_an_administrator_disables_or_resets_the_account(
    app: Quart, client: Client, pool: Pool, action: str
) -> None:
    await sign_in(client)
    link = await mail_link(pool)

    await client.post(await bob_page(pool), form={"do": action})
    if action == "disable":
        await client.post(await bob_page(pool), form={"do": "enable"})

    assert (await app.test_client().get(link)).status_code == 410


@pytest.mark.parametrize("action", ["reset", "disable", "no-codes"])
async def test_a_sign_in_that_overlaps_with_disabling_the_account_yields_no_session(
    app: Quart, client: Client, pool: Pool, action: str
) -> None:
    """Their password was looked at before, and their session begins after all that there were have ended."""
    await sign_in(client)
    browser, person, epoch = await sign_in_bob(app), await row(pool, "id"), await row(pool, "session_epoch")
    if action == "no-codes":
        await enroll(browser)

    await client.post(await bob_page(pool), form={"do": action})
    if action == "disable":
        await client.post(await bob_page(pool), form={"do": "enable"})
    sid = await deps.context_of(app).sessions.create(person, "tests", "192.0.2.1", epoch)  # type: ignore[arg-type]

    cookie = f"ts={app.extensions['QUART_AUTH'][0].dump_token(sid, app)}"
    async with asyncio.timeout(15):  # what is known of a user is read again within two seconds
        while await status(app, cookie) != 303:
            await asyncio.sleep(0.1)


async def test_changing_the_password_does_not_replace_the_code_check(
    client: Client, pool: Pool, redis_url: str
) -> None:
    """Who holds a session and the password, and no telephone, comes no further by changing that password."""
    await sign_in(client)
    await enroll(client)
    await forget_code_use(redis_url)

    done = await client.post("/account/password", form={"current": PASSWORD, "new": NEW, "again": NEW})
    promoted = await client.post(await bob_page(pool), form={"do": "promote"}, headers=NAVIGATION)
    recovery = await client.post("/account/totp/codes", form={"password": NEW}, headers=NAVIGATION)

    assert done.status_code == 303
    assert promoted.headers["Location"].startswith("/account/confirm?")
    assert recovery.headers["Location"].startswith("/account/confirm?")
    assert await row(pool, "role") == "user"


async def test_without_codes_a_password_change_counts_as_a_password_check(
    client: Client, pool: Pool, redis_url: str
) -> None:
    await sign_in(client)
    await forget_code_use(redis_url)

    await client.post("/account/password", form={"current": PASSWORD, "new": NEW, "again": NEW})
    await client.post(await bob_page(pool), form={"do": "promote"}, headers=NAVIGATION)

    assert await row(pool, "role") == "admin"
