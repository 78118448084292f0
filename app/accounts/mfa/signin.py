"""The code step of signing in. After the right password, and until the code, the visitor has no session."""

from typing import NamedTuple
from urllib.parse import urlencode

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts import queries, throttle
from app.accounts.mfa import verify
from app.accounts.mfa.forms import Code
from app.accounts.mfa.routes import cipher
from app.accounts.queries import User
from app.accounts.session import begin_session, landing
from app.db.audit import AuditAction, AuditOutcome, record
from app.web import client, errors, guards, html, security
from app.wire.users import pending_logins

blueprint = Blueprint("login_code", __name__)

COOKIE = "half"
WRONG = "This code is wrong, too old, or was used before."


class SignInAttempt(NamedTuple):
    sid: str
    user: User


async def ask(user: User, next_path: str) -> Response:
    """Starts the code step, after the right password."""
    sid = await deps.sessions().pending_logins.begin(user.id, user.session_epoch)
    response = Response("", 303, {"Location": _code_url(next_path)})
    response.set_cookie(
        COOKIE,
        sid,
        max_age=pending_logins.SECONDS,
        path="/login",
        httponly=True,
        samesite="Strict",
        secure=security.is_secure(),
    )
    return response


@blueprint.get("/login/code")
@guards.public
async def show() -> ResponseReturnValue:
    next_path = security.own_path(request.args.get("next"))
    return await _page(Code(next=next_path)) if await _pending_sign_in() else redirect(_sign_in_url(next_path), 303)


@blueprint.post("/login/code")
@guards.public
async def enter() -> ResponseReturnValue:
    form, attempt = Code(await request.form), await _pending_sign_in()
    next_path = security.own_path(form.next.data)
    if attempt is None:
        return redirect(_sign_in_url(next_path), 303)
    if not form.validate():
        return await _page(form, 422)
    user = attempt.user
    wait = await throttle.wait_for_code(deps.limits(), str(user.id), client.address())
    if wait is not None:
        await _record(user, AuditAction.SIGN_IN_CODE, AuditOutcome.LIMITED)
        return await errors.answer(429, retry_after=wait)
    async with deps.pools().own.acquire() as connection:
        kind = await verify.by_code(connection, cipher(), user.id, form.code.data)
    if not kind:
        await _record(user, AuditAction.SIGN_IN_CODE, AuditOutcome.FAILED)
        form.code.errors, form.code.data = [WRONG], ""  # no secret is sent back
        return await _page(form, 422)
    if not await deps.sessions().pending_logins.end(attempt.sid):
        return redirect(_sign_in_url(next_path), 303)
    await _record(user, AuditAction.SIGN_IN, AuditOutcome.OK, kind, await begin_session(user))
    response = Response("", 303, {"Location": landing(user, next_path)})
    response.delete_cookie(COOKIE, path="/login")
    return response


async def _pending_sign_in() -> SignInAttempt | None:
    """None also if the account was disabled, or its password or codes changed, since the password was accepted."""
    sid = request.cookies.get(COOKIE, "")
    pending = await deps.sessions().pending_logins.find(sid) if sid else None
    if pending is None:
        return None
    async with deps.pools().own.acquire() as connection:
        user = await queries.user_by_id(connection, pending.user_id)
    if user is None or not user.active or not user.two_steps or user.session_epoch != pending.epoch:
        return None
    return SignInAttempt(sid, user)


def _code_url(next_path: str) -> str:
    return "/login/code" + (f"?{urlencode({'next': next_path})}" if next_path != "/" else "")


def _sign_in_url(next_path: str) -> str:
    return "/login" + (f"?{urlencode({'next': next_path})}" if next_path != "/" else "")


async def _record(user: User, action: AuditAction, outcome: AuditOutcome, detail: str = "", session: str = "") -> None:
    async with deps.pools().own.acquire() as connection:
        await record(connection, user.email, action, outcome, client.address(), detail, session)


async def _page(form: Code, status: int = 200) -> Response:
    return await html.page("accounts/code", title="Your code", status=status, form=form)
