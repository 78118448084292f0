"""The page that asks for the password again, before sensitive actions and at the end of a session."""

from urllib.parse import urlencode

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue
from wtforms import Form, HiddenField  # type: ignore[import-untyped]
from wtforms.validators import Length  # type: ignore[import-untyped]

from app import deps
from app.accounts import passwords, queries, session, throttle
from app.accounts.mfa import verify
from app.accounts.mfa.forms import code_field, password_field
from app.accounts.mfa.routes import cipher
from app.accounts.queries import User
from app.db.audit import AuditAction, AuditOutcome, record
from app.identity import Identity
from app.web import client, errors, guards, html, reauth, security, session_end

blueprint = Blueprint("confirm", __name__)

WRONG = "This is not your password."
WRONG_CODE = "This code is wrong, too old, or was used before."
BUSY = "Many people are signing in at this moment."


class Confirmation(Form):  # type: ignore[misc]
    password = password_field()
    code = code_field()
    next = HiddenField(validators=[Length(max=2000)])

    def __init__(self, sent: object = None, *, user: User | None, **values: str) -> None:
        """Has a code field if signing in asks this user for codes."""
        super().__init__(sent, **values)
        if user is None or not user.two_steps:
            del self.code


@blueprint.get("/account/confirm")
@guards.signed_in
@reauth.before_enrolment
async def show() -> ResponseReturnValue:
    next_path = security.own_path(request.args.get("next"))
    return await _page(Confirmation(user=await _account(guards.identity()), next=next_path))


@blueprint.post("/account/confirm")
@guards.signed_in
@reauth.before_enrolment
async def confirm() -> ResponseReturnValue:
    who = guards.identity()
    user = await _account(who)
    form = Confirmation(await request.form, user=user)
    if not form.validate():
        return await _page(form, 422)
    wait = await _wait(who, form)
    if wait is not None:
        await _record(who, AuditOutcome.LIMITED)
        return await errors.answer(429, retry_after=wait)
    try:
        proven = await _verify(form, user)
    except passwords.Busy:
        return await errors.answer(503, BUSY)
    if user is None or not proven:
        await _record(who, AuditOutcome.FAILED)
        return await _page(form, 422)
    if _ends_soon():
        await _record(who._replace(session=await session.begin_session(user)), AuditOutcome.OK, "a new session")
    else:
        await deps.sessions().confirm(who.session)
        await _record(who, AuditOutcome.OK)
    return redirect(security.own_path(form.next.data), 303)


@blueprint.get("/account/stay")
@guards.signed_in
@reauth.before_enrolment
async def show_stay() -> ResponseReturnValue:
    """The form is in the footer of every page."""
    return redirect("/account", 303)


@blueprint.post("/account/stay")
@guards.signed_in
@reauth.before_enrolment
async def stay() -> ResponseReturnValue:
    """The request itself extends the idle time. Near the absolute limit the password is needed."""
    next_path = security.came_from()
    if not _ends_soon() or next_path.partition("?")[0] == reauth.CONFIRM:
        return redirect(next_path, 303)
    return redirect(f"{reauth.CONFIRM}?{urlencode({'next': next_path})}", 303)


def _ends_soon() -> bool:
    end = session_end.current()
    return end is not None and end.is_near


async def _account(who: Identity) -> User | None:
    async with deps.pools().own.acquire() as connection:
        return await queries.user_by_id(connection, who.user_id)


async def _wait(who: Identity, form: Confirmation) -> float | None:
    limits, user_id, ip = deps.limits(), str(who.user_id), client.address()
    wait = await throttle.wait_to_confirm(limits, user_id, ip)
    if wait is None and form.code is not None:
        wait = await throttle.wait_for_code(limits, user_id, ip)
    return wait


async def _verify(form: Confirmation, user: User | None) -> bool:
    """Errors go to the fields. A code is used up only together with the right password."""
    if user is None or not (await passwords.verify(user.password_hash, form.password.data)).right:
        form.password.errors = [WRONG]
    elif form.code is not None:
        async with deps.pools().own.acquire() as connection:
            if not await verify.by_code(connection, cipher(), user.id, form.code.data):
                form.code.errors = [WRONG_CODE]
    return not form.errors


async def _record(who: Identity, outcome: AuditOutcome, detail: str = "") -> None:
    entry = (AuditAction.CONFIRM, outcome, client.address(), detail, who.session)
    async with deps.pools().own.acquire() as connection:
        await record(connection, who.email, *entry)


async def _page(form: Confirmation, status: int = 200) -> Response:
    if form.code is not None:
        form.code.data = ""  # no secret is sent back
    return await html.page("accounts/confirm", title="Is it you?", status=status, form=form, renews=_ends_soon())
