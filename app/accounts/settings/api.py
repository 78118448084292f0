"""JSON API of the settings of whoever sends the request."""

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.accounts.settings import queries, store
from app.accounts.settings.queries import StoredSettings
from app.identity import ZONES, Colours, Density, HomePage, NumberForm, Rate, Scope, Theme, UserSettings
from app.web import api, api_writes, guards
from app.web.api import Versioned
from app.web.api_writes import ApiWrite

blueprint = Blueprint("settings_api", __name__, url_prefix=api.ROOT)


class SettingsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pages are shown to a person. `zone` null: the browser's, or the desk's; `rate` null: slower where the browser
    saves data."""

    zone: Annotated[str, Meta(extra_json_schema={"enum": list(ZONES)})] | None
    numbers: NumberForm
    colours: Colours
    density: Density
    theme: Theme
    rate: Rate | None
    reduced_data: Annotated[bool, Meta(description="No sparklines, and no charts until they are requested.")]
    home: Annotated[HomePage, Meta(description="The page that opens after signing in.")]


@blueprint.get("/settings")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(SettingsDocument, versioned=True)
async def settings(_parameters: api.NoParameters) -> Versioned:
    """Your settings; the defaults, with the version 0, before they are first stored."""
    async with deps.pools().own.acquire() as connection:
        return _versioned(await queries.of(connection, guards.identity().user_id))


@blueprint.put("/settings")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(SettingsDocument, body=SettingsDocument)
async def replace(document: SettingsDocument, write: ApiWrite) -> Versioned:
    """Stores settings in place of yours."""
    if document.zone is not None and document.zone not in ZONES:
        abort(422, f"zone: choose one of {', '.join(ZONES)}.")
    user_id = guards.identity().user_id
    write.require((await queries.lock(write.connection, user_id)).version)
    changed = await queries.put(write.connection, user_id, UserSettings(**msgspec.structs.asdict(document)))
    write.after_commit(partial(store.announce, user_id, changed))
    return _versioned(changed)


def _versioned(current: StoredSettings) -> Versioned:
    return Versioned(SettingsDocument(**current.settings._asdict()), current.version)
