"""Time-based codes (RFC 6238), the QR code that hands over their secret, and recovery codes."""

import base64
import secrets
from typing import NamedTuple

import pyotp
import segno

ISSUER = "TickStock"
STEP_SECONDS = 30
DIGITS = 6
CLOCK_DRIFT_STEPS = 1
"""Steps of 30 s by which a telephone's clock may be wrong, either way."""

RECOVERY_CODES = 10
RECOVERY_BYTES = 15
"""120 bits: enough for a plain hash to keep them safe."""
RECOVERY_LETTERS = 24
BORDER = 4


class Picture(NamedTuple):
    """A QR code as the outline of its dark squares, in a square of `size` units."""

    size: int
    path: str


def new_secret() -> str:
    """160 bits in base32, as authenticator apps expect."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture(text: str) -> Picture:
    qr = segno.make(text, error="m", micro=False)
    rows = list(qr.matrix_iter(border=BORDER))
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Picture(len(rows), "".join(squares))


def step_of(secret: str, code: str, now: float) -> int | None:
    """The time step that this code belongs to, of those valid at `now` (UTC epoch seconds); None if it is wrong."""
    current, totp = int(now) // STEP_SECONDS, pyotp.TOTP(secret)
    steps = range(current - CLOCK_DRIFT_STEPS, current + CLOCK_DRIFT_STEPS + 1)
    matches = [step for step in steps if secrets.compare_digest(totp.generate_otp(step), code)]
    return matches[-1] if matches else None


def normal(typed: str | None) -> str:
    """The code without the spaces and dashes that people copy, for comparison."""
    return "".join((typed or "").replace("-", " ").split()).lower()


def is_totp(code: str) -> bool:
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def is_recovery(code: str) -> bool:
    return len(code) == RECOVERY_LETTERS and code.isascii() and code.isalnum()


def new_recovery() -> list[str]:
    codes = (base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(code[at : at + 6] for at in range(0, RECOVERY_LETTERS, 6)) for code in codes]
