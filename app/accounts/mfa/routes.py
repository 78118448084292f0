"""Pages to turn codes on and off, and to show new recovery codes once."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts import passwords, queries, session, throttle
from app.accounts.mfa import codes, verify
from app.accounts.mfa import queries as steps
from app.accounts.mfa.encryption import SecretCipher
from app.accounts.mfa.forms import Code, Password, TurnOffCodes
from app.accounts.queries import User
from app.db.audit import AuditAction, AuditOutcome, record
from app.web import client, errors, guards, html, reauth
from app.web.one_time_secret import OneTimeSecret
from app.wire.users.rate_limits import RateLimiter

blueprint = Blueprint("totp", __name__)

WRONG = "This is not your password."
WRONG_CODE = (
    "This is not the code of the moment. Wait for the next one, and look whether the telephone's clock is right."
)
RECOVERY = OneTimeSecret("recovery", "/account/totp/codes")

Wait = Callable[[RateLimiter, str, str], Awaitable[float | None]]


@blueprint.get("/account/totp")
@guards.signed_in
@reauth.before_enrolment
async def show() -> ResponseReturnValue:
    return await _page(Password())


@blueprint.post("/account/totp")
@guards.signed_in
@reauth.before_enrolment
async def start() -> ResponseReturnValue:
    form, who = Password(await request.form), guards.identity()
    if not form.validate():
        return await _page(form, 422)
    if refusal := await _limited(throttle.wait_to_confirm, AuditAction.CODES_ON):
        return refusal
    user = await _verified_user(form, AuditAction.CODES_ON)
    if user is None:
        return await _page(form, 422)
    secret = cipher().encrypt(codes.new_secret(), str(who.user_id))
    async with deps.pools().own.acquire() as connection:
        started = await steps.begin(connection, who.user_id, secret, who.session)
    return redirect("/account/totp/confirm" if started else "/account/totp", 303)


@blueprint.get("/account/totp/confirm")
@guards.signed_in
@reauth.before_enrolment
async def enrolment() -> ResponseReturnValue:
    return await _enrolment_page(Code())


@blueprint.post("/account/totp/confirm")
@guards.signed_in
@reauth.before_enrolment
async def enrol() -> ResponseReturnValue:
    form, who = Code(await request.form), guards.identity()
    if not form.validate():
        return await _enrolment_page(form, 422)
    if refusal := await _limited(throttle.wait_for_code, AuditAction.CODES_ON):
        return refusal
    recovery = codes.new_recovery()
    async with deps.pools().own.acquire() as connection, connection.transaction():
        enrolled = await verify.first_code(connection, cipher(), who, form.code.data)
        if enrolled:
            await steps.replace_recovery(connection, who.user_id, [codes.normal(code) for code in recovery])
            await _record(connection, AuditAction.CODES_ON, AuditOutcome.OK)
    if not enrolled:
        form.code.errors, form.code.data = [WRONG_CODE], ""  # no secret is sent back
        return await _enrolment_page(form, 422)
    await _refresh_user()
    return _redirect_with_codes(recovery)


@blueprint.get("/account/totp/codes")
@guards.signed_in
@reauth.before_enrolment
async def recovery_codes() -> ResponseReturnValue:
    return await _codes_page(Password())


@blueprint.post("/account/totp/codes")
@guards.signed_in
@reauth.sensitive
async def renew_recovery() -> ResponseReturnValue:
    form, who = Password(await request.form), guards.identity()
    if not form.validate():
        return await _codes_page(form, 422)
    if refusal := await _limited(throttle.wait_to_confirm, AuditAction.NEW_RECOVERY_CODES):
        return refusal
    user = await _verified_user(form, AuditAction.NEW_RECOVERY_CODES)
    if user is None:
        return await _codes_page(form, 422)
    if not user.two_steps:
        return redirect("/account/totp", 303)
    recovery = codes.new_recovery()
    async with deps.pools().own.acquire() as connection, connection.transaction():
        await steps.replace_recovery(connection, who.user_id, [codes.normal(code) for code in recovery])
        await _record(connection, AuditAction.NEW_RECOVERY_CODES, AuditOutcome.OK)
    return _redirect_with_codes(recovery)


@blueprint.get("/account/totp/off")
@guards.signed_in
async def ending() -> ResponseReturnValue:
    return await _off_page(TurnOffCodes())


@blueprint.post("/account/totp/off")
@guards.signed_in
async def turn_off() -> ResponseReturnValue:
    form, who = TurnOffCodes(await request.form), guards.identity()
    if not form.validate():
        return await _off_page(form, 422)
    if refusal := await _limited(throttle.wait_for_code, AuditAction.CODES_OFF):
        return refusal
    if await _verified_user(form, AuditAction.CODES_OFF) is None:
        return await _off_page(form, 422)
    async with deps.pools().own.acquire() as connection, connection.transaction():
        kind = await verify.by_code(connection, cipher(), who.user_id, form.code.data)
        if kind:
            await steps.remove(connection, who.user_id)
        await _record(connection, AuditAction.CODES_OFF, AuditOutcome.OK if kind else AuditOutcome.FAILED, kind)
    if not kind:
        form.code.errors, form.code.data = [WRONG_CODE], ""  # no secret is sent back
        return await _off_page(form, 422)
    await _refresh_user()
    return redirect("/account/totp", 303)


def cipher() -> SecretCipher:
    return SecretCipher(deps.settings().secret_key.get_secret_value())


async def _limited(wait: Wait, action: AuditAction) -> Response | None:
    seconds = await wait(deps.limits(), str(guards.identity().user_id), client.address())
    if seconds is None:
        return None
    async with deps.pools().own.acquire() as connection:
        await _record(connection, action, AuditOutcome.LIMITED)
    return await errors.answer(429, retry_after=seconds)


async def _verified_user(form: Password | TurnOffCodes, action: AuditAction) -> User | None:
    """None if the password is wrong, with an error at the field and an entry in the audit."""
    async with deps.pools().own.acquire() as connection:
        user = await queries.user_by_id(connection, guards.identity().user_id)
    if user is not None and (await passwords.verify(user.password_hash, form.password.data)).right:
        return user
    async with deps.pools().own.acquire() as connection:
        await _record(connection, action, AuditOutcome.FAILED)
    form.password.errors = [WRONG]
    return None


async def _refresh_user() -> None:
    async with deps.pools().own.acquire() as connection:
        user = await queries.user_by_id(connection, guards.identity().user_id)
    if user is not None:
        session.refresh_user(user)


async def _record(connection: Any, action: AuditAction, outcome: AuditOutcome, detail: str = "") -> None:
    who = guards.identity()
    await record(connection, who.email, action, outcome, client.address(), detail, who.session)


def _redirect_with_codes(recovery: list[str]) -> Response:
    """The codes travel encrypted: not even the browser's cookie holds them in plain text."""
    encrypted = cipher().encrypt(" ".join(recovery), guards.identity().session)
    return RECOVERY.redirect(base64.urlsafe_b64encode(encrypted).decode())


