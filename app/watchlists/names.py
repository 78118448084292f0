"""Addresses of lists, and notes."""

from collections.abc import Container

from app.owned import names
from app.owned.refusals import InvalidText
from app.watchlists.watchlist import LONGEST_NOTE

RESERVED = frozenset({"add", "new", "order", "undo"})
"""Paths below /w that are no lists."""


def note_text(text: str) -> str:
    """One line. Raises InvalidText."""
    note = names.one_line(text)
    if len(note) > LONGEST_NOTE:
        raise InvalidText(f"A note has at most {LONGEST_NOTE} characters; this one has {len(note)}.")
    if not names.is_visible(note):
        raise InvalidText("A note has characters that can be seen, and no others.")
    return note


def slug(name: str, used: Container[str]) -> str:
    return names.slug(name, "list", used, RESERVED)
