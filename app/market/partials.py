"""Renders clock, condition, component status and notices as HTML."""

from markupsafe import Markup

from app.finance.clock import MarketClock
from app.identity import View
from app.market.condition import Condition
from app.market.status import ComponentStatus
from app.web.html import fragment


def clock(clock: MarketClock | None, at: float | None, runs: bool, view: View) -> Markup:
    """`at`: market time; `runs`: whether the page counts on from there."""
    return fragment("market/clock", clock=clock, at=at, runs=runs, view=view)


def condition(condition: Condition) -> Markup:
    """The word in the badge."""
    return fragment("market/condition", condition=condition)


def reason(condition: Condition) -> Markup:
    """The sentence that explains the condition, for every user."""
    return fragment("market/reason", condition=condition)


def status(status: ComponentStatus) -> Markup:
    return fragment("market/status", status=status)


def notice(topic: str, entries: str, missed: int | None) -> Markup:
    """`missed`: 0 renders the empty placeholder, None means an unknown number."""
    return fragment("market/notice", topic=topic, entries=entries, missed=missed)


def gap(topic: str, entries: str) -> Markup:
    """Takes the place of the notice."""
    return fragment("market/gap", topic=topic, entries=entries)
