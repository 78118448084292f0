"""Choose a new password through a one-time link, from an e-mail or from `tickstock admin`."""

from quart import Blueprint, Response, abort, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts import throttle
from app.accounts.emails import Kind
from app.accounts.forms import Address
from app.accounts.invites import routes
from app.accounts.invites.routes import NewPassword
from app.accounts.queries import Invite
from app.accounts.resets import queries as resets
from app.db.audit import AuditAction, AuditOutcome, record
from app.web import client, errors, guards, html, parameters

blueprint = Blueprint("resets", __name__)

SPENT = "This link has been used, is too old, or a newer one took its place. Ask for another."


@blueprint.get("/forgot")
@guards.public
@parameters.allow("done")
async def forgot() -> ResponseReturnValue:
    _must_be_on()
    return await _forgot_page(Address())


@blueprint.post("/forgot")
@guards.public
@parameters.allow("done")
async def ask() -> ResponseReturnValue:
    _must_be_on()
    form = Address(await request.form)
    if not form.validate():
        return await _forgot_page(form, 422)
    email: str = form.email.data
    wait = await throttle.wait_to_reset(deps.limits(), email, client.address())
    async with deps.pools().own.acquire() as connection, connection.transaction():
        outcome = AuditOutcome.OK if wait is None else AuditOutcome.LIMITED
        await record(connection, email, AuditAction.FORGOT_PASSWORD, outcome, client.address())
        if wait is None:
            await deps.email_queue().put(connection, Kind.RESET, email, account_only=False)
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    deps.email_queue().wake()
    return redirect("/forgot?done=1", 303)


@blueprint.get("/reset/<token>")
@guards.public
async def show(token: str) -> ResponseReturnValue:
    invite = await _find_reset(token)
    return await routes.invite_page(invite, NewPassword()) if invite else await errors.answer(410, SPENT)


@blueprint.post("/reset/<token>")
@guards.public
async def accept(token: str) -> ResponseReturnValue:
    password_hash = await routes.accept_password(token, _find_reset, SPENT)
    return password_hash if isinstance(password_hash, Response) else await _use_reset(token, password_hash)


async def _use_reset(token: str, password_hash: str) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection, connection.transaction():
        invite = await resets.use(connection, token)
        if invite is None or invite.user_id is None:
            return await errors.answer(410, SPENT)
        await routes.renew(connection, invite, invite.user_id, password_hash)
    deps.email_queue().wake()
    return redirect("/login", 303)


def _must_be_on() -> None:
    if not deps.email_queue().on:
        abort(404)


async def _forgot_page(form: Address, status: int = 200) -> Response:
    done = "done" in request.args and status == 200
    return await html.page("accounts/forgot", title="Forgot your password?", status=status, form=form, done=done)


async def _find_reset(token: str) -> Invite | None:
    async with deps.pools().own.acquire() as connection:
        return await resets.find(connection, token)
