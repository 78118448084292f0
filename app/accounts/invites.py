"""The page behind a one-time link: choose a password, and the account is yours (again)."""

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue
from wtforms import Form, PasswordField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, ValidationError  # type: ignore[import-untyped]

from app import deps
from app.accounts import gate, passwords, queries, visitor
from app.accounts.queries import Action, Invite, Outcome, User
from app.web import caller, errors, guards, html

blueprint = Blueprint("invites", __name__)

SPENT = "This link has been used, is older than 7 days, or a newer one took its place. Ask for another."
TAKEN = "This address has an account already. Sign in with its password."


class Choice(Form):  # type: ignore[misc]
    password = PasswordField("New password", validators=[DataRequired("Choose a password.")])

    def __init__(self, sent: object = None, email: str = "") -> None:
        super().__init__(sent)
        self.account = email

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.account):
            raise ValidationError(reason)


@blueprint.get("/invite/<token>")
@guards.public
async def show(token: str) -> ResponseReturnValue:
    invite = await _opened(token)
    return await _page(invite, Choice()) if invite else await errors.answer(410, SPENT)


@blueprint.post("/invite/<token>")
@guards.public
async def accept(token: str) -> ResponseReturnValue:
    wait = await gate.wait_for_welcome(deps.limits(), caller.address())
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    invite = await _opened(token)
    if invite is None:
        return await errors.answer(410, SPENT)
    form = Choice(await request.form, invite.email)
    if not form.validate():
        return await _page(invite, form, 422)
    return await _accepted(token, await passwords.hashed(form.password.data))


async def _accepted(token: str, password_hash: str) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection, connection.transaction():
        invite = await queries.use_invite(connection, token)
        if invite is None:
            return await errors.answer(410, SPENT)
        if invite.user_id is not None:
            await queries.replace_hash(connection, invite.user_id, password_hash)
            await queries.record(connection, invite.email, Action.ACCEPT_RESET, Outcome.OK, caller.address())
            await deps.sessions().end_all(invite.user_id)
            user: User | None = None
        else:
            user = await queries.insert_user(connection, invite.email, password_hash, invite.role)
            if user is None:
                return await errors.answer(410, TAKEN)
            # Before the end: while Redis is away nobody becomes anything.
            session = await visitor.let_in(user)
            done = (Action.ACCEPT_INVITE, Outcome.OK, caller.address(), "", session)
            await queries.record(connection, user.email, *done)
    if user is None:
        # Signing in asks for whatever else this account may want to see beside a password.
        return redirect("/login", 303)
    return redirect("/", 303)


async def _opened(token: str) -> Invite | None:
    async with deps.pools().own.acquire() as connection:
        return await queries.open_invite(connection, token)


async def _page(invite: Invite, form: Choice, status: int = 200) -> Response:
    title = "Welcome to TickStock" if invite.user_id is None else "A new password"
    return await html.page("accounts/invite", title=title, status=status, invite=invite, form=form)
