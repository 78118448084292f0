"""The e-mails about accounts, and their one-time links."""

import secrets
from enum import StrEnum
from typing import Any

from app.accounts import queries
from app.accounts.queries import User
from app.accounts.resets import queries as resets
from app.delivery.channel import Message
from app.delivery.email.queries import DueEmail
from app.delivery.email.sender import Compose

LINK_HOURS = 1


class Kind(StrEnum):
    RESET = "reset"
    NEW_PASSWORD = "new_password"  # noqa: S105 - no password
    REGISTER = "register"


NEW_ACCOUNT = (
    "Your TickStock account",
    "Somebody, most likely you, asked for an account on {url} with this address.\n\n"
    "Choose its password here within an hour; the link works once:\n\n{link}\n\n"
    "If it was not you, do nothing: there is no account.",
)

TEXTS = {
    Kind.RESET: (
        "A new password for TickStock",
        "Somebody, most likely you, asked for a new password on {url}.\n\n"
        "Choose it here within an hour; the link works once:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays as it is.",
    ),
    Kind.NEW_PASSWORD: (
        "Your TickStock password was changed",
        "The password of your account on {url} was changed a moment ago, and all sessions ended.\n\n"
        "If it was not you, ask for a new one at once: {url}/forgot",
    ),
    Kind.REGISTER: (
        "Your TickStock account",
        "Somebody tried to make an account for this address on {url}, which has one already. Nothing was changed.\n\n"
        "If it was you and the password is lost: {url}/forgot",
    ),
}


def composer(public_url: str) -> Compose:
    # Links are made when the e-mail is sent, so that what waits in the queue opens nothing.
    async def compose(connection: Any, due: DueEmail) -> Message | None:
        user = await _recipient(connection, due)
        if user is None and due.email and due.kind == Kind.REGISTER:
            token = secrets.token_urlsafe(32)
            await queries.put_registration(connection, due.email, token, LINK_HOURS)
            return _message(due, due.email, NEW_ACCOUNT, public_url, f"{public_url}/register/{token}")
        if user is None or not user.active or due.kind not in TEXTS:
            return None
        link = ""
        if due.kind == Kind.RESET:
            token = secrets.token_urlsafe(32)
            await resets.put(connection, user.id, token, LINK_HOURS)
            link = f"{public_url}/reset/{token}"
        return _message(due, user.email, TEXTS[Kind(due.kind)], public_url, link)

    return compose


async def _recipient(connection: Any, due: DueEmail) -> User | None:
    if due.user_id is not None:
        return await queries.user_by_id(connection, due.user_id)
    return await queries.user_by_email(connection, due.email or "")


def _message(due: DueEmail, to: str, template: tuple[str, str], url: str, link: str) -> Message:
    subject, text = template
    return Message(due.message_id, to, subject, text.format(url=url, link=link))
