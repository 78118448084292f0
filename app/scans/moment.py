"""A moment in the past, as the address of a scan names it."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from app.finance import calendar
from app.finance.sessions import NEW_YORK, regular

FORMAT = "type a date such as 2012-09-04, or a date and time in New York such as 2012-09-04T14:30."
EARLIEST = date(1900, 1, 1)
DATE_LENGTH, MOMENT_LENGTH = len("2012-09-04"), len("2012-09-04T14:30")


class PastMoment(NamedTuple):
    """`text`: as in the address; `at`: UTC epoch seconds, up to which bars count that have closed."""

    text: str
    at: float

    @property
    def is_close(self) -> bool:
        """Whether a date alone is named: its session's close is meant, or that of the newest session before it."""
        return len(self.text) == DATE_LENGTH


def past_moment(text: str) -> PastMoment:
    """Raises ValueError, whose text says what is expected."""
    try:
        if len(text) not in (DATE_LENGTH, MOMENT_LENGTH) or not text.isascii():
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(FORMAT) from None
    if moment.date() < EARLIEST:
        raise ValueError(f"no bars are older than {EARLIEST.year}.")
    if len(text) == DATE_LENGTH:
        return PastMoment(moment.date().isoformat(), regular(calendar.newest_session(moment.date())).closes)
    return PastMoment(f"{moment:%Y-%m-%dT%H:%M}", moment.replace(tzinfo=NEW_YORK).astimezone(UTC).timestamp())
