"""When the session of whoever asks ends: noted where the session is read, printed on every page."""

from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup
from quart import Quart, current_app, g

from app.identity import View

WARNING_SECONDS = 300
"""So long before the absolute limit people are told of it."""


class SessionEnd(NamedTuple):
    """UTC epoch seconds, by the clock of the server that keeps sessions."""

    now: float
    idle_ends: float
    """When it ends if nobody uses it; never after `ends`."""
    ends: float
    """The absolute limit."""

    @property
    def is_near(self) -> bool:
        """Whether the absolute limit is: then the password alone, typed again, keeps anybody signed in."""
        return self.ends - self.now <= WARNING_SECONDS


Draw = Callable[[SessionEnd, bool, View], Markup]
"""The end, whether a live stream of the page keeps the session, and how times are written."""


def install(app: Quart, draw: Draw) -> None:
    app.extensions["session_end"] = draw


def note(end: SessionEnd) -> None:
    g.session_end = end


def current() -> SessionEnd | None:
    """None where nobody is signed in by a session."""
    end: SessionEnd | None = g.get("session_end")
    return end


def markup(view: View, *, live: bool) -> Markup | None:
    """What a page prints of it; None where nobody is signed in."""
    end = current()
    if end is None:
        return None
    draw: Draw = current_app.extensions["session_end"]
    return draw(end, live, view)
