"""The channel for e-mail: SMTP with STARTTLS or TLS."""

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import aiosmtplib

from app.delivery.channel import Message, Outcome, Result
from app.settings.sections import ADDRESS, MailSection

ANSWER_SECONDS = 10.0
"""For each answer of the server."""
SEND_SECONDS = 30.0

FAILURES = (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError)
ABOUT_THE_MESSAGE = (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused)
"""Whose codes say something about this message; others are about us or the server."""
PERMANENT_CODES = range(500, 600)
ACCEPTED = Outcome(Result.ACCEPTED)


class EmailChannel:
    name = "email"

    def __init__(self, mail: MailSection) -> None:
        self._mail = mail

    @property
    def configured(self) -> bool:
        return bool(self._mail.host)

    async def send(self, message: Message) -> Outcome:
        try:
            email = build_message(message, self._mail.sender)
        except ValueError as error:
            return Outcome(Result.PERMANENT, type(error).__name__)
        try:
            async with asyncio.timeout(SEND_SECONDS), self._client() as client:
                await client.send_message(email)
        except FAILURES as error:
            return _failure(error)
        return ACCEPTED

    async def check(self) -> Outcome:
        """Connects and signs in."""
        try:
            async with asyncio.timeout(SEND_SECONDS), self._client():
                return ACCEPTED
        except FAILURES as error:
            return _failure(error)

    def _client(self) -> aiosmtplib.SMTP:
        mail = self._mail
        return aiosmtplib.SMTP(
            hostname=mail.host,
            port=mail.port,
            username=mail.user or None,
            password=mail.password.get_secret_value() or None,
            use_tls=mail.tls == "tls",
            start_tls=mail.tls == "starttls",
            timeout=ANSWER_SECONDS,
        )


def _failure(error: Exception) -> Outcome:
    # The text may repeat what was sent; kind and code do not.
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    code = getattr(error, "code", "")
    final = isinstance(error, ABOUT_THE_MESSAGE) and code in PERMANENT_CODES
    return Outcome(Result.PERMANENT if final else Result.TEMPORARY, f"{type(error).__name__} {code}".strip())


def build_message(message: Message, sender: str) -> EmailMessage:
    """Raises ValueError for an address that would be more than one, or more than an address."""
    if not ADDRESS.fullmatch(message.to):
        raise ValueError("not one address")
    email = EmailMessage(policy=SMTP)
    email["From"] = Address("TickStock", addr_spec=sender)
    email["To"] = Address(addr_spec=message.to)
    email["Subject"] = message.subject
    email["Date"] = formatdate()
    email["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.text)
    return email
