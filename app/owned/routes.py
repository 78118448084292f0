"""Pages on which a person renames, deletes and puts back what they keep: lists, screens."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode
from uuid import UUID

from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app.db.connection import DatabaseConnection
from app.db.pools import Pools
from app.owned.forms import NameForm, version_number
from app.owned.refusals import LimitReached, NameTaken, StaleChange, UndoExpired
from app.owned.undo import queries as undo_queries
from app.owned.undo.notice import UndoNotice
from app.owned.undo.queries import StoredUndo
from app.web import guards, html


class OwnedItem(Protocol):
    """A list or a screen. `path`: of its page; `contents`: as a sentence."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def contents(self) -> str: ...


class OwnedKind(NamedTuple):
    """What items of one kind have in common. The functions are given a connection and the id of a person; all but
    `find` need a transaction, and raise Refusals.

    `word`: for one item; `path`: of the page of all items, whose title is `title`. `find`: by slug, None for somebody
    else's. `rename`: slug, new name, name before; `delete`: slug and version, returns the id by which it is undone.
    `undo`: by that id, returns the slug of what it changed.
    """

    word: str
    title: str
    path: str
    find: Callable[[DatabaseConnection, UUID, str], Awaitable[OwnedItem | None]]
    rename: Callable[[DatabaseConnection, UUID, str, str, str | None], Awaitable[Any]]
    delete: Callable[[DatabaseConnection, UUID, str, int], Awaitable[UUID]]
    undo: Callable[[DatabaseConnection, UUID, UUID], Awaitable[str]]
    undo_kinds: Collection[str]
    undo_notice: Callable[[StoredUndo], UndoNotice]


class OwnedPages:
    """Pages of one kind, without their routes."""

    def __init__(self, kind: OwnedKind, pools: Callable[[], Pools]) -> None:
        self.kind, self._pools = kind, pools

    async def item(self, slug: str) -> OwnedItem:
        """Answers 404 to all but its owner."""
        async with self._pools().own.acquire() as connection:
            item = await self.kind.find(connection, guards.identity().user_id, slug)
        return item or abort(404)

    async def notice(self, undo_id: str) -> UndoNotice | None:
        """`undo_id`: anything that a person may type."""
        async with self._pools().own.acquire() as connection:
            row = await undo_queries.find_typed(connection, guards.identity().user_id, undo_id, self.kind.undo_kinds)
        return self.kind.undo_notice(row) if row else None

    async def name(self, item: OwnedItem, form: NameForm | None = None, status: int = 200) -> Response:
        form = form or NameForm(data={"name": item.name, "before": item.name})
        return await html.page("owned/name", title=f"Rename {item.name}", status=status, item=item, form=form)

    async def rename(self, slug: str, form: NameForm) -> ResponseReturnValue:
        item = await self.item(slug)
        if not form.validate():
            return await self.name(item, form, 422)
        try:
            async with self._pools().own.transaction() as connection:
                user_id, before = guards.identity().user_id, form.before.data or None
                await self.kind.rename(connection, user_id, slug, form.name.data, before)
        except NameTaken as refusal:
            form.name.errors = [str(refusal)]
            return await self.name(item, form, 422)
        except StaleChange as stale:
            form.show_stale(stale.current["name"] or "")
            return await self.name(item, form, 412)
        return current_app.redirect(item.path, 303)

    async def confirm_delete(self, slug: str, status: int = 200) -> Response:
        item = await self.item(slug)
        title, stale = f"Delete {item.name}", status == 412
        return await html.page("owned/delete", title=title, status=status, item=item, word=self.kind.word, stale=stale)

    async def delete(self, slug: str, version: int) -> ResponseReturnValue:
        try:
            async with self._pools().own.transaction() as connection:
                undo_id = await self.kind.delete(connection, guards.identity().user_id, slug, version)
        except StaleChange:
            return await self.confirm_delete(slug, 412)
        return current_app.redirect(f"{self.kind.path}?{urlencode({'undo': undo_id})}", 303)

    async def undo(self, undo_id: UUID) -> ResponseReturnValue:
        try:
            async with self._pools().own.transaction() as connection:
                slug = await self.kind.undo(connection, guards.identity().user_id, undo_id)
        except UndoExpired as refusal:
            abort(404, str(refusal))
        except LimitReached as refusal:
            abort(422, str(refusal))
        return current_app.redirect(f"{self.kind.path}/{slug}", 303)


def add_routes(blueprint: Blueprint, pages: OwnedPages) -> None:
    """Of each item below its path, and of undo below that of all items."""
    kind = pages.kind

    @blueprint.get(f"{kind.path}/<slug:slug>/name")
    @guards.signed_in
    async def name(slug: str) -> ResponseReturnValue:
        return await pages.name(await pages.item(slug))

    @blueprint.post(f"{kind.path}/<slug:slug>/name")
    @guards.signed_in
    async def rename(slug: str) -> ResponseReturnValue:
        return await pages.rename(slug, NameForm(await request.form))

    @blueprint.get(f"{kind.path}/<slug:slug>/delete")
    @guards.signed_in
    async def confirm_delete(slug: str) -> ResponseReturnValue:
        return await pages.confirm_delete(slug)

    @blueprint.post(f"{kind.path}/<slug:slug>/delete")
    @guards.signed_in
    async def delete(slug: str) -> ResponseReturnValue:
        """Only the version that the page showed is deleted."""
        return await pages.delete(slug, version_number((await request.form).get("version", "")))

    @blueprint.get(f"{kind.path}/undo/<uuid:undo_id>")
    @guards.signed_in
    async def show_undo(undo_id: UUID) -> ResponseReturnValue:
        notice = await pages.notice(str(undo_id)) or abort(404)
        return await html.page("owned/undo", title="Undo", notice=notice, kind=kind)

    @blueprint.post(f"{kind.path}/undo/<uuid:undo_id>")
    @guards.signed_in
    async def undo(undo_id: UUID) -> ResponseReturnValue:
        return await pages.undo(undo_id)
