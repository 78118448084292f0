"""Names that people give, and the part of an address that is made of one."""

import re
import unicodedata
from collections.abc import Container
from itertools import count

from app.owned.refusals import InvalidText

LONGEST_NAME = 60
LONGEST_SLUG = 60
JOINERS = "\u200c\u200d"
"""What stands between letters of some scripts, and between the parts of an emoji: seen by what it does to them."""


def one_line(text: str) -> str:
    """In one Unicode form, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split()).strip(JOINERS)


def is_visible(text: str) -> bool:
    return all(character.isprintable() or character in JOINERS for character in text)


def checked_name(text: str) -> str:
    """Raises InvalidText."""
    name = one_line(text)
    if not name:
        raise InvalidText("Type a name.")
    if len(name) > LONGEST_NAME:
        raise InvalidText(f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.")
    if not is_visible(name):
        raise InvalidText("A name has characters that can be seen, and no others.")
    return name


def name_key(name: str) -> str:
    """The same for names that differ only in case, in the form of a character or in joiners."""
    return unicodedata.normalize("NFKC", name).casefold().translate(dict.fromkeys(map(ord, JOINERS)))


def slug(name: str, kind: str, used: Container[str], reserved: Container[str]) -> str:
    """Of letters a to z, figures and hyphens; for a name that has none of these, `kind`-1 and so on. `reserved`: other
    paths at the same place."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")
    if stem and stem not in reserved and stem not in used:
        return stem
    candidates = (f"{stem or kind}-{number}" for number in count(2 if stem else 1))
    return next(candidate for candidate in candidates if candidate not in used)


def free_name(name: str, used_keys: Container[str]) -> str:
    """The name itself, or with a number behind it that makes it unique."""
    if name_key(name) not in used_keys:
        return name
    numbered = (f"{name[: LONGEST_NAME - len(str(number)) - 1]} {number}" for number in count(2))
    return next(candidate for candidate in numbered if name_key(candidate) not in used_keys)
