"""Registration without e-mail: who may register, and that it reveals no other account."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from app.server.factory import create_app
from app.settings.sections import MailSection
from tests.accounts.conftest import settings
from tests.support.mail_server import app_with_mail
from tests.support.registration import roles
from tests.support.signin import EMAIL, PASSWORD

NEW = {"email": " Bob@Example.org", "password": "watches from the window seat"}


@pytest.fixture
async def app(redis_url: str, database_url: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Quart]:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
    async with app_with_mail(redis_url, database_url, tmp_path, MailSection(), registration=True) as quart:
        yield quart


async def test_a_registration_creates_a_plain_user_whatever_else_the_form_sends(client: Client, pool: Pool) -> None:
    assert 'href="/register"' in await (await client.get("/login")).get_data(as_text=True)

    registration = await client.post("/register", form={**NEW, "role": "admin", "active": "1"})
    entered = await client.post("/login", form={**NEW, "email": "bob@example.org"})

    assert (registration.status_code, registration.headers["Location"]) == (303, "/register?done=1")
    assert entered.status_code == 303
    assert await roles(pool) == {EMAIL: "admin", "bob@example.org": "user"}


async def test_registering_a_known_address_gets_the_same_answer_and_keeps_its_password(
    client: Client, pool: Pool
) -> None:
    existing = await client.post("/register", form={**NEW, "email": EMAIL})
    unknown = await client.post("/register", form=NEW)

    assert existing.status_code == unknown.status_code == 303
    assert existing.headers["Location"] == unknown.headers["Location"]
    assert await existing.get_data() == await unknown.get_data()
    assert (await client.post("/login", form={"email": EMAIL, "password": NEW["password"]})).status_code == 422
    assert (await client.post("/login", form={"email": EMAIL, "password": PASSWORD})).status_code == 303
    async with pool.acquire() as connection:
        rows = await connection.fetch("select actor, outcome from app.audit where action = 'register' order by id")
    assert [tuple(row) for row in rows] == [(EMAIL, "failed"), ("bob@example.org", "ok")]


@pytest.mark.parametrize(
    ("sent", "field"),
    [({}, "email"), ({**NEW, "email": "bob"}, "email"), ({**NEW, "password": "password1234"}, "password")],
)
async def test_an_invalid_registration_has_an_error_beside_its_field(
    client: Client, pool: Pool, sent: dict[str, str], field: str
) -> None:
    answer = await client.post("/register", form=sent)
    page = await answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in page
    assert "password1234" not in page
    assert len(await roles(pool)) == 1


async def test_one_client_address_can_register_ten_accounts_an_hour(client: Client, pool: Pool) -> None:
    answers = [await client.post("/register", form={**NEW, "email": f"p{n}@example.org"}) for n in range(11)]

    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert len(await roles(pool)) == 11


async def test_without_the_setting_there_is_no_registration_and_no_reset_page(
    redis_url: str, database_url: str, tmp_path: Path
) -> None:
    closed = create_app(settings(redis_url, database_url, tmp_path))
    async with closed.test_app():
        client = closed.test_client()
        answers = [
            await client.open(path, method=method, form=NEW if method == "POST" else None)
            for path in ("/register", "/forgot")
            for method in ("GET", "POST")
        ]
        page = await (await client.get("/login")).get_data(as_text=True)

    assert [answer.status_code for answer in answers] == [404] * 4
    assert "/register" not in page
    assert "/forgot" not in page
