"""The page behind an invitation: choose a password, and the account is created or its password replaced."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue
from wtforms import Form, PasswordField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, ValidationError  # type: ignore[import-untyped]

from app import deps
from app.accounts import passwords, queries, throttle
from app.accounts.emails import Kind
from app.accounts.queries import Invite
from app.accounts.session import begin_session
from app.db.audit import AuditAction, AuditOutcome, record
from app.web import client, errors, guards, html

blueprint = Blueprint("invites", __name__)

SPENT = "This link has been used, is older than 7 days, or a newer one took its place. Ask for another."
ADDRESS_IN_USE = "This address has an account already. Sign in with its password."


class NewPassword(Form):  # type: ignore[misc]
    password = PasswordField("New password", validators=[DataRequired("Choose a password.")])

    def __init__(self, sent: object = None, email: str = "") -> None:
        super().__init__(sent)
        self.account = email

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.account):
            raise ValidationError(reason)


FindInvite = Callable[[str], Awaitable[Invite | None]]
InvitePage = Callable[[Invite, NewPassword, int], Awaitable[Response]]


@blueprint.get("/invite/<token>")
@guards.public
async def show(token: str) -> ResponseReturnValue:
    invite = await _find_invite(token)
    return await invite_page(invite, NewPassword()) if invite else await errors.answer(410, SPENT)


@blueprint.post("/invite/<token>")
@guards.public
async def accept(token: str) -> ResponseReturnValue:
    password_hash = await accept_password(token, _find_invite, SPENT)
    return password_hash if isinstance(password_hash, Response) else await _use_invite(token, password_hash)


async def accept_password(token: str, find: FindInvite, spent: str, page: InvitePage | None = None) -> str | Response:
    """The hash of the password typed behind a link; or a response: 410, 422 or 429. `page`: invite_page by default."""
    wait = await throttle.wait_for_welcome(deps.limits(), client.address())
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    invite = await find(token)
    if invite is None:
        return await errors.answer(410, spent)
    form = NewPassword(await request.form, invite.email)
    if not form.validate():
        return await (page or invite_page)(invite, form, 422)
    return await passwords.hash_password(form.password.data)


async def renew(connection: Any, invite: Invite, user_id: UUID, password_hash: str) -> None:
    """Replaces the password, in the transaction that uses the link up. Signing in then asks for a code as usual."""
    await queries.replace_hash(connection, user_id, password_hash)
    await record(connection, invite.email, AuditAction.ACCEPT_RESET, AuditOutcome.OK, client.address())
    await deps.email_queue().put(connection, Kind.NEW_PASSWORD, invite.email)
    await deps.sessions().end_all(user_id)


async def invite_page(invite: Invite, form: NewPassword, status: int = 200) -> Response:
    title = "Welcome to TickStock" if invite.user_id is None else "A new password"
    return await html.page("accounts/invite", title=title, status=status, invite=invite, form=form)


async def _use_invite(token: str, password_hash: str) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection, connection.transaction():
        invite = await queries.use_invite(connection, token)
        if invite is None:
            return await errors.answer(410, SPENT)
        if invite.user_id is not None:
            await renew(connection, invite, invite.user_id, password_hash)
        elif not await _create_user(connection, invite, password_hash):
            return await errors.answer(410, ADDRESS_IN_USE)
    deps.email_queue().wake()
    return redirect("/" if invite.user_id is None else "/login", 303)


async def _create_user(connection: Any, invite: Invite, password_hash: str) -> bool:
    user = await queries.insert_user(connection, invite.email, password_hash, invite.role)
    if user is None:
        return False
    # Inside the transaction: without Redis there is no session, and then no account either.
    session = await begin_session(user, created_in=connection)
    await record(connection, user.email, AuditAction.ACCEPT_INVITE, AuditOutcome.OK, client.address(), "", session)
    return True


async def _find_invite(token: str) -> Invite | None:
    async with deps.pools().own.acquire() as connection:
        return await queries.open_invite(connection, token)
