"""Pages for those who run the desk."""

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
from app.admin import account_actions, csv, queries, redis_status
from app.admin.account_actions import ACTS, Deed, Invited
from app.admin.forms import Deletion, Invitation, Search
from app.admin.queries import Person, Wanted
from app.db.audit import AuditAction, AuditOutcome, record_by
from app.identity import Role
from app.web import client, errors, guards, parameters, reauth
from app.web.html import page
from app.web.one_time_secret import Once
from app.wire.channels import Channels

blueprint = Blueprint("admin", __name__)

T = TypeVar("T")

WITHIN_SECONDS = 1.0

PEOPLE = "/admin/users"
LINK = Once("invite", PEOPLE)
A_PAGE = 100
DEEDS = "60/minute"
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
    heard, unheard = redis_status.channels(Channels(**context.settings.channels()), stats, now)
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
        heard=heard,
        unheard=unheard,
        refusals=redis_status.refusals(context.receiver.rejected),
    )


@blueprint.get("/admin/users")
@guards.admin_only
@parameters.takes("after")
async def users() -> ResponseReturnValue:
    return await _people_page(Invitation())


@blueprint.post("/admin/users")
@guards.admin_only
@parameters.takes("after")
@reauth.sensitive
async def invite() -> ResponseReturnValue:
    form, who = Invitation(await request.form), guards.identity()
    if not form.validate():
        return await _people_page(form, 422)
    if refusal := await _too_often(AuditAction.INVITE):
        return refusal
    role, token = Role(form.role.data), secrets.token_urlsafe(32)
    done = await account_actions.invite(deps.pools().own, who, token, form.email.data, role, client.address())
    if done is Invited.REFUSED:
        abort(403)  # another administrator was quicker
    if done is Invited.TAKEN:
        form.email.errors = [HAS_ACCOUNT]
        return await _people_page(form, 422)
    return LINK.led(token)


@blueprint.get("/admin/users/<uuid:user_id>")
@guards.admin_only
async def user(user_id: UUID) -> ResponseReturnValue:
    return await _person_page(await _person(user_id))


@blueprint.post("/admin/users/<uuid:user_id>")
@guards.admin_only
@reauth.sensitive
async def change(user_id: UUID) -> ResponseReturnValue:
    person, asked = await _person(user_id), (await request.form).get("do", "")
    deed = next((deed for deed in Deed if deed == asked and deed is not Deed.DELETE), None)
    if deed is None:
        abort(400)
    if deed is Deed.RESET and not person.active:
        return await _person_page(person, CLOSED)
    if deed is Deed.RESET and person.id == guards.identity().user_id:
        return await _person_page(person, OWN_RESET)
    if deed is not Deed.RESET and deed not in account_actions.open_to(person, guards.identity().user_id):
        return current_app.redirect(request.path, 303)  # it is so already
    if refusal := await _too_often(ACTS[deed].action):
        return refusal
    done = await _do(deed, person)
    if not done.changed:
        return await _person_page(await _person(user_id), LAST)
    return LINK.led(done.token) if done.token else current_app.redirect(request.path, 303)


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
    if refusal := await _too_often(AuditAction.DELETE_USER):
        return refusal
    if not (await _do(Deed.DELETE, person)).changed:
        form.email.errors = [LAST]
        return await _deletion_page(await _person(user_id), form, 422)
    return current_app.redirect(PEOPLE, 303)


@blueprint.get("/admin/invites/<uuid:link_id>")
@guards.admin_only
async def link(link_id: UUID) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        found = await queries.link(connection, link_id)
    return await page("admin/link", title="Revoke a link", invite=found) if found else abort(404)


@blueprint.post("/admin/invites/<uuid:link_id>")
@guards.admin_only
@reauth.sensitive
async def revoke(link_id: UUID) -> ResponseReturnValue:
    if refusal := await _too_often(AuditAction.REVOKE_INVITE):
        return refusal
    if not await account_actions.revoke(deps.pools().own, guards.identity(), link_id, client.address()):
        abort(403)
    return current_app.redirect(PEOPLE, 303)


