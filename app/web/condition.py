"""How current the figures of a page are, as its frame shows it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from markupsafe import Markup
from quart import Quart, current_app


class PageCondition(NamedTuple):
    """As rendered when the page is loaded."""

    kind: str
    """Selects styles and remedy."""
    badge: Markup
    reason: Markup
    """A sentence for every user."""
    remedies: Mapping[str, str] = {}
    """What an administrator can do, by kind."""
    source: str = ""
    """What the prices are, such as an invented market or a replay; empty before a feed announced it."""


def install(app: Quart, now: Callable[[], PageCondition]) -> None:
    app.extensions["condition"] = now


def current() -> PageCondition:
    now: Callable[[], PageCondition] = current_app.extensions["condition"]
    return now()
