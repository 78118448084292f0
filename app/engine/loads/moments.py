"""Times as files write them, to the key of a bar: a date or an instant, always in UTC."""

import re
from datetime import UTC, date, datetime, timedelta

from app.engine.loads.frames import Frame, period

EARLIEST = date(1900, 1, 1)
MOST_KEPT = 200_000

_COMPACT = re.compile(r"[0-9]{8}")
_EPOCH = re.compile(r"[0-9]{9,10}(\.[0-9]+)?|[0-9]{12,13}|[0-9]{15,16}|[0-9]{18,19}")
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?( ?(Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_SCALES = {12: 10**3, 13: 10**3, 15: 10**6, 16: 10**6, 18: 10**9, 19: 10**9}
"""Of epoch times, by their digits: what providers' own files say is nanoseconds."""


class Bad(ValueError):
    """Says in a few words what is wrong with a time."""


class Moments:
    """Remembers what it has read: the rows of a file share their days."""

    def __init__(self, frame: Frame, until: date) -> None:
        self._frame = frame
        self._until = until
        self._known: dict[str, str] = {}

    def keys(self, column: list[str]) -> list[str]:
        """As PostgreSQL reads them, and sorts them; empty where there is no sense in it."""
        known = self._known
        try:
            return [known[text] for text in column]
        except KeyError:
            if len(known) > MOST_KEPT:
                known.clear()
        for text in set(column) - known.keys():
            try:
                known[text] = self.key(text)
            except Bad:
                known[text] = ""
        return [known[text] for text in column]

    def key(self, text: str) -> str:
        """Raises Bad."""
        at = _instant(text.strip())
        day = at.date()
        if not EARLIEST <= day <= self._until:
            raise Bad(f"time: {text[:40]!r} lies before 1900 or in the future")
        if self._frame.dated:
            return period(self._frame, day).isoformat()
        if at.second or at.microsecond:
            raise Bad(f"time: {text[:40]!r} is no whole minute")
        return at.strftime("%Y-%m-%d %H:%M:00+00")


def _instant(text: str) -> datetime:
    """A day alone, and a time without a zone, are UTC: local time has shifted bars to another day before."""
    try:
        if _ISO.fullmatch(text):
            at = datetime.fromisoformat(text.replace(" Z", "Z").replace(" +", "+").replace(" -", "-"))
        elif _COMPACT.fullmatch(text):
            at = datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
        elif _EPOCH.fullmatch(text):
            at = _epoch(text)
        else:
            raise Bad(f"time: {text[:40]!r} is no date of the form 2012-09-04, no ISO time and no epoch time")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Bad):
            raise
        raise Bad(f"time: {text[:40]!r} does not exist") from None


def _epoch(text: str) -> datetime:
    """Whole numbers to the digit; what is smaller than a microsecond counts as one, for it is no whole minute."""
    began = datetime(1970, 1, 1, tzinfo=UTC)
    if "." in text:
        return began + timedelta(seconds=float(text))
    scale = _SCALES.get(len(text), 1)
    seconds, rest = divmod(int(text), scale)
    return began + timedelta(seconds=seconds, microseconds=-(-rest * 10**6 // scale))
