"""Codes of the moment by RFC 6238, the picture that hands over their secret, and codes for when it is lost."""

import base64
import secrets
from typing import NamedTuple

import pyotp
import segno

ISSUER = "TickStock"
STEP_SECONDS = 30
DIGITS = 6
CLOCK_DRIFT_STEPS = 1
"""Steps by which a telephone's clock may be off."""

RECOVERY_CODES = 10
RECOVERY_BYTES = 15
"""120 bits: so many that a plain hash keeps them safe."""
RECOVERY_LETTERS = 24
BORDER = 4


class Picture(NamedTuple):
    """A QR code as the outline of its dark squares, in a square of `size` units."""

    size: int
    path: str


def new_secret() -> str:
    """160 bits in base32, as authenticators take them."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture(text: str) -> Picture:
    qr = segno.make(text, error="m", micro=False)
    rows = list(qr.matrix_iter(border=BORDER))
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Picture(len(rows), "".join(squares))


def step_of(secret: str, code: str, now: float) -> int | None:
    """Which step's code this is, of those that count at `now` (UTC epoch seconds)."""
    current, totp = int(now) // STEP_SECONDS, pyotp.TOTP(secret)
    steps = range(current - CLOCK_DRIFT_STEPS, current + CLOCK_DRIFT_STEPS + 1)
    matches = [step for step in steps if secrets.compare_digest(totp.generate_otp(step), code)]
    return matches[-1] if matches else None


def normal(typed: str | None) -> str:
    """As it is compared: people copy the spaces and dashes that made it legible."""
    return "".join((typed or "").replace("-", " ").split()).lower()


def is_totp(code: str) -> bool:
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def is_recovery(code: str) -> bool:
    return len(code) == RECOVERY_LETTERS and code.isascii() and code.isalnum()


def new_recovery() -> list[str]:
    codes = (base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(code[at : at + 6] for at in range(0, RECOVERY_LETTERS, 6)) for code in codes]
