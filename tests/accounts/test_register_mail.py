"""Registration by e-mail: only who reads the e-mail gets the account."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap
from app.admin.queries import people
from app.db.pools import Pool
from app.identity import Role
from app.settings.sections import MailSection
from tests.accounts.conftest import ORIGIN
from tests.support.mail_server import Postbox, app_with_mail
from tests.support.registration import roles
from tests.support.signin import EMAIL, NAVIGATION, PASSWORD

BOB, NEW_PASSWORD = "bob@example.org", "watches from the window seat"
LINK = re.compile(rf"{ORIGIN}(/register/[A-Za-z0-9_-]{{43}})")


@pytest.fixture
def postbox(port: int) -> Iterator[Postbox]:
    mail_server = Postbox(port)
    mail_server.start()
    yield mail_server
    mail_server.stop()


@pytest.fixture
async def app(redis_url: str, database_url: str, pool: Pool, tmp_path: Path, postbox: Postbox) -> AsyncIterator[Quart]:
    await bootstrap.create_user(pool, EMAIL, Role.ADMIN, PASSWORD)
    mail = MailSection(host="127.0.0.1", port=postbox.port, sender="desk@example.org", tls="none")
    async with app_with_mail(redis_url, database_url, tmp_path, mail, registration=True) as quart:
        yield quart


async def request_link(client: Client, postbox: Postbox, email: str = BOB) -> str:
    """The link that came."""
    before = len(postbox.emails)
    await client.post("/register", form={"email": email})
    newest = (await postbox.holds(before + 1))[-1]
    link = LINK.search(newest.get_content())
    assert link
    return link[1]


async def test_the_link_in_the_email_creates_the_account_once(
    app: Quart, client: Client, pool: Pool, postbox: Postbox
) -> None:
    page = await (await client.get("/register")).get_data(as_text=True)
    answer = await client.post(
        "/register", form={"email": " Bob@Example.org", "password": NEW_PASSWORD, "role": "admin"}
    )
    (email,) = await postbox.holds(1)
    before = await roles(pool)
    early = await client.post("/login", form={"email": BOB, "password": NEW_PASSWORD})
    link = LINK.search(email.get_content())
    assert link
    form_page = await client.get(link[1])
    weak = await client.post(link[1], form={"password": "password1234"})
    done = await client.post(link[1], form={"password": NEW_PASSWORD, "role": "admin", "email": EMAIL})

    assert 'type="password"' not in page
    assert (answer.status_code, answer.headers["Location"]) == (303, "/register?done=1")
    assert email["To"] == BOB
    assert before == {EMAIL: "admin"}
    assert (early.status_code, form_page.status_code, weak.status_code) == (422, 200, 422)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert (await client.get("/seen", headers=NAVIGATION)).status_code == 200
    assert await roles(pool) == {EMAIL: "admin", BOB: "user"}
    assert [(await client.open(link[1], method=method)).status_code for method in ("GET", "POST")] == [410, 410]
    async with pool.acquire() as connection:
        entries = await connection.fetch("select actor, outcome from app.audit where action = 'register' order by id")
        stored_rows = str(await connection.fetch("select * from app.letters")) + str(
            await connection.fetch("select * from app.audit")
        )
        (person,) = [each for each in await people(connection, "", 10) if each.email == BOB]
    assert person.signed_in is not None  # who has just registered by the link has a session
    assert [tuple(row) for row in entries] == [(BOB, "asked"), (BOB, "ok")]
    assert link[1].rpartition("/")[2] not in stored_rows


async def test_known_and_unknown_addresses_get_the_same_answer_and_different_emails(
    client: Client, pool: Pool, postbox: Postbox
) -> None:
    existing = await client.post("/register", form={"email": EMAIL})
    (email,) = await postbox.holds(1)
    unknown = await client.post("/register", form={"email": BOB})
    _, other = await postbox.holds(2)

    assert (existing.status_code, existing.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert await existing.get_data() == await unknown.get_data()
    assert email["Subject"] == other["Subject"]
    assert (email["To"], "tried to make an account" in email.get_content()) == (EMAIL, True)
    assert LINK.search(email.get_content()) is None
    assert LINK.search(other.get_content())
    assert await roles(pool) == {EMAIL: "admin"}
    assert (await client.post("/login", form={"email": EMAIL, "password": PASSWORD})).status_code == 303


async def test_a_newer_registration_link_replaces_the_older_and_each_expires(
    client: Client, pool: Pool, postbox: Postbox
) -> None:
    first, second = await request_link(client, postbox), await request_link(client, postbox)
    statuses = [(await client.get(link)).status_code for link in (first, second)]
    async with pool.acquire() as connection:
        left = await connection.fetchval("select expires_at - now() from app.registrations")
        await connection.execute("update app.registrations set expires_at = now()")
    late = await client.post(second, form={"password": NEW_PASSWORD})

    assert statuses == [410, 200]
    assert 0 < left.total_seconds() <= 3600
    assert late.status_code == 410
    assert await roles(pool) == {EMAIL: "admin"}


async def test_one_of_two_simultaneous_uses_of_a_registration_link_succeeds(
    app: Quart, client: Client, postbox: Postbox
) -> None:
    link = await request_link(client, postbox)

    answers = await asyncio.gather(*(app.test_client().post(link, form={"password": NEW_PASSWORD}) for _ in range(2)))

    assert sorted(answer.status_code for answer in answers) == [303, 410]


async def test_a_registration_link_does_not_overwrite_an_account_created_meanwhile(
    client: Client, pool: Pool, postbox: Postbox
) -> None:
    link = await request_link(client, postbox)
    await bootstrap.create_user(pool, BOB, Role.USER, PASSWORD)

    answer = await client.post(link, form={"password": NEW_PASSWORD})

    assert answer.status_code == 410
    assert (await client.post("/login", form={"email": BOB, "password": NEW_PASSWORD})).status_code == 422
    assert (await client.post("/login", form={"email": BOB, "password": PASSWORD})).status_code == 303


async def test_registration_emails_are_limited_for_each_address(client: Client) -> None:
    answers = [await client.post("/register", form={"email": BOB}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_attempts_at_registration_links_are_limited_by_client_address(client: Client) -> None:
    answers = [await client.post("/register/no-such-link", form={"password": NEW_PASSWORD}) for _ in range(31)]

    assert [answer.status_code for answer in answers] == [410] * 30 + [429]
