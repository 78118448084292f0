"""What the API says of a change that can be undone."""

from uuid import UUID

import msgspec


class UndoOffer(msgspec.Struct, frozen=True):
    """What was removed comes back by POST to `/watchlists/undo/{undo_id}` or `/screens/undo/{undo_id}` for so many
    `seconds`; `undo_id` is null if nothing was removed."""

    undo_id: UUID | None
    seconds: int
