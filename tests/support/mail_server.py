"""A real mail server on this machine, and a desk that sends through it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from quart import Quart

from app.server.factory import create_app
from app.settings.sections import AccountsSection, MailSection
from tests.accounts.conftest import settings, who_view

STARTED_WITHIN = 30.0
"""Seconds for a thread of its own, on a machine that has more to do."""


class Postbox:
    """Stores received messages, after a given number of refusals."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.emails: list[EmailMessage] = []
        self.refusals = 0
        self.refusal = "451 later"
        self.refused_recipients: dict[str, str] = {}
        """Addresses with what is answered to them."""
        self._controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=STARTED_WITHIN)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: SMTP, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if reply := self.refused_recipients.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 known"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        if self.refusals:
            self.refusals -= 1
            return self.refusal
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"].addresses[0].addr_spec]
        self.emails.append(message)
        return "250 kept"

    async def holds(self, count: int) -> list[EmailMessage]:
        async with asyncio.timeout(15):
            while len(self.emails) < count:
                await asyncio.sleep(0.02)
        return self.emails


@asynccontextmanager
async def app_with_mail(
    redis_url: str, database_url: str, data_dir: Path, mail: MailSection, *, registration: bool = False
) -> AsyncIterator[Quart]:
    sections = {"mail": mail, "accounts": AccountsSection(registration=registration)}
    quart = create_app(settings(redis_url, database_url, data_dir).model_copy(update=sections))
    quart.add_url_rule("/seen", "seen", who_view)
    async with quart.test_app():
        yield quart
