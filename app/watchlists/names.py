"""Names of lists and sections, notes, and the part of an address that is made of a name."""

import re
import unicodedata
from collections.abc import Container
from itertools import count

from app.watchlists.watchlist import LONGEST_NAME, LONGEST_NOTE, InvalidText

RESERVED = frozenset({"add", "new", "order", "undo"})
"""Paths below /w that are no lists."""
LONGEST_SLUG = 60


def list_name(text: str) -> str:
    """Raises InvalidText."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise InvalidText("Type a name.")
    if len(name) > LONGEST_NAME:
        raise InvalidText(f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.")
    if not name.isprintable():
        raise InvalidText("A name has characters that can be seen, and no others.")
    return name


def note_text(text: str) -> str:
    """One line. Raises InvalidText."""
    note = " ".join(unicodedata.normalize("NFC", text).split())
    if len(note) > LONGEST_NOTE:
        raise InvalidText(f"A note has at most {LONGEST_NOTE} characters; this one has {len(note)}.")
    if not note.isprintable():
        raise InvalidText("A note has characters that can be seen, and no others.")
    return note


def name_key(name: str) -> str:
    """The same for names that differ only in case or in the form of a character."""
    return unicodedata.normalize("NFKC", name).casefold()


def slug(name: str, used: Container[str]) -> str:
    """Of letters a to z, figures and hyphens; for a name that has none of these, list-1 and so on."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")
    if stem and stem not in RESERVED and stem not in used:
        return stem
    candidates = (f"{stem or 'list'}-{number}" for number in count(2 if stem else 1))
    return next(candidate for candidate in candidates if candidate not in used)


def free_name(name: str, used_keys: Container[str]) -> str:
    """The name itself, or with a number behind it that makes it unique."""
    if name_key(name) not in used_keys:
        return name
    numbered = (f"{name[: LONGEST_NAME - len(str(number)) - 1]} {number}" for number in count(2))
    return next(candidate for candidate in numbered if name_key(candidate) not in used_keys)
