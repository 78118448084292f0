"""What a page says of a change that can be undone."""

from typing import NamedTuple
from uuid import UUID


class UndoNotice(NamedTuple):
    """`omitted`: what an import left out."""

    id: UUID
    text: str
    act: str
    """What undoing it does, for its button."""
    until: float
    """UTC epoch seconds."""
    path: str
    """To which the button posts."""
    omitted: list[str]
