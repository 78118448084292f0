"""The end of the user's session: set where the session is read, shown on every page."""

from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup
from quart import Quart, current_app, g

from app.identity import View

WARNING_SECONDS = 300
"""Time before the absolute limit at which the page warns."""


class SessionEnd(NamedTuple):
    """UTC epoch seconds, by the clock of Redis."""

    now: float
    idle_ends: float
    """End without further use; never after `ends`."""
    ends: float
    """The absolute limit."""

    @property
    def is_near(self) -> bool:
        """Whether the absolute limit is near; then only typing the password again extends the session."""
        return self.ends - self.now <= WARNING_SECONDS


Draw = Callable[[SessionEnd, bool, View], Markup]
"""Arguments: the end, whether a live stream of the page keeps the session alive, and the view."""


def install(app: Quart, draw: Draw) -> None:
    app.extensions["session_end"] = draw


def note(end: SessionEnd) -> None:
    g.session_end = end


def current() -> SessionEnd | None:
    """None without a session."""
    end: SessionEnd | None = g.get("session_end")
    return end


def markup(view: View, *, live: bool) -> Markup | None:
    """None without a session."""
    end = current()
    if end is None:
        return None
    draw: Draw = current_app.extensions["session_end"]
    return draw(end, live, view)
