"""Pages for administrators."""

import asyncio
import secrets
import time
from collections.abc import Awaitable
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps, wire
from app.admin import account_actions, queries, redis_status
from app.admin.account_actions import DETAILS, AccountAction, InviteResult
from app.admin.audit_table import ROWS, audit_document
from app.admin.forms import AuditSearch, Deletion, Invitation
from app.admin.queries import AuditFilter, Person
from app.db.audit import AuditAction, AuditOutcome, record_by
from app.identity import Role, Scope
from app.web import client, errors, guards, parameters, reauth, tables
from app.web.formats import TableDocument
from app.web.forms.fields import first_error, search_choices
from app.web.html import page
from app.web.one_time_secret import OneTimeSecret
from app.wire.channels import Channels

blueprint = Blueprint("admin", __name__)

T = TypeVar("T")

WITHIN_SECONDS = 1.0

PEOPLE = "/admin/users"
AUDIT = "/admin/audit"
LINK = OneTimeSecret("invite", PEOPLE)
PAGE_ROWS = 100
CHANGE_RATE = "60/minute"
AUDIT_FIELDS = ("who", "action", "outcome", "from", "to")

LAST = "Somebody must be left who can sign in as an administrator. Make another one first."
OWN_RESET = "Another administrator makes this link for you."
CLOSED = "The account is disabled. Enable it first."
OTHER_NAME = "This is not the address of the account. Nothing was deleted."
HAS_ACCOUNT = "This address has an account already. Its page makes a link for a new password."


@blueprint.get("/admin/wire")
@guards.admin_only
async def wire_page() -> ResponseReturnValue:
    context, now = deps.context(), time.time()
    stats = context.subscriber_stats()
    top, folded, counts = await asyncio.gather(
        _in_time(context.log.top()),
        _in_time(context.log.folded()),
        _in_time(context.count_subscribers(redis_status.JOB_CHANNELS)),
    )
    active, silent = redis_status.channels(Channels(**context.settings.channels()), stats, now)
    return await page(
        "admin/wire",
        title="Operations",
        now=now,
        stats=stats,
        lost_age=None if stats.lost_at is None else max(0.0, now - stats.lost_at),
        events_lost=context.receiver.lost,
        joins=context.receiver.joins,
        folded=folded,
        log=None if top is None else redis_status.log_state(top),
        receivers=None if counts is None else redis_status.receivers(counts),
        active_channels=active,
        silent_channels=silent,
        rejections=redis_status.rejections(context.receiver.rejected),
    )


@blueprint.get("/admin/users")
@guards.admin_only
@parameters.allow("after")
async def users() -> ResponseReturnValue:
    return await _people_page(Invitation())


@blueprint.post("/admin/users")
@guards.admin_only
@parameters.allow("after")
@reauth.sensitive
async def invite() -> ResponseReturnValue:
    form, who = Invitation(await request.form), guards.identity()
    if not form.validate():
        return await _people_page(form, 422)
    if refusal := await _limited(AuditAction.INVITE):
        return refusal
    role, token = Role(form.role.data), secrets.token_urlsafe(32)
    result = await account_actions.invite(deps.pools().own, who, token, form.email.data, role, client.address())
    if result is InviteResult.DENIED:
        abort(403)  # another administrator was quicker
    if result is InviteResult.ADDRESS_IN_USE:
        form.email.errors = [HAS_ACCOUNT]
        return await _people_page(form, 422)
    return LINK.redirect(token)


@blueprint.get("/admin/users/<uuid:user_id>")
@guards.admin_only
async def user(user_id: UUID) -> ResponseReturnValue:
    return await _person_page(await _person(user_id))


@blueprint.post("/admin/users/<uuid:user_id>")
@guards.admin_only
@reauth.sensitive
async def change(user_id: UUID) -> ResponseReturnValue:
    person, name = await _person(user_id), (await request.form).get("do", "")
    action = next((action for action in AccountAction if action == name and action is not AccountAction.DELETE), None)
    if action is None:
        abort(400)
    if action is AccountAction.RESET and not person.active:
        return await _person_page(person, CLOSED)
    if action is AccountAction.RESET and person.id == guards.identity().user_id:
        return await _person_page(person, OWN_RESET)
    if action is not AccountAction.RESET and action not in account_actions.available(person, guards.identity().user_id):
        return current_app.redirect(request.path, 303)  # it is so already
    if refusal := await _limited(DETAILS[action].action):
        return refusal
    result = await _do(action, person)
    if not result.changed:
        return await _person_page(await _person(user_id), LAST)
    return LINK.redirect(result.token) if result.token else current_app.redirect(request.path, 303)


@blueprint.get("/admin/users/<uuid:user_id>/delete")
@guards.admin_only
async def confirm_delete(user_id: UUID) -> ResponseReturnValue:
    return await _deletion_page(await _person(user_id), Deletion())


@blueprint.post("/admin/users/<uuid:user_id>/delete")
@guards.admin_only
@reauth.sensitive
async def delete(user_id: UUID) -> ResponseReturnValue:
    person, form = await _person(user_id), Deletion(await request.form)
    if form.email.data != person.email.lower():
        form.email.errors = [OTHER_NAME]
        return await _deletion_page(person, form, 422)
    if refusal := await _limited(AuditAction.DELETE_USER):
        return refusal
    if not (await _do(AccountAction.DELETE, person)).changed:
        form.email.errors = [LAST]
        return await _deletion_page(await _person(user_id), form, 422)
    return current_app.redirect(PEOPLE, 303)


