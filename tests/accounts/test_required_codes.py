"""A desk that requires codes of administrators opens nothing else to one without codes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from app.server.factory import create_app
from app.settings.sections import AccountsSection
from tests.accounts.conftest import settings, who_view
from tests.support.authenticator import enroll, text
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD, RIGHT, sign_in

BOB = "bob@example.org"


@pytest.fixture
async def app(redis_url: str, database_url: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Quart]:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
    await bootstrap.create_user(pool, BOB, Role.USER, PASSWORD)
    config = settings(redis_url, database_url, tmp_path).model_copy(
        update={"accounts": AccountsSection(require_admin_totp=True)}
    )
    quart = create_app(config)
    quart.add_url_rule("/seen", "seen", who_view)
    async with quart.test_app():
        yield quart


async def test_an_administrator_without_codes_is_redirected_to_set_them_up_and_can_sign_out(client: Client) -> None:
    await sign_in(client)

    led = [await client.get(path, headers=NAVIGATION) for path in ("/", "/account", "/admin/users", "/seen")]
    program = await client.get("/seen", headers={"Accept": "application/json"})
    stream = await client.get("/stream?topics=patterns", headers={"Accept": "text/event-stream"})
    figures = await client.get("/metrics")
    page = await text(client, "/account/totp")

    assert {(answer.status_code, answer.headers["Location"]) for answer in led} == {(303, "/account/totp")}
    assert (program.status_code, stream.status_code, figures.status_code) == (403, 403, 403)
    assert "tickstock_" not in await figures.get_data(as_text=True)
    assert "Set yours up" in page
    assert (await client.post("/logout")).status_code == 303


async def test_after_setting_up_codes_everything_opens_and_each_sign_in_needs_one(app: Quart, client: Client) -> None:
    await sign_in(client)
    telephone, recovery = await enroll(client)

    assert len(recovery) == 10
    assert (await client.get("/admin/users", headers=NAVIGATION)).status_code == 200
    assert (await client.get("/metrics")).status_code == 200
    other = app.test_client()
    assert (await other.post("/login", form=RIGHT)).headers["Location"] == "/login/code"
    assert (await other.post("/login/code", form={"code": telephone.code()})).headers["Location"] == "/"


async def test_users_without_the_administrator_role_need_no_codes(client: Client) -> None:
    await client.post("/login", form={"email": BOB, "password": PASSWORD})

    assert (await client.get("/seen", headers=NAVIGATION)).status_code == 200
