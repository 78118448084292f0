"""The state of the desk as HTML."""

from markupsafe import Markup

from app.finance.clock import MarketClock
from app.identity import View
from app.market.lamps import Lamp
from app.web.html import fragment


def clock(clock: MarketClock | None, at: float | None, view: View) -> Markup:
    """`at`: the time on the market's clock."""
    return fragment("market/clock", clock=clock, at=at, view=view)


def lamp(lamp: Lamp) -> Markup:
    return fragment("market/lamp", lamp=lamp)


def notice(missed: int | None) -> Markup:
    """0 holds the place, None says that it cannot be told how many were missed."""
    return fragment("market/notice", missed=missed)


def gap() -> Markup:
    """In place of the notice."""
    return fragment("market/gap")