@blueprint.get("/admin/invites/<uuid:link_id>")
@guards.admin_only
async def link(link_id: UUID) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        invite = await queries.link(connection, link_id)
    return await page("admin/link", title="Revoke a link", invite=invite) if invite else abort(404)


@blueprint.post("/admin/invites/<uuid:link_id>")
@guards.admin_only
@reauth.sensitive
async def revoke(link_id: UUID) -> ResponseReturnValue:
    if refusal := await _limited(AuditAction.REVOKE_INVITE):
        return refusal
    if not await account_actions.revoke(deps.pools().own, guards.identity(), link_id, client.address()):
        abort(403)
    return current_app.redirect(PEOPLE, 303)


@tables.suffixes(blueprint, AUDIT)
@guards.admin_only
@guards.open_to_tokens(Scope.ADMIN)
@parameters.allow(*AUDIT_FIELDS, "before")
async def audit_table() -> TableDocument:
    form, zone = AuditSearch(request.args), guards.view().zone
    if not form.validate():
        abort(422, first_error(form))
    async with deps.pools().own.acquire() as connection:
        rows = await queries.audit(connection, form.filter(zone), ROWS + 1, form.before.data)
        detail = f"audit.{tables.requested()}, {len(rows[:ROWS])} rows"
        entry = (AuditAction.EXPORT, AuditOutcome.OK, client.address(), detail)
        await record_by(connection, guards.identity(), *entry)
    older = urlencode({**_filters(), "before": rows[ROWS - 1].id}) if len(rows) > ROWS else ""
    return audit_document(rows[:ROWS], zone, time.time(), older)


@tables.page(blueprint, AUDIT, audit_table)
@guards.admin_only
@parameters.allow(*AUDIT_FIELDS, "before")
async def audit() -> ResponseReturnValue:
    form = AuditSearch(request.args)
    valid, zone = form.validate(), guards.view().zone
    async with deps.pools().own.acquire() as connection:
        names = await queries.actions(connection)
        search = form.filter(zone) if valid else AuditFilter()
        rows = await queries.audit(connection, search, PAGE_ROWS + 1, form.before.data) if valid else []
    return await page(
        "admin/audit",
        title="Audit",
        status=200 if valid else 422,
        form=form,
        actions=search_choices(sorted(names), form.action.data),
        outcomes=search_choices(AuditOutcome, form.outcome.data),
        entries=rows[:PAGE_ROWS],
        filters=urlencode(_filters()),
        older=urlencode({**_filters(), "before": rows[PAGE_ROWS - 1].id}) if len(rows) > PAGE_ROWS else "",
        zone=zone,
    )


def _filters() -> dict[str, str]:
    return {name: text for name, text in request.args.items() if text and name in AUDIT_FIELDS}


async def _do(action: AccountAction, person: Person) -> account_actions.ActionResult:
    who, pool = guards.identity(), deps.pools().own
    result = await account_actions.do(action, pool, deps.sessions(), who, person, client.address())
    if not result.changed:
        asker = await _person(who.user_id)
        if not asker.active or asker.role is not Role.ADMIN:
            abort(403)  # another administrator was quicker
    return result


async def _limited(action: AuditAction) -> Response | None:
    who = guards.identity()
    wait = await deps.limits().hit("admin:people", str(who.user_id), CHANGE_RATE)
    if wait is None:
        return None
    async with deps.pools().own.acquire() as connection:
        await record_by(connection, who, action, AuditOutcome.LIMITED, client.address(), "")
    return await errors.answer(429, retry_after=wait)


async def _person(user_id: UUID) -> Person:
    async with deps.pools().own.acquire() as connection:
        person = await queries.person(connection, user_id)
    return person or abort(404)


async def _people_page(form: Invitation, status: int = 200) -> Response:
    token, after = LINK.received(), request.args.get("after", "")
    async with deps.pools().own.acquire() as connection:
        people = await queries.people(connection, after, PAGE_ROWS + 1)
        links = await queries.links(connection, PAGE_ROWS)
        new_link = await queries.link_of(connection, token) if token else None
    response = await page(
        "admin/users",
        title="People",
        status=status,
        form=form,
        people=people[:PAGE_ROWS],
        more=people[PAGE_ROWS - 1].email if len(people) > PAGE_ROWS else "",
        after=after,
        invites=links,
        new_link=new_link,
        address=f"{deps.settings().public_url}/invite/{token}",
    )
    return LINK.delete_cookie(response)


async def _person_page(person: Person, refusal: str = "") -> Response:
    actions = [
        (action.value, DETAILS[action]) for action in account_actions.available(person, guards.identity().user_id)
    ]
    return await page(
        "admin/user",
        title=person.email,
        status=422 if refusal else 200,
        person=person,
        actions=actions,
        refusal=refusal,
        own=person.id == guards.identity().user_id,
    )


async def _deletion_page(person: Person, form: Deletion, status: int = 200) -> Response:
    return await page("admin/delete", title="Delete an account", status=status, person=person, form=form)


async def _in_time(answer: Awaitable[T]) -> T | None:
    """None if Redis does not answer in time: the page then shows the rest."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await answer
    except (TimeoutError, wire.RedisUnavailable):
        return None
