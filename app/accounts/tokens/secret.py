"""What a token looks like: ts_, 256 random bits, and a checksum by which scanners know it from other words."""

import hashlib
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
    """Whether it may be one of ours: what was cut or mistyped is known without asking anybody."""
    return SHAPE.fullmatch(text) is not None and _check(text[:-CHECK_DIGITS]) == text[-CHECK_DIGITS:]


def hashed(token: str) -> str:
    """One round is enough for what cannot be guessed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _check(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECK_DIGITS):
        number, place = divmod(number, len(DIGITS))
        digits = DIGITS[place] + digits
    return digits
