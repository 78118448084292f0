"""Parses days and times of forms and of the API."""

from datetime import UTC, datetime, tzinfo

YEARS = range(1900, 2200)

_DAY = "2012-08-31"
EXAMPLES = (_DAY, "2012-08-31T13:30:00Z", "2012-08-31T09:30:00-04:00")

_LEAP = "(?:19|20|21)(?:0[48]|[2468][048]|[13579][26])|2000"
_LENGTHS = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
PATTERN = (
    rf"^(?:(?:19|20|21)[0-9]{{2}}-(?:{_LENGTHS})|(?:{_LEAP})-02-29)"
    rf"(?:T{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?(?:Z|[+-]{_CLOCK}))?$"
)
"""Matches exactly what `parse` accepts, in ECMA-262 and in Python."""

ADVICE = f"write a day as {_DAY}, or a moment as {EXAMPLES[1]}."


def parse(text: str, zone: tzinfo = UTC) -> datetime:
    """A time with its zone, or a day, which begins at midnight in `zone`. Returns UTC.

    Raises ValueError, with a message for the sender.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS or (moment.tzinfo is None and len(text) > len(_DAY)):
        raise ValueError(ADVICE)
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
