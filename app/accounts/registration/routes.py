"""Registration without an invitation, if the settings allow it."""

from quart import Blueprint, Response, abort, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts import passwords, queries, throttle
from app.accounts.emails import Kind
from app.accounts.forms import Address, Welcome
from app.accounts.invites.routes import ADDRESS_IN_USE, NewPassword, accept_password
from app.accounts.queries import Invite
from app.accounts.session import begin_session
from app.db.audit import AuditAction, AuditOutcome, record
from app.identity import Role
from app.web import client, errors, guards, html, parameters

blueprint = Blueprint("register", __name__)

SPENT = "This link has been used, is too old, or a newer one took its place. Ask for another."


@blueprint.get("/register")
@guards.public
@parameters.allow("done")
async def show() -> ResponseReturnValue:
    _must_be_on()
    return await _page(_form())


@blueprint.post("/register")
@guards.public
@parameters.allow("done")
async def register() -> ResponseReturnValue:
    _must_be_on()
    form = _form(await request.form)
    if not form.validate():
        return await _page(form, 422)
    email: str = form.email.data
    wait = await throttle.wait_to_register(deps.limits(), email, client.address())
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    # The answer is the same for known and unknown addresses. With e-mail on, only a reader of the e-mail can choose the
    # password: otherwise a stranger could choose it for somebody else's address.
    if deps.email_queue().on:
        await _send_link(email)
    else:
        await _create_user(email, await passwords.hash_password(form.password.data))
    return redirect("/register?done=1", 303)


@blueprint.get("/register/<token>")
@guards.public
async def choose(token: str) -> ResponseReturnValue:
    _must_be_on(by_mail=True)
    invite = await _find_registration(token)
    return await _last_page(invite, NewPassword()) if invite else await errors.answer(410, SPENT)


@blueprint.post("/register/<token>")
@guards.public
async def finish(token: str) -> ResponseReturnValue:
    _must_be_on(by_mail=True)
    password_hash = await accept_password(token, _find_registration, SPENT, _last_page)
    return password_hash if isinstance(password_hash, Response) else await _use_registration(token, password_hash)


async def _use_registration(token: str, password_hash: str) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection, connection.transaction():
        email = await queries.use_registration(connection, token)
        if email is None:
            return await errors.answer(410, SPENT)
        user = await queries.insert_user(connection, email, password_hash, Role.USER)
        if user is None:
            return await errors.answer(410, ADDRESS_IN_USE)
        # Inside the transaction: without Redis there is no session, and then no account either.
        session = await begin_session(user, created_in=connection)
        entry = (AuditAction.REGISTER, AuditOutcome.OK, client.address(), "", session)
        await record(connection, email, *entry)
    return redirect("/", 303)


async def _create_user(email: str, password_hash: str) -> None:
    async with deps.pools().own.acquire() as connection, connection.transaction():
        user = await queries.insert_user(connection, email, password_hash, Role.USER)
        outcome = AuditOutcome.OK if user else AuditOutcome.FAILED
        await record(connection, email, AuditAction.REGISTER, outcome, client.address())


async def _find_registration(token: str) -> Invite | None:
    async with deps.pools().own.acquire() as connection:
        email = await queries.open_registration(connection, token)
    return Invite(email, Role.USER, None) if email else None


async def _send_link(email: str) -> None:
    async with deps.pools().own.acquire() as connection, connection.transaction():
        await record(connection, email, AuditAction.REGISTER, AuditOutcome.REQUESTED, client.address())
        await deps.email_queue().put(connection, Kind.REGISTER, email, account_only=False)
    deps.email_queue().wake()


def _must_be_on(*, by_mail: bool = False) -> None:
    if not deps.settings().accounts.registration or (by_mail and not deps.email_queue().on):
        abort(404)


def _form(sent: object = None) -> Address | Welcome:
    return Address(sent) if deps.email_queue().on else Welcome(sent)


async def _page(form: Address | Welcome, status: int = 200) -> Response:
    done = "done" in request.args and status == 200
    return await html.page(
        "accounts/register",
        title="Create an account",
        status=status,
        form=form,
        done=done,
        by_mail=deps.email_queue().on,
    )


async def _last_page(invite: Invite, form: NewPassword, status: int = 200) -> Response:
    return await html.page("accounts/registered", title="Your account", status=status, email=invite.email, form=form)
