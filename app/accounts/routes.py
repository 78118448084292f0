"""Signing in and out, the account page, its sessions and password, and the link for the first administrator."""

import time

from quart import Blueprint, Quart, Response, current_app, redirect, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts import forms, passwords, queries, throttle, user_agents
from app.accounts.bootstrap import AdminCheck
from app.accounts.emails import Kind
from app.accounts.forms import ChangePassword, SignIn, Welcome
from app.accounts.mfa import signin
from app.accounts.queries import User
from app.accounts.session import begin_session, end_other_sessions, end_session, landing
from app.db.audit import AuditAction, AuditOutcome, record
from app.identity import Identity, Role
from app.live import takeover
from app.web import client, errors, guards, hosts, html, parameters, security, viewer

blueprint = Blueprint("accounts", __name__)

WRONG_CREDENTIALS = "This e-mail address and password do not go together."
SPENT = "This link has been used, or a newer one took its place. The newest is printed where TickStock was started."
BUSY = "Many people are signing in at this moment."
WRONG = "This is not your current password."
NO_SUCH_SESSION = "No such session of yours is open. It may have ended already."
OTHERS = "others"


def install(app: Quart) -> None:
    app.extensions["first contact"] = AdminCheck()
    app.register_blueprint(blueprint)


@blueprint.get("/login")
@guards.public
async def login() -> ResponseReturnValue:
    next_path = security.own_path(request.args.get("next"))
    if await guards.visitor():
        return redirect(viewer.settings().home.path if next_path == "/" else next_path, 303)
    return await _sign_in_page(SignIn(next=next_path))


@blueprint.post("/login")
@guards.public
async def sign_in() -> ResponseReturnValue:
    form = SignIn(await request.form)
    if not form.validate():
        return await _sign_in_page(form, 422)
    email: str = form.email.data
    wait = await throttle.wait_to_sign_in(deps.limits(), email, client.address())
    if wait is not None:
        await _record(email, AuditAction.SIGN_IN, AuditOutcome.LIMITED)
        return await errors.answer(429, retry_after=wait)
    try:
        user = await _authenticate(email, form.password.data)
    except passwords.Busy:
        return await errors.answer(503, BUSY)
    if user is None:
        await _record(email, AuditAction.SIGN_IN, AuditOutcome.FAILED)
        form.password.errors = [WRONG_CREDENTIALS]
        return await _sign_in_page(form, 422)
    next_path = security.own_path(form.next.data)
    if user.two_steps:
        await _record(email, AuditAction.SIGN_IN, AuditOutcome.NEEDS_CODE)
        return await signin.ask(user, next_path)
    await _record(email, AuditAction.SIGN_IN, AuditOutcome.OK, await begin_session(user))
    return redirect(landing(user, next_path), 303)


@blueprint.post("/logout")
@guards.public
async def logout() -> ResponseReturnValue:
    who = await guards.visitor()
    await end_session()
    if who is not None:
        await _record(who.email, AuditAction.SIGN_OUT, AuditOutcome.OK, who.session)
    return Response("", 303, {"Location": "/login", "Clear-Site-Data": '"cache", "storage"'})


@blueprint.get("/account")
@guards.signed_in
async def account() -> ResponseReturnValue:
    who = guards.identity()
    sessions = await deps.sessions().of(who.user_id)
    return await html.page(
        "accounts/account",
        title="Account",
        role=who.role,
        codes=await _has_codes(who),
        sessions=user_agents.devices(sessions, who.session, time.time()),
        bounds=deps.context().settings.sessions,
    )


@blueprint.get("/account/sessions")
@blueprint.get("/account/streams")
@guards.signed_in
@parameters.allow("session")
async def show_account() -> ResponseReturnValue:
    """The account page lists the sessions; the form that ends a stream is on every live page."""
    return redirect("/account", 303)


@blueprint.post("/account/sessions")
@guards.signed_in
async def end_sessions() -> ResponseReturnValue:
    who, selection = guards.identity(), (await request.form).get("session", "")
    if selection == who.session:
        return await logout()
    async with deps.pools().own.acquire() as connection:
        if selection == OTHERS:
            ended = await deps.sessions().end_all(who.user_id, but=who.session)
        else:
            ended = int(forms.is_session(selection) and await deps.sessions().end_one(who.user_id, selection))
        if ended:
            entry = (AuditAction.END_SESSIONS, AuditOutcome.OK, client.address(), f"sessions: {ended}", who.session)
            await record(connection, who.email, *entry)
    if not ended and selection != OTHERS:
        return await errors.answer(404, NO_SUCH_SESSION)
    return redirect("/account", 303)


@blueprint.post("/account/streams")
@guards.signed_in
async def take_over() -> ResponseReturnValue:
    """Ends the user's oldest stream to make room for the one of the page that asked."""
    person = guards.identity().user_id
    if not takeover.end_oldest(deps.hub(), person):
        await deps.context().stream_counts.request_room(person)
    return redirect(security.came_from(), 303)


@blueprint.get("/account/password")
@guards.signed_in
async def password() -> ResponseReturnValue:
    return await _password_page(ChangePassword())


