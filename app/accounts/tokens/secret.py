"""The form of an API token: ts_, 256 random bits, and a checksum that secret scanners recognize."""

import re
import secrets
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECK_DIGITS = 6
SHAPE = re.compile(r"ts_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}")


def new_token() -> str:
    random = f"ts_{secrets.token_urlsafe(32)}"
    return random + _check(random)


def is_token(text: str) -> bool:
    """Whether form and checksum are right: rejects mistyped tokens without a query."""
    return SHAPE.fullmatch(text) is not None and _check(text[:-CHECK_DIGITS]) == text[-CHECK_DIGITS:]


def _check(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECK_DIGITS):
        number, place = divmod(number, len(DIGITS))
        digits = DIGITS[place] + digits
    return digits
