"""How current the figures of a page are, as the frame of every page with a stream prints it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from markupsafe import Markup
from quart import Quart, current_app


class PageCondition(NamedTuple):
    """As drawn for the moment at which the page is loaded."""

    kind: str
    """Which styles and which remedy apply."""
    badge: Markup
    reason: Markup
    """The sentence to it, for everybody."""
    remedies: Mapping[str, str] = {}
    """What an administrator can do, by kind."""


def install(app: Quart, now: Callable[[], PageCondition]) -> None:
    app.extensions["condition"] = now


def current() -> PageCondition:
    now: Callable[[], PageCondition] = current_app.extensions["condition"]
    return now()
