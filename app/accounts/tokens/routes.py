"""Pages to make and revoke one's own API tokens, and for administrators to revoke those of others."""

from typing import NamedTuple
from uuid import UUID

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps
from app.accounts.tokens import queries, secret
from app.accounts.tokens.forms import SCOPES, NewToken
from app.accounts.tokens.queries import Token
from app.db.audit import AuditAction, AuditOutcome, record_by
from app.identity import Scope, secret_hash
from app.web import client, errors, guards, html, reauth
from app.web.one_time_secret import OneTimeSecret

blueprint = Blueprint("tokens", __name__)

HERE = "/account/tokens"
NEW = OneTimeSecret("token", HERE)
MAKE_RATE = "30/hour"
FULL = f"You have {queries.MAX_TOKENS} tokens, which is the most there can be. Revoke one first."


class TokenRow(NamedTuple):
    """A token with its scope in words."""

    token: Token
    may: str


@blueprint.get(HERE)
@guards.signed_in
async def tokens() -> ResponseReturnValue:
    return await _page(NewToken(role=guards.identity().role))


@blueprint.post(HERE)
@guards.signed_in
@reauth.sensitive
async def make() -> ResponseReturnValue:
    who = guards.identity()
    form = NewToken(await request.form, who.role)
    if not form.validate():
        return await _page(form, 422)
    if refusal := await _limited(AuditAction.MAKE_TOKEN):
        return refusal
    token, days = secret.new_token(), int(form.days.data) if form.days.data else None
    name, scope = form.name.data, Scope(form.scope.data)
    async with deps.pools().own.acquire() as connection, connection.transaction():
        token_id = await queries.insert(connection, who.user_id, name, secret_hash(token), scope, days)
        if token_id:
            detail = f"{name}, {scope}, {form.days.data or 'no'} days"
            await record_by(connection, who, AuditAction.MAKE_TOKEN, AuditOutcome.OK, client.address(), detail)
    if token_id is None:
        form.name.errors = [FULL]
        return await _page(form, 422)
    return NEW.redirect(token)


@blueprint.get(f"{HERE}/<uuid:token_id>")
@guards.signed_in
async def token(token_id: UUID) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        own = await queries.one(connection, guards.identity().user_id, token_id) or abort(404)
    return await html.page("accounts/token", title="Revoke a token", row=_token_row(own))


@blueprint.post(f"{HERE}/<uuid:token_id>")
@guards.signed_in
async def revoke(token_id: UUID) -> ResponseReturnValue:
    who = guards.identity()
    async with deps.pools().own.acquire() as connection, connection.transaction():
        name = await queries.delete(connection, who.user_id, token_id) or abort(404)
        await record_by(connection, who, AuditAction.REVOKE_TOKEN, AuditOutcome.OK, client.address(), name)
    return current_app.redirect(HERE, 303)


@blueprint.get("/admin/users/<uuid:user_id>/tokens")
@guards.admin_only
async def tokens_of(user_id: UUID) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        email = await queries.owner(connection, user_id) or abort(404)
        rows = await queries.of(connection, user_id)
    return await html.page(
        "accounts/tokens_of", title=f"Tokens of {email}", email=email, tokens=[_token_row(each) for each in rows]
    )


@blueprint.post("/admin/users/<uuid:user_id>/tokens")
@guards.admin_only
@reauth.sensitive
async def revoke_of(user_id: UUID) -> ResponseReturnValue:
    token_id = _uuid((await request.form).get("token", "")) or abort(404)
    async with deps.pools().own.acquire() as connection, connection.transaction():
        email = await queries.owner(connection, user_id)
        name = await queries.delete(connection, user_id, token_id) or abort(404)
        detail = f"{name}, of {email}"
        await record_by(
            connection, guards.identity(), AuditAction.REVOKE_TOKEN, AuditOutcome.OK, client.address(), detail
        )
    return current_app.redirect(request.path, 303)


async def _page(form: NewToken, status: int = 200) -> Response:
    """A new token is shown once, by the first page that its owner's browser requests."""
    who, new = guards.identity(), NEW.received()
    async with deps.pools().own.acquire() as connection:
        rows = await queries.of(connection, who.user_id)
        owned = await queries.owned(connection, secret_hash(new)) if secret.is_token(new) else None
    mine = owned is not None and owned.token.user_id == who.user_id
    response = await html.page(
        "accounts/tokens",
        title="API tokens",
        status=status,
        form=form,
        tokens=[_token_row(each) for each in rows],
        new=new if mine else "",
        most=queries.MAX_TOKENS,
        public_url=deps.settings().public_url,
    )
    return NEW.delete_cookie(response)


async def _limited(action: AuditAction) -> Response | None:
    who = guards.identity()
    wait = await deps.limits().hit("token:made", str(who.user_id), MAKE_RATE)
    if wait is None:
        return None
    async with deps.pools().own.acquire() as connection:
        await record_by(connection, who, action, AuditOutcome.LIMITED, client.address())
    return await errors.answer(429, retry_after=wait)


def _token_row(token: Token) -> TokenRow:
    return TokenRow(token, SCOPES[token.scope].lower())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
