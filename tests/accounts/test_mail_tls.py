"""E-mails over TLS go only to a server with a trusted certificate."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from pydantic import SecretStr

from app.accounts import bootstrap
from app.db.pools import Pool
from app.identity import Role
from app.settings.sections import MailSection
from tests.support.mail_server import STARTED_WITHIN, Postbox, app_with_mail
from tests.support.sent_mail import SENDER, rows
from tests.support.signin import EMAIL, PASSWORD

Way = Literal["starttls", "tls"]
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

USER, SECRET = "desk", "hunter2 and more"


class MailServer(NamedTuple):
    postbox: Postbox
    mail: MailSection
    authority: Path
    credentials: list[str]
    """Names and passwords that it was given."""


@pytest.fixture(params=["starttls", "tls"])
def mail_server(request: pytest.FixtureRequest, port: int, tmp_path: Path) -> Iterator[MailServer]:
    way: Way = request.param
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    postbox = Postbox(port)
    by_way: dict[str, Any] = (
        {"tls_context": context, "require_starttls": True} if way == "starttls" else {"ssl_context": context}
    )
    credentials: list[str] = []

    def authenticate(*arguments: Any) -> AuthResult:
        login = arguments[-1]
        assert isinstance(login, LoginPassword)
        credentials.extend((login.login.decode(), login.password.decode()))
        return AuthResult(success=credentials[-2:] == [USER, SECRET])

    controller = Controller(
        postbox,
        hostname="localhost",
        port=port,
        authenticator=authenticate,
        auth_required=True,
        ready_timeout=STARTED_WITHIN,
        auth_require_tls=way == "starttls",  # the other way there is nothing else
        **by_way,
    )
    controller.start()
    mail = MailSection(host="localhost", port=port, sender=SENDER, user=USER, password=SecretStr(SECRET), tls=way)
    yield MailServer(postbox, mail, tmp_path / "authority.pem", credentials)
    controller.stop()


async def test_an_email_goes_to_a_server_with_a_trusted_certificate(
    mail_server: MailServer,
    redis_url: str,
    database_url: str,
    tmp_path: Path,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.authority))
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)
    async with app_with_mail(redis_url, database_url, tmp_path, mail_server.mail) as quart:
        await quart.test_client().post("/forgot", form={"email": EMAIL})
        (email,) = await mail_server.postbox.holds(1)

    assert set(mail_server.credentials) == {USER, SECRET}
    assert (email["To"], email["From"]) == (EMAIL, f"TickStock <{SENDER}>")


async def test_a_server_without_a_trusted_certificate_gets_neither_email_nor_password(
    mail_server: MailServer, redis_url: str, database_url: str, tmp_path: Path, pool: Pool
) -> None:
    await bootstrap.create_user(pool, EMAIL, Role.USER, PASSWORD)
    async with app_with_mail(redis_url, database_url, tmp_path, mail_server.mail) as quart:
        await quart.test_client().post("/forgot", form={"email": EMAIL})
        async with asyncio.timeout(15):
            while not [row for row in await rows(pool) if row["trouble"]]:
                await asyncio.sleep(0.05)

    (row,) = await rows(pool)
    assert mail_server.postbox.emails == []
    assert mail_server.credentials == []
    assert row["sent_at"] is None
    assert row["trouble"] in ("SMTPConnectError", "SSLCertVerificationError")
