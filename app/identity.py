"""Who is looking (Identity) and in which closed form they see it (View)."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

ZONES: tuple[str, ...] = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
)


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class NumberForm(StrEnum):
    """How figures are written: 1,234.56 or 1.234,56."""

    POINT = "point"
    COMMA = "comma"


class View(NamedTuple):
    """One of few ways to draw the same values; everything pushed is drawn once per view."""

    zone: str = ZONES[0]
    numbers: NumberForm = NumberForm.POINT


class Identity(NamedTuple):
    user_id: UUID
    email: str
    role: Role
    session: str
    """SHA-256 of the session id, in hex: safe to log and to compare, useless as a cookie."""