@blueprint.get("/admin/audit")
@guards.admin_only
@parameters.takes(*AUDIT_FIELDS, "before")
async def audit() -> ResponseReturnValue:
    form = Search(request.args)
    valid, zone = form.validate(), guards.view().zone
    async with deps.pools().own.acquire() as connection:
        names = await queries.actions(connection)
        wanted = form.wanted(zone) if valid else Wanted()
        found = await queries.audit(connection, wanted, A_PAGE + 1, form.before.data) if valid else []
    chosen = {name: text for name, text in request.args.items() if text and name in AUDIT_FIELDS}
    return await page(
        "admin/audit",
        title="Audit",
        status=200 if valid else 422,
        form=form,
        actions=sorted({*names, form.action.data} - {""}),
        entries=found[:A_PAGE],
        chosen=urlencode(chosen),
        older=urlencode({**chosen, "before": found[A_PAGE - 1].id}) if len(found) > A_PAGE else "",
        zone=zone,
    )


@blueprint.get("/admin/audit.csv")
@guards.admin_only
@parameters.takes(*AUDIT_FIELDS, "before")
async def audit_csv() -> ResponseReturnValue:
    form = Search(request.args)
    if not form.validate():
        return await errors.answer(422)
    async with deps.pools().own.acquire() as connection:
        found = await queries.audit(connection, form.wanted(guards.view().zone), csv.ROWS, form.before.data)
        done = (AuditAction.EXPORT, AuditOutcome.OK, client.address(), f"audit.csv, {len(found)} rows")
        await record_by(connection, guards.identity(), *done)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(csv.drawn(found), 200, headers, content_type="text/csv; charset=utf-8")


async def _do(deed: Deed, person: Person) -> account_actions.Done:
    who, pool = guards.identity(), deps.pools().own
    done = await account_actions.do(deed, pool, deps.sessions(), who, person, client.address())
    if not done.changed:
        asker = await _person(who.user_id)
        if not asker.active or asker.role is not Role.ADMIN:
            abort(403)  # another administrator was quicker
    return done


async def _too_often(action: AuditAction) -> Response | None:
    who = guards.identity()
    wait = await deps.limits().hit("admin:people", str(who.user_id), DEEDS)
    if wait is None:
        return None
    async with deps.pools().own.acquire() as connection:
        await record_by(connection, who, action, AuditOutcome.LIMITED, client.address(), "")
    return await errors.answer(429, retry_after=wait)


async def _person(user_id: UUID) -> Person:
    async with deps.pools().own.acquire() as connection:
        found = await queries.person(connection, user_id)
    return found or abort(404)


async def _people_page(form: Invitation, status: int = 200) -> Response:
    token, after = LINK.brought(), request.args.get("after", "")
    async with deps.pools().own.acquire() as connection:
        found = await queries.people(connection, after, A_PAGE + 1)
        links = await queries.links(connection, A_PAGE)
        made = await queries.link_of(connection, token) if token else None
    response = await page(
        "admin/users",
        title="People",
        status=status,
        form=form,
        people=found[:A_PAGE],
        more=found[A_PAGE - 1].email if len(found) > A_PAGE else "",
        after=after,
        invites=links,
        made=made,
        address=f"{deps.settings().public_url}/invite/{token}",
    )
    return LINK.shown(response)


async def _person_page(person: Person, refusal: str = "") -> Response:
    deeds = [(deed.value, ACTS[deed]) for deed in account_actions.open_to(person, guards.identity().user_id)]
    return await page(
        "admin/user",
        title=person.email,
        status=422 if refusal else 200,
        person=person,
        deeds=deeds,
        refusal=refusal,
        own=person.id == guards.identity().user_id,
    )


async def _deletion_page(person: Person, form: Deletion, status: int = 200) -> Response:
    return await page("admin/delete", title="Delete an account", status=status, person=person, form=form)


async def _in_time(asked: Awaitable[T]) -> T | None:
    """None while Redis does not answer: the page says so, and shows the rest."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await asked
    except (TimeoutError, wire.RedisUnavailable):
        return None