@blueprint.post("/account/password")
@guards.signed_in
async def change_password() -> ResponseReturnValue:
    who = guards.identity()
    form = ChangePassword(await request.form, who.email)
    if not form.validate():
        return await _password_page(form, 422)
    wait = await throttle.wait_to_change_password(deps.limits(), str(who.user_id), client.address())
    if wait is not None:
        await _record(who.email, AuditAction.CHANGE_PASSWORD, AuditOutcome.LIMITED, who.session)
        return await errors.answer(429, retry_after=wait)
    try:
        user = await _change_password(who, form)
    except passwords.Busy:
        return await errors.answer(503, BUSY)
    if user is None:
        await _record(who.email, AuditAction.CHANGE_PASSWORD, AuditOutcome.FAILED, who.session)
        form.current.errors = [WRONG]
        return await _password_page(form, 422)
    await end_other_sessions(user)
    deps.email_queue().wake()
    return redirect("/account", 303)


@blueprint.get("/welcome/<token>")
@guards.public
async def welcome(token: str) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        works = await queries.setup_token_works(connection, token)
    return await _welcome_page(Welcome()) if works else await errors.answer(410, SPENT)


@blueprint.post("/welcome/<token>")
@guards.public
async def make_first_admin(token: str) -> ResponseReturnValue:
    wait = await throttle.wait_for_welcome(deps.limits(), client.address())
    if wait is not None:
        return await errors.answer(429, retry_after=wait)
    async with deps.pools().own.acquire() as connection:
        if not await queries.setup_token_works(connection, token):
            return await errors.answer(410, SPENT)
    form = Welcome(await request.form)
    if not form.validate():
        return await _welcome_page(form, 422)
    return await _first_admin(token, form)


async def _first_admin(token: str, form: Welcome) -> ResponseReturnValue:
    password_hash = await passwords.hash_password(form.password.data)
    async with deps.pools().own.acquire() as connection, connection.transaction():
        if not await queries.use_setup_token(connection, token):
            return await errors.answer(410, SPENT)
        user = await queries.insert_user(connection, form.email.data, password_hash, Role.ADMIN)
        if user is not None:
            # Inside the transaction: without Redis there is no session, and then no account either.
            session = await begin_session(user, created_in=connection)
            entry = (AuditAction.FIRST_ADMIN, AuditOutcome.OK, client.address(), "", session)
            await record(connection, user.email, *entry)
    if user is None:
        form.email.errors = ["This address already has an account."]
        return await _welcome_page(form, 422)
    return redirect("/", 303)


async def _authenticate(email: str, password: str) -> User | None:
    """None if they do not match. An unknown or disabled account takes as long as a wrong password."""
    async with deps.pools().own.acquire() as connection:
        user = await queries.user_by_email(connection, email)
    verdict = await passwords.verify(user.password_hash if user else None, password)
    if user is None or not verdict.right or not user.active:
        return None
    if verdict.outdated:
        renewed = await passwords.hash_password(password)
        async with deps.pools().own.acquire() as connection:
            await queries.renew_hash(connection, user, renewed)
    return user


async def _change_password(who: Identity, form: ChangePassword) -> User | None:
    """None if the current password is wrong, or was changed meanwhile."""
    async with deps.pools().own.acquire() as connection:
        before = await queries.user_by_id(connection, who.user_id)
    if before is None or not (await passwords.verify(before.password_hash, form.current.data)).right:
        return None
    password_hash = await passwords.hash_password(form.new.data)
    async with deps.pools().own.acquire() as connection, connection.transaction():
        user = await queries.change_password(connection, before, password_hash)
        if user is not None:
            entry = (AuditAction.CHANGE_PASSWORD, AuditOutcome.OK, client.address(), "", who.session)
            await record(connection, user.email, *entry)
            await deps.email_queue().put(connection, Kind.NEW_PASSWORD, user.email)
    return user


async def _has_codes(who: Identity) -> bool:
    async with deps.pools().own.acquire() as connection:
        user = await queries.user_by_id(connection, who.user_id)
    return user is not None and user.two_steps


async def _record(actor: str, action: AuditAction, outcome: AuditOutcome, session: str = "") -> None:
    async with deps.pools().own.acquire() as connection:
        await record(connection, actor, action, outcome, client.address(), session=session)


async def _sign_in_page(form: SignIn, status: int = 200) -> Response:
    return await html.page(
        "accounts/login",
        title="Sign in",
        status=status,
        form=form,
        cookie_advice=hosts.lost_cookie_advice(),
        lacks_admin=await _admin_check().lacks_admin(deps.pools().own),
        forgot=deps.email_queue().on,
        register=deps.settings().accounts.registration,
    )


def _admin_check() -> AdminCheck:
    contact: AdminCheck = current_app.extensions["first contact"]
    return contact


async def _welcome_page(form: Welcome, status: int = 200) -> Response:
    return await html.page("accounts/welcome", title="First sign-in", status=status, form=form)


async def _password_page(form: ChangePassword, status: int = 200) -> Response:
    return await html.page("accounts/password", title="Change password", status=status, form=form)
