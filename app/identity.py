"""The viewer: identity and role, settings, and the view (time zone, number format, language) of what is drawn."""

import hashlib
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
RENAMED = {"Asia/Calcutta": "Asia/Kolkata"}
"""Old names that browsers still send."""


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class Scope(StrEnum):
    """Scope of an API token; each includes those before it."""

    READ = "read"
    JOBS = "jobs"
    ADMIN = "admin"

    def covers(self, other: "Scope") -> bool:
        order = tuple(Scope)
        return order.index(self) >= order.index(other)


class NumberForm(StrEnum):
    """How figures are written: 1,234.56, 1.234,56 or 1 234,56."""

    POINT = "point"
    COMMA = "comma"
    SPACE = "space"


class Language(StrEnum):
    """Language of pages, as in HTML's `lang` (BCP 47). Those that exist."""

    ENGLISH = "en"


class Colours(StrEnum):
    """Of a rise and of a fall, as static/css/tokens.css has them by the class of <html>."""

    GREEN_RED = "green-red"
    RED_GREEN = "red-green"
    """As in East Asia."""
    BLUE_ORANGE = "blue-orange"
    """Told apart without seeing red and green."""


class Rate(StrEnum):
    """Update rate of a page. Alerts are sent at once at every rate."""

    FASTEST = "fastest"
    AUTO = "auto"
    SECOND = "1s"
    FIVE_SECONDS = "5s"
    HALF_MINUTE = "30s"
    PAUSED = "paused"


class Density(StrEnum):
    """Of the rows of tables."""

    DENSE = "dense"
    COMFORTABLE = "comfortable"


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class HomePage(StrEnum):
    """The page that opens after signing in. Those that exist."""

    DESK = "desk"
    LISTS = "lists"
    PATTERNS = "patterns"

    @property
    def path(self) -> str:
        return {HomePage.DESK: "/", HomePage.LISTS: "/w", HomePage.PATTERNS: "/patterns"}[self]


class UserSettings(NamedTuple):
    """What a user chose. `zone` None: the browser's, or the desk's; `rate` None: slower with Save-Data."""

    zone: str | None = None
    numbers: NumberForm = NumberForm.POINT
    colours: Colours = Colours.GREEN_RED
    density: Density = Density.DENSE
    theme: Theme = Theme.SYSTEM
    rate: Rate | None = None
    reduced_data: bool = False
    """No sparklines, and no charts until they are requested."""
    home: HomePage = HomePage.DESK


class View(NamedTuple):
    """How values are written, from closed lists; every push is rendered once per view. What only the page's stylesheet
    shows, such as colours, is no part of it, so that readers share their pushes."""

    zone: str = ZONES[0]
    numbers: NumberForm = NumberForm.POINT
    language: Language = Language.ENGLISH
    reduced_data: bool = False
    """Without sparklines."""


class Identity(NamedTuple):
    user_id: UUID
    email: str
    role: Role
    session: str
    """SHA-256 of the session id or of the token, in hex: safe to log and to compare, useless as a key."""
    scope: Scope | None = None
    """None: a session, which may do whatever its user may."""


def secret_hash(secret: str) -> str:
    """SHA-256 in hex, in place of a stored secret. One round is enough for secrets that are random."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
