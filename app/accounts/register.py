"""Making an account without an invitation, on a desk that lets whoever comes do so."""

from quart import Blueprint, Response, abort, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts import gate, passwords, queries
from app.accounts.forms import Welcome
from app.accounts.letters import Kind
from app.accounts.queries import Action, Outcome
from app.identity import Role
from app.web import caller, errors, guards, html

blueprint = Blueprint("register", __name__)


@blueprint.get("/register")
@guards.public
async def show() -> ResponseReturnValue:
    _must_be_on()
    return await _page(Welcome())


@blueprint.post("/register")
@guards.public
async def register() -> ResponseReturnValue:
    _must_be_on()
    form = Welcome(await request.form)
    if not form.validate():
        return await _page(form, 422)
    wait = await gate.wait_to_register(deps.limits(), caller.address())
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    # Whether the address is known or not, the same is done and said.
    email, password_hash = form.email.data, await passwords.hashed(form.password.data)
    async with deps.pools().own.acquire() as connection, connection.transaction():
        user = await queries.insert_user(connection, email, password_hash, Role.USER)
        outcome = Outcome.OK if user else Outcome.FAILED
        await queries.record(connection, email, Action.REGISTER, outcome, caller.address())
    deps.courier().post(Kind.REGISTERED if user else Kind.REGISTERED_AGAIN, email)
    return redirect("/register?done=1", 303)


def _must_be_on() -> None:
    if not deps.settings().accounts.registration:
        abort(404)


async def _page(form: Welcome, status: int = 200) -> Response:
    done = "done" in request.args and status == 200
    return await html.page("accounts/register", title="Create an account", status=status, form=form, done=done)
