"""What is written to people about their accounts."""

import secrets
from enum import StrEnum
from typing import Any

from app.accounts import queries
from app.accounts.resets import queries as resets
from app.courier import Compose, Letter
from app.db.letters import Due

LINK_HOURS = 1


class Kind(StrEnum):
    RESET = "reset"
    NEW_PASSWORD = "new_password"  # noqa: S105 - no password
    REGISTERED = "registered"
    REGISTERED_AGAIN = "registered_again"


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
    Kind.REGISTERED: (
        "Your TickStock account",
        "An account was made for this address on {url}.\n\n"
        "If it was not you, take it over by choosing another password: {url}/forgot",
    ),
    Kind.REGISTERED_AGAIN: (
        "Your TickStock account",
        "Somebody tried to make an account for this address on {url}, which has one already. Nothing was changed.\n\n"
        "If it was you and the password is lost: {url}/forgot",
    ),
}


def composer(public_url: str) -> Compose:
    async def compose(connection: Any, due: Due) -> Letter | None:
        user = await queries.user_by_id(connection, due.user_id)
        if user is None or not user.active:
            return None
        subject, text = TEXTS[Kind(due.kind)]
        link = ""
        if due.kind == Kind.RESET:
            # Made now and not before, so that what waits to be sent opens nothing.
            token = secrets.token_urlsafe(32)
            await resets.put(connection, user.id, token, LINK_HOURS)
            link = f"{public_url}/reset/{token}"
        return Letter(user.email, subject, text.format(url=public_url, link=link))

    return compose
