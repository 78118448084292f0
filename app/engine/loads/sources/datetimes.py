"""Parses dates and times in the formats that files use, with their UTC offset."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Literal, NamedTuple

DateOrder = Literal["mdy", "dmy"]
"""Whether 03/05/2024 is March 5 or May 3."""

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?"
)
_AFTER_DAY = len("2012-09-04T")
_EPOCH = re.compile(r"([0-9]{9,10}|[0-9]{12,13}|[0-9]{15,16}|[0-9]{18,19})(\.[0-9]{1,9})?")
_SCALES = {12: 10**3, 13: 10**3, 15: 10**6, 16: 10**6, 18: 10**9, 19: 10**9}
"""Units per second of epoch times, by their digits, up to nanoseconds."""
_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENDS = ("uary", "ruary", "ch", "il", "", "e", "y", "ust", "t|tember", "ober", "ember", "ember")
_MONTH = rf"(?:{'|'.join(f'{name}(?:{end})?' for name, end in zip(MONTHS, _ENDS, strict=True))})\.?"
_DAY_FORMS = (
    r"(?P<year>[0-9]{4})(?P<part>[-/.])(?P<month>[0-9]{1,2})(?P=part)(?P<day>[0-9]{1,2})",
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    rf"(?P<day>[0-9]{{1,2}})[- /.](?P<name>{_MONTH})[- /.,]{{1,2}}(?P<year>[0-9]{{4}})",
    rf"(?P<name>{_MONTH})[- ](?P<day>[0-9]{{1,2}}),? ?[- ]?(?P<year>[0-9]{{4}})",
    r"(?P<first>[0-9]{1,2})(?P<part>[-/.])(?P<second>[0-9]{1,2})(?P=part)(?P<year>[0-9]{4})",
)
_CLOCK = (
    r"([T ]((?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<seconds>[0-9]{2})(?P<fraction>\.[0-9]{1,9})?)?"
    r"|(?P<compact>[0-9]{6}))( ?(?P<half>[AP])M)?"
    r"( ?(Z|UTC|GMT|(?:UTC|GMT)?(?P<offset>[+-][0-9]{2}(:?[0-9]{2})?)))?)?"
)
_FORMS = tuple(re.compile(day + _CLOCK, re.IGNORECASE) for day in _DAY_FORMS)
_ORDERED = _FORMS[-1]
_MIDNIGHT = re.compile(r"(.*[0-9])[T ]00:00(:00(\.0+)?)?")

_HINTS = (
    (re.compile(r"[0-9]{5}(\.[0-9]+)?"), "it may be a spreadsheet's number of a day"),
    (re.compile(r".*[0-9] ?[A-Za-z]{2,}[A-Za-z/_]*"), "write a zone as its offset from UTC, such as -05:00"),
    (re.compile(r".*[0-9]{4}.* [0-9]{1,5}"), "write a time of day as 09:30 or 093000"),
    (re.compile(r"[0-9A-Za-z]+[-/. ][0-9A-Za-z]+[-/. ,]+[0-9]{2}"), "write years with four digits"),
)
"""Advice for texts that are no time."""


class InvalidTime(ValueError):
    """The message says what is wrong with a time."""


class AmbiguousTime(InvalidTime):
    """The order of day and month is ambiguous."""


class ParsedTime(NamedTuple):
    at: datetime
    """With the UTC offset of the text; UTC without one."""
    timed: bool
    """Whether the text has a time of day."""


def parse_time(text: str, order: DateOrder | None = None) -> ParsedTime:
    """Raises InvalidTime. A time without an offset is UTC."""
    try:
        if _ISO.fullmatch(text):
            at = datetime.fromisoformat(text[:_AFTER_DAY] + text[_AFTER_DAY:].replace(" ", ""))
            return ParsedTime(at if at.tzinfo else at.replace(tzinfo=UTC), len(text) > _AFTER_DAY)
        if _EPOCH.fullmatch(text):
            return ParsedTime(_epoch(text), timed=True)
        match = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
        if match is None:
            raise InvalidTime(_unreadable(text))
        return _matched(match, text, order)
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidTime):
            raise
        raise InvalidTime(f"time: {text[:40]!r} does not exist") from None


def join_time(day: str, clock: str) -> str:
    """Joins a date column and a time column; databases write midnight after the date."""
    midnight = _MIDNIGHT.fullmatch(day.strip())
    return f"{midnight[1] if midnight else day.strip()} {clock.strip()}"


def orders(texts: Iterable[str]) -> set[DateOrder]:
    """The orders that dates of a file prove: a number above 12 is no month."""
    possible: set[DateOrder] = set()
    for text in set(texts):
        if match := _ORDERED.fullmatch(text.strip()):
            first, second = int(match["first"]), int(match["second"])
            if first > len(MONTHS) >= second:
                possible.add("dmy")
            elif second > len(MONTHS) >= first:
                possible.add("mdy")
    return possible


def _epoch(text: str) -> datetime:
    """Exact; a fraction below a microsecond counts as one, so that it is no whole minute."""
    whole, _, rest = text.partition(".")
    scale = _SCALES.get(len(whole), 1)
    if not rest.strip("0"):
        seconds, rest_of_it = divmod(int(whole), scale)
        return _BEGAN + timedelta(seconds=seconds, microseconds=-(-rest_of_it * 10**6 // scale))
    return _BEGAN + timedelta(microseconds=ceil(Decimal(text) * 10**6 / scale))


def _matched(match: re.Match[str], text: str, order: DateOrder | None) -> ParsedTime:
    parts = match.groupdict()
    if parts.get("first"):
        month, day = _ordered(int(match["first"]), int(match["second"]), text, order)
    else:
        name = parts.get("name")
        month = MONTHS.index(name[:3].lower()) + 1 if name else int(match["month"])
        day = int(match["day"])
    hour, minute, second, micro = _clock(parts)
    at = datetime(int(match["year"]), month, day, hour, minute, second, micro, UTC)
    timed = parts["hour"] is not None or parts["compact"] is not None
    if offset := parts["offset"]:
        at = datetime.fromisoformat(at.replace(tzinfo=None).isoformat() + offset)
    return ParsedTime(at, timed)


def _ordered(first: int, second: int, text: str, order: DateOrder | None) -> tuple[int, int]:
    """Month and day."""
    if order is None and first <= len(MONTHS) and second <= len(MONTHS) and first != second:
        raise AmbiguousTime(
            f"time: {text[:40]!r} could be two days: write it in the form 2012-09-04, or say --dates mdy or --dates dmy"
        )
    month_first = order == "mdy" or (order is None and second > len(MONTHS))
    return (first, second) if month_first else (second, first)


def _clock(parts: dict[str, str | None]) -> tuple[int, int, int, int]:
    """Hour, minute, second, microsecond."""
    if compact := parts["compact"]:
        hour, minute, second = int(compact[:2]), int(compact[2:4]), int(compact[4:])
    else:
        hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "seconds"))
    if half := parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half.upper() == "P" else 0)
    return hour, minute, second, ceil(Decimal(parts["fraction"] or 0) * 10**6)


def _unreadable(text: str) -> str:
    hint = next((f"; {words}" for form, words in _HINTS if form.fullmatch(text)), "")
    return f"time: {text[:40]!r} is no date of the form 2012-09-04, no ISO time and no epoch time{hint}"
