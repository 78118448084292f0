"""The hours of the exchange as HTML."""

from collections.abc import Sequence

from markupsafe import Markup

from app.market.exchange.status import DayPart, ExchangeStatus
from app.web.html import fragment


def hours(status: ExchangeStatus, line: Sequence[DayPart]) -> Markup:
    """`line`: of the day, in percent."""
    return fragment("exchange/hours", status=status, line=line)