def _received_codes() -> list[str]:
    try:
        encrypted = base64.urlsafe_b64decode(RECOVERY.received())
    except (binascii.Error, ValueError):
        return []
    return (cipher().decrypt(encrypted, guards.identity().session) or "").split()


async def _page(form: Password, status: int = 200) -> Response:
    who = guards.identity()
    async with deps.pools().own.acquire() as connection:
        on = await steps.secret_of(connection, who.user_id) is not None
        left = await steps.recovery_left(connection, who.user_id)
    due = await session.owes_codes(who)
    return await html.page(
        "accounts/totp", title="Codes for signing in", status=status, form=form, on=on, left=left, due=due
    )


async def _enrolment_page(form: Code, status: int = 200) -> ResponseReturnValue:
    who = guards.identity()
    async with deps.pools().own.acquire() as connection:
        encrypted = await steps.pending(connection, who.user_id, who.session)
    secret = cipher().decrypt(encrypted, str(who.user_id)) if encrypted else None
    if secret is None:
        return redirect("/account/totp", 303)
    qr_code = codes.picture(codes.address(secret, who.email))
    return await html.page(
        "accounts/enrol", title="Set up codes", status=status, form=form, secret=secret, qr_code=qr_code
    )


async def _codes_page(form: Password, status: int = 200) -> Response:
    recovery = _received_codes() if status == 200 else []
    response = await html.page("accounts/codes", title="Recovery codes", status=status, form=form, recovery=recovery)
    return RECOVERY.delete_cookie(response)


async def _off_page(form: TurnOffCodes, status: int = 200) -> Response:
    return await html.page("accounts/totp-off", title="Sign in without codes", status=status, form=form)
