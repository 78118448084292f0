"""JSON API of the saved screens of whoever sends the request."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from quart import Blueprint, abort

from app import deps
from app.identity import Scope
from app.owned.names import LONGEST_NAME
from app.owned.problems import as_problems
from app.owned.undo.offer import UndoOffer
from app.rules.errors import RuleError
from app.rules.identity import VERSION
from app.scans import scan_request
from app.scans.address import USUAL_SORT, USUAL_TIMEFRAME
from app.scans.columns import USUAL_SET, sort_order
from app.scans.rule_documents import BarsPrefix, ColumnSetName, RuleRefusal, SortText, refuse_rule
from app.scans.scan_request import TableChoice
from app.scans.screens import changes, queries
from app.scans.screens.changes import UNDO_SECONDS
from app.scans.screens.screen import MAX_SCREENS, SavedScreen, ScreenDefinition
from app.web import api, api_writes, guards
from app.web.api import Versioned
from app.web.api_writes import ApiWrite, Created

blueprint = Blueprint("screens_api", __name__, url_prefix=f"{api.ROOT}/screens")

ScreenName = Annotated[api.PlainText, Meta(min_length=1, max_length=LONGEST_NAME)]


class ScreenContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`scope`: universes, and list.SLUG for a watchlist of yours; empty for all symbols."""

    name: ScreenName
    rule: api.PlainText
    scope: list[api.PlainText] = []
    timeframe: BarsPrefix = USUAL_TIMEFRAME
    sort: SortText = USUAL_SORT.text
    columns: ColumnSetName = USUAL_SET

    def definition(self) -> ScreenDefinition:
        """Answers 422 for what is no rule or no scope."""
        try:
            scope = scan_request.scope_names(",".join(self.scope))
        except ValueError as error:
            abort(422, f"scope: {error}")
        choice = TableChoice(scope, self.timeframe, sort_order(self.sort) or USUAL_SORT, self.columns, 1)
        try:
            return ScreenDefinition.of(choice.request(self.rule, VERSION).address)
        except RuleError as error:
            refuse_rule("rule", error.problems)


class ScreenChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays. `place`: among your screens, from 1."""

    name: ScreenName | UnsetType = UNSET
    place: Annotated[int, Meta(ge=1, le=MAX_SCREENS)] | UnsetType = UNSET


class ScreenDocument(msgspec.Struct, frozen=True):
    """`rule`: in its one spelling. `rule_version`: of the language of rules."""

    slug: str
    name: str
    rule: str
    rule_version: int
    scope: list[str]
    timeframe: str
    sort: str
    columns: str
    updated_at: datetime

    @classmethod
    def of(cls, screen: SavedScreen) -> "ScreenDocument":
        saved = screen.definition
        return cls(
            slug=screen.slug,
            name=screen.name,
            rule=saved.rule,
            rule_version=saved.rule_version,
            scope=saved.scope.split(",") if saved.scope else [],
            timeframe=saved.timeframe,
            sort=saved.sort,
            columns=saved.columns,
            updated_at=screen.updated_at,
        )


class ScreenDocuments(msgspec.Struct, frozen=True):
    """In the order of their owner."""

    screens: list[ScreenDocument]


@blueprint.get("")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(ScreenDocuments)
async def screens(_parameters: api.NoParameters) -> ScreenDocuments:
    """Your saved screens."""
    async with deps.pools().own.acquire() as connection:
        own = await queries.screens(connection, guards.identity().user_id)
    return ScreenDocuments([ScreenDocument.of(each) for each in own])


@blueprint.post("")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(ScreenDocument, body=ScreenContent, creates=True, problems={422: RuleRefusal})
async def create(sent: ScreenContent, write: ApiWrite) -> Created:
    """Saves a rule behind your other screens."""
    definition = sent.definition()
    with as_problems():
        screen = await changes.create(write.connection, guards.identity().user_id, sent.name, definition)
    return Created(ScreenDocument.of(screen), f"{api.ROOT}/screens/{screen.slug}", screen.version)


@blueprint.get("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(ScreenDocument, versioned=True)
async def screen(_parameters: api.NoParameters, slug: str) -> Versioned:
    """One of your saved screens. `/scan` answers its rule."""
    async with deps.pools().own.acquire() as connection:
        own = await queries.find(connection, guards.identity().user_id, slug) or abort(404)
    return Versioned(ScreenDocument.of(own), own.version)


@blueprint.put("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(ScreenDocument, body=ScreenContent, problems={422: RuleRefusal})
async def replace(sent: ScreenContent, write: ApiWrite, slug: str) -> Versioned:
    """Saves another name and rule."""
    user_id = guards.identity().user_id
    await _lock(write, slug)
    definition = sent.definition()
    with as_problems():
        await changes.rename(write.connection, user_id, slug, sent.name)
    await changes.save(write.connection, user_id, slug, definition)
    return await _after(write, slug)


@blueprint.patch("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(ScreenDocument, body=ScreenChange)
async def change(sent: ScreenChange, write: ApiWrite, slug: str) -> Versioned:
    """Renames a screen, or moves it among your screens."""
    user_id = guards.identity().user_id
    await _lock(write, slug)
    with as_problems():
        if sent.name is not UNSET:
            await changes.rename(write.connection, user_id, slug, sent.name)
    if sent.place is not UNSET:
        await changes.move(write.connection, user_id, slug, sent.place - 1)
    return await _after(write, slug)


@blueprint.delete("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(UndoOffer, versioned=False)
async def delete(write: ApiWrite, slug: str) -> UndoOffer:
    """Deletes a screen, which can be undone for a short time."""
    await _lock(write, slug)
    return UndoOffer(await changes.delete(write.connection, guards.identity().user_id, slug), UNDO_SECONDS)


@blueprint.post("/undo/<uuid:undo_id>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(ScreenDocument)
async def undo(write: ApiWrite, undo_id: UUID) -> Versioned:
    """Puts a deleted screen back."""
    with as_problems():
        slug = await changes.undo(write.connection, guards.identity().user_id, undo_id)
    return await _after(write, slug)


async def _lock(write: ApiWrite, slug: str) -> None:
    """Answers 412 for another version. Raises NoSuchScreen."""
    write.require((await changes.lock(write.connection, guards.identity().user_id, slug)).version)


async def _after(write: ApiWrite, slug: str) -> Versioned:
    saved = await changes.lock(write.connection, guards.identity().user_id, slug)
    return Versioned(ScreenDocument.of(saved), saved.version)
