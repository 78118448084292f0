"""The page that asks once more who one is, before what matters most."""

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue
from wtforms import Form, HiddenField, PasswordField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length  # type: ignore[import-untyped]

from app import deps
from app.accounts import gate, passwords, queries
from app.accounts.queries import Action, Outcome
from app.identity import Identity
from app.web import caller, errors, guards, html, security, sudo

blueprint = Blueprint("confirm", __name__)

WRONG = "This is not your password."
BUSY = "Many people are signing in at this moment."


class Confirmation(Form):  # type: ignore[misc]
    password = PasswordField(
        "Password", validators=[DataRequired("Type your password."), Length(max=1024, message="Nobody has that one.")]
    )
    next = HiddenField(validators=[Length(max=2000)])


@blueprint.get("/account/confirm")
@guards.signed_in
@sudo.before_enrolment
async def show() -> ResponseReturnValue:
    return await _page(Confirmation(next=security.own_path(request.args.get("next"))))


@blueprint.post("/account/confirm")
@guards.signed_in
@sudo.before_enrolment
async def confirm() -> ResponseReturnValue:
    form, who = Confirmation(await request.form), guards.identity()
    if not form.validate():
        return await _page(form, 422)
    wait = await gate.wait_to_confirm(deps.limits(), str(who.user_id), caller.address())
    if wait is not None:
        await _record(who, Outcome.LIMITED)
        return await errors.answer(429, retry_after=wait)
    async with deps.pools().own.acquire() as connection:
        user = await queries.user_by_id(connection, who.user_id)
    try:
        verdict = await passwords.verify(user.password_hash if user else None, form.password.data)
    except passwords.Busy:
        return await errors.answer(503, BUSY)
    if not verdict.right:
        await _record(who, Outcome.FAILED)
        form.password.errors = [WRONG]
        return await _page(form, 422)
    await deps.sessions().confirm(who.session)
    await _record(who, Outcome.OK)
    return redirect(security.own_path(form.next.data), 303)


async def _record(who: Identity, outcome: Outcome) -> None:
    async with deps.pools().own.acquire() as connection:
        await queries.record(connection, who.email, Action.CONFIRM, outcome, caller.address(), session=who.session)


async def _page(form: Confirmation, status: int = 200) -> Response:
    return await html.page("accounts/confirm", title="Is it you?", status=status, form=form)
