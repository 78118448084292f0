"""Sends e-mails by SMTP: each is stored first, then sent, and retried for a while; no request waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Any, NamedTuple, NoReturn

import aiosmtplib

from app import db
from app.db.pools import Pool
from app.delivery.email import queries
from app.delivery.email.queries import DueEmail
from app.settings.sections import ADDRESS, MailSection

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0
ANSWER_SECONDS = 10.0
SEND_SECONDS = 30.0

REFUSALS = (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError)


class Email(NamedTuple):
    to: str
    subject: str
    text: str


Compose = Callable[[Any, DueEmail], Awaitable[Email | None]]
"""Writes its text, with a database connection; None if it is no longer due."""


class EmailSender:
    def __init__(self, pool: Pool, mail: MailSection, compose: Compose) -> None:
        self._pool = pool
        self._mail = mail
        self._compose = compose
        self._more = asyncio.Event()

    @property
    def on(self) -> bool:
        return bool(self._mail.host)

    async def put(self, connection: Any, kind: str, email: str, *, account_only: bool = True) -> None:
        """Stores it in the caller's transaction, so that an announced e-mail is sent whatever fails afterwards.

        `account_only`: only an account of that address gets it. Otherwise the address does, with or without an account.
        """
        if self.on:
            await (queries.put if account_only else queries.put_to)(connection, kind, email)

    def wake(self) -> None:
        """Looks for stored e-mails now; to be called after that transaction."""
        self._more.set()

    async def run(self) -> None:
        if self.on:
            await self._deliver()
        await asyncio.Event().wait()

    async def _deliver(self) -> NoReturn:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._more.wait()
            self._more.clear()
            with suppress(db.Unavailable):  # what was claimed comes up again
                async with self._pool.acquire() as connection:
                    await queries.forget(connection)
                while await self._next():
                    pass

    async def _next(self) -> bool:
        """Claims one at a time: others would be claimed again elsewhere while a slow server delays this one."""
        async with self._pool.acquire() as connection:
            claimed = await queries.claim(connection, 1)
        for due in claimed:
            await self._try(due)
        return bool(claimed)

    async def _try(self, due: DueEmail) -> None:
        trouble = ""
        async with self._pool.acquire() as connection:
            email = await self._compose(connection, due)
        try:
            if email is not None:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._send(email)
        except REFUSALS as error:
            # The text may repeat what was sent; kind and code do not.
            trouble = f"{type(error).__name__} {getattr(error, 'code', '')}".strip()
            logger.warning("e-mail %d not sent: %s", due.id, trouble)
        async with self._pool.acquire() as connection:
            await (queries.failed(connection, due, trouble) if trouble else queries.sent(connection, due))

    async def _send(self, email: Email) -> None:
        mail = self._mail
        await aiosmtplib.send(
            build_message(email, mail.sender),
            hostname=mail.host,
            port=mail.port,
            username=mail.user or None,
            password=mail.password.get_secret_value() or None,
            use_tls=mail.tls == "tls",
            start_tls=mail.tls == "starttls",
            timeout=ANSWER_SECONDS,
        )


def build_message(email: Email, sender: str) -> EmailMessage:
    """Raises ValueError for an address that would be more than one, or more than an address."""
    if not ADDRESS.fullmatch(email.to):
        raise ValueError("not one address")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("TickStock", addr_spec=sender)
    message["To"] = Address(addr_spec=email.to)
    message["Subject"] = email.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    return message
