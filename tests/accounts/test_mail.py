"""E-mails: stored before they are sent, retried, never waited for, and without secrets while they wait."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import bootstrap
from app.db.pools import Pool
from app.delivery.channel import Message
from app.delivery.email import sender as email_sender
from app.delivery.email.transport import build_message
from app.identity import Role
from app.settings.sections import MailSection
from tests.accounts.conftest import ORIGIN
from tests.support.mail_server import Postbox, app_with_mail
from tests.support.sent_mail import SENDER, rows
from tests.support.signin import EMAIL, PASSWORD, sign_in, status

NEW = "another train with two bars"


@pytest.fixture(autouse=True)
async def alice(pool: Pool) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)


@pytest.fixture
def postbox(port: int) -> Iterator[Postbox]:
    mail_server = Postbox(port)
    mail_server.start()
    yield mail_server
    mail_server.stop()


@pytest.fixture
async def app(redis_url: str, database_url: str, tmp_path: Path, postbox: Postbox) -> AsyncIterator[Quart]:
    mail = MailSection(host="127.0.0.1", port=postbox.port, sender=SENDER, tls="none")
    async with app_with_mail(redis_url, database_url, tmp_path, mail, registration=True) as quart:
        yield quart


async def forgot(client: Client, email: str = EMAIL) -> tuple[int, str]:
    answer = await client.post("/forgot", form={"email": email})
    return answer.status_code, answer.headers.get("Location", "")


async def test_a_link_comes_by_mail_and_gives_a_new_password_once(
    app: Quart, client: Client, pool: Pool, postbox: Postbox
) -> None:
    session_cookie = await sign_in(client)
    stranger = app.test_client()
    assert 'href="/forgot"' in await (await stranger.get("/login")).get_data(as_text=True)

    answer = await forgot(stranger, " Alice@Example.org")
    (email,) = await postbox.holds(1)
    link = re.search(rf"{ORIGIN}(/reset/[A-Za-z0-9_-]{{43}})", email.get_content())
    assert link
    done = await stranger.post(link[1], form={"password": NEW})
    _, notice = await postbox.holds(2)

    assert answer == (303, "/forgot?done=1")
    assert (email["To"], email["From"]) == (EMAIL, f"TickStock <{SENDER}>")
    assert done.status_code == 303
    assert await status(app, session_cookie) == 303
    assert (await stranger.post(link[1], form={"password": NEW})).status_code == 410
    assert "was changed" in notice["Subject"]
    async with pool.acquire() as connection:
        stored_rows = str(await connection.fetch("select * from app.letters")) + str(
            await connection.fetch("select * from app.audit")
        )
    assert link[1].rpartition("/")[2] not in stored_rows


async def test_known_and_unknown_addresses_get_the_same_answer_and_only_the_known_one_an_email(
    client: Client, pool: Pool, postbox: Postbox
) -> None:
    unknown = await forgot(client, "nobody@example.org")
    existing = await forgot(client)
    page = await (await client.get("/forgot?done=1")).get_data(as_text=True)
    await postbox.holds(1)

    assert existing == unknown == (303, "/forgot?done=1")
    assert "If this address has an account" in page
    assert [email["To"] for email in postbox.emails] == [EMAIL]
    async with pool.acquire() as connection:
        audited = await connection.fetch("select actor, outcome from app.audit where action = 'forgot_password'")
    assert [tuple(row) for row in audited] == [("nobody@example.org", "ok"), (EMAIL, "ok")]


async def test_a_temporary_refusal_is_retried_later(
    client: Client, pool: Pool, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_sender, "POLL_SECONDS", 0.1)
    postbox.refusals = 1
    await forgot(client)
    async with asyncio.timeout(15):
        while not [row for row in await rows(pool) if row["trouble"]]:
            await asyncio.sleep(0.05)
    assert postbox.emails == []

    async with pool.acquire() as connection:
        await connection.execute("update app.letters set due_at = now()")
    await postbox.holds(1)

    async with asyncio.timeout(15):
        while not (await rows(pool))[0]["sent_at"]:
            await asyncio.sleep(0.05)
    (row,) = await rows(pool)
    assert (row["tries"], row["trouble"]) == (2, "SMTPDataError 451")


async def test_an_email_is_given_up_after_five_attempts(
    client: Client, pool: Pool, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email_sender, "POLL_SECONDS", 0.1)
    postbox.refusals = 100
    await forgot(client)
    async with asyncio.timeout(20):
        while not [row for row in await rows(pool) if row["given_up_at"]]:
            async with pool.acquire() as connection:
                await connection.execute("update app.letters set due_at = now()")
            await asyncio.sleep(0.05)

    assert (await rows(pool))[0]["tries"] == 5
    assert postbox.refusals == 95


async def test_an_email_that_is_refused_for_good_is_given_up_at_once(
    client: Client, pool: Pool, postbox: Postbox
) -> None:
    postbox.refusals, postbox.refusal = 100, "554 no"
    await forgot(client)
    async with asyncio.timeout(15):
        while not [row for row in await rows(pool) if row["given_up_at"]]:
            await asyncio.sleep(0.05)

    (row,) = await rows(pool)
    assert (row["tries"], row["trouble"], row["sent_at"]) == (1, "SMTPDataError 554", None)


async def test_an_unreachable_mail_server_delays_no_request_and_is_logged_at_the_start(
    redis_url: str, database_url: str, tmp_path: Path, port: int, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    mail = MailSection(host="127.0.0.1", port=port, sender=SENDER, tls="none")
    async with app_with_mail(redis_url, database_url, tmp_path, mail) as quart:
        answer = await forgot(quart.test_client())
        async with asyncio.timeout(15):
            while not [row for row in await rows(pool) if row["trouble"]]:
                await asyncio.sleep(0.05)

    assert answer == (303, "/forgot?done=1")
    assert (await rows(pool))[0]["sent_at"] is None
    assert "email cannot be sent now: SMTPConnectError" in caplog.text


async def test_the_smtp_password_is_never_sent_over_an_unencrypted_connection(
    redis_url: str, database_url: str, tmp_path: Path, postbox: Postbox, pool: Pool
) -> None:
    mail = MailSection(host="127.0.0.1", port=postbox.port, sender=SENDER, user="desk", password=SecretStr("hunter2"))
    async with app_with_mail(redis_url, database_url, tmp_path, mail) as quart:
        await forgot(quart.test_client())
        async with asyncio.timeout(15):
            while not [row for row in await rows(pool) if row["trouble"]]:
                await asyncio.sleep(0.05)

    assert postbox.emails == []
    assert "SMTP" in str((await rows(pool))[0]["trouble"])


async def test_reset_emails_are_limited_for_each_address(client: Client, pool: Pool) -> None:
    answers = [await forgot(client) for _ in range(6)]

    assert [code for code, _ in answers] == [303] * 5 + [429]
    async with pool.acquire() as connection:
        last = await connection.fetchval("select outcome from app.audit order by id desc limit 1")
    assert last == "limited"


async def test_a_request_whose_email_cannot_be_queued_reports_the_failure(client: Client, pool: Pool) -> None:
    await sign_in(client)
    change = {"current": PASSWORD, "new": NEW, "again": NEW}
    async with pool.acquire() as connection, connection.transaction():
        # Each answer takes a second that is waited for the lock, and then what it takes.
        await connection.execute("set local idle_in_transaction_session_timeout = 0")
        await connection.execute("lock table app.letters in access exclusive mode")
        answers = [
            await client.post("/forgot", form={"email": EMAIL}),
            await client.post("/register", form={"email": "carol@example.org"}),
            await client.post("/account/password", form=change),
        ]

    assert [answer.status_code for answer in answers] == [503] * 3
    assert await rows(pool) == []
    assert (await client.post("/account/password", form=change)).status_code == 303


async def test_a_hanging_mail_server_holds_one_email_and_no_other_sender_repeats_it(
    redis_url: str, database_url: str, tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One e-mail waits for that server; the others can be taken by another sender."""
    monkeypatch.setattr(email_sender, "POLL_SECONDS", 0.1)
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(3600), "127.0.0.1", 0)
    mail = MailSection(host="127.0.0.1", port=silent.sockets[0].getsockname()[1], sender=SENDER, tls="none")
    async with pool.acquire() as connection:
        await connection.execute(
            "insert into app.letters (kind, email) select 'reset', $1 from generate_series(1, 3)", EMAIL
        )

    async with app_with_mail(redis_url, database_url, tmp_path, mail) as quart:
        async with asyncio.timeout(15):
            while not any(row["tries"] for row in await rows(pool)):
                await asyncio.sleep(0.05)
        answer = await forgot(quart.test_client(), "nobody@example.org")
        tries = [row["tries"] for row in await rows(pool)]
    silent.close()

    assert answer == (303, "/forgot?done=1")
    assert sorted(map(str, tries)) == ["0", "0", "0", "1"]


@pytest.mark.parametrize(
    "to", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "a b@c.example", "", "\x00@b.example"]
)
def test_a_message_to_more_than_one_address_is_refused(to: str) -> None:
    with pytest.raises(ValueError, match="not one address"):
        build_message(Message("1", to, "subject", "text"), SENDER)


@pytest.mark.parametrize("sender", ["", "desk", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"])
def test_an_invalid_sender_address_is_refused(sender: str) -> None:
    with pytest.raises(ValidationError, match="must be the e-mail address"):
        MailSection(host="smtp.example.org", sender=sender)
