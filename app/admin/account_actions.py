"""What an administrator can do to an account. Each action is recorded in the audit and ends the account's sessions."""

import secrets
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from app.admin import queries
from app.admin.queries import Person
from app.db.audit import AuditAction, AuditOutcome, record_by
from app.db.pools import Pool
from app.identity import Identity, Role
from app.wire.users.sessions import SessionStore


class AccountAction(StrEnum):
    PROMOTE = "promote"
    DEMOTE = "demote"
    DISABLE = "disable"
    ENABLE = "enable"
    RESET = "reset"
    NO_CODES = "no-codes"
    DELETE = "delete"


class InviteResult(StrEnum):
    OK = "made"
    ADDRESS_IN_USE = "taken"
    DENIED = "refused"


class ActionDetails(NamedTuple):
    action: AuditAction
    label: str
    effect: str
    change: Callable[[Any, UUID, UUID], Awaitable[bool]]
    """Called with the connection, the actor and the user; returns whether it changed anything."""


class ActionResult(NamedTuple):
    """`token`: of the link to choose a new password."""

    changed: bool
    token: str = ""


DETAILS = {
    AccountAction.PROMOTE: ActionDetails(
        AuditAction.CHANGE_ROLE,
        "Make an administrator",
        "They can then do whatever you can. They are signed out and sign in again.",
        lambda connection, actor, user: queries.set_role(connection, actor, user, Role.ADMIN),
    ),
    AccountAction.DEMOTE: ActionDetails(
        AuditAction.CHANGE_ROLE,
        "Make an ordinary user",
        "The pages of administrators close to them. They are signed out and sign in again.",
        lambda connection, actor, user: queries.set_role(connection, actor, user, Role.USER),
    ),
    AccountAction.RESET: ActionDetails(
        AuditAction.RESET_LINK,
        "Make a link for a new password",
        "The old password stops working now, and they are signed out. The link is shown to you once.",
        queries.retire_password,
    ),
    AccountAction.NO_CODES: ActionDetails(
        AuditAction.REMOVE_CODES,
        "Ask for no codes",
        "They lost their authenticator: the password alone lets them in until they set up codes again. "
        "They are signed out.",
        queries.remove_codes,
    ),
    AccountAction.DISABLE: ActionDetails(
        AuditAction.DISABLE_USER,
        "Disable the account",
        "They are signed out and cannot sign in. Nothing of theirs is lost.",
        lambda connection, actor, user: queries.set_active(connection, actor, user, False),
    ),
    AccountAction.ENABLE: ActionDetails(
        AuditAction.ENABLE_USER,
        "Enable the account",
        "They can sign in again with the password that they had.",
        lambda connection, actor, user: queries.set_active(connection, actor, user, True),
    ),
    AccountAction.DELETE: ActionDetails(AuditAction.DELETE_USER, "Delete the account", "", queries.delete),
}


def available(person: Person, viewer: UUID) -> list[AccountAction]:
    """The actions that would change something. One's own password is reset by another administrator."""
    if not person.active:
        return [AccountAction.ENABLE]
    role = AccountAction.DEMOTE if person.role is Role.ADMIN else AccountAction.PROMOTE
    if person.id == viewer:
        return [role, AccountAction.DISABLE]
    return [role, AccountAction.RESET, *([AccountAction.NO_CODES] if person.two_steps else []), AccountAction.DISABLE]


async def do(
    action: AccountAction, pool: Pool, sessions: SessionStore, who: Identity, person: Person, ip: str
) -> ActionResult:
    token = secrets.token_urlsafe(32) if action is AccountAction.RESET else ""
    async with pool.acquire() as connection, connection.transaction():
        changed = await DETAILS[action].change(connection, who.user_id, person.id)
        if changed and token:
            await queries.put_link(connection, token, person.email, person.role, who.user_id, person.id)
        outcome = AuditOutcome.OK if changed else AuditOutcome.DENIED
        await record_by(connection, who, DETAILS[action].action, outcome, ip, _detail(action, person))
        if changed:
            await sessions.end_all(person.id)  # before the end: while Redis is away nothing is changed
    if not changed:
        return ActionResult(False)
    await sessions.end_all(person.id)  # of those who came in while it was being decided
    return ActionResult(True, token)


async def invite(pool: Pool, who: Identity, token: str, email: str, role: Role, ip: str) -> InviteResult:
    async with pool.acquire() as connection, connection.transaction():
        allowed = await queries.is_admin(connection, who.user_id)
        if allowed and await queries.has_account(connection, email):
            return InviteResult.ADDRESS_IN_USE
        if allowed:
            await queries.put_link(connection, token, email, role, who.user_id)
        outcome = AuditOutcome.OK if allowed else AuditOutcome.DENIED
        await record_by(connection, who, AuditAction.INVITE, outcome, ip, f"{email}, {role.value}")
    return InviteResult.OK if allowed else InviteResult.DENIED


async def revoke(pool: Pool, who: Identity, link_id: UUID, ip: str) -> bool:
    """Whether the actor may revoke it. A link that no longer exists counts as revoked."""
    async with pool.acquire() as connection, connection.transaction():
        allowed = await queries.is_admin(connection, who.user_id)
        email = await queries.revoke(connection, link_id) if allowed else ""
        if email is not None:
            await record_by(
                connection,
                who,
                AuditAction.REVOKE_INVITE,
                AuditOutcome.OK if allowed else AuditOutcome.DENIED,
                ip,
                email,
            )
    return allowed


def _detail(action: AccountAction, person: Person) -> str:
    role = {AccountAction.PROMOTE: Role.ADMIN, AccountAction.DEMOTE: Role.USER}.get(action)
    return f"{person.email}, {role.value}" if role else person.email
