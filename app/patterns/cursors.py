"""Where a page of detections ends, as text that its reader hands back for the next one."""

import base64
import binascii

import msgspec

from app.patterns.queries import Place
from app.web.datetimes import YEARS

LONGEST = 1000


def written(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str) -> Place:
    """Raises ValueError for what was never written here, with words for who sent it."""
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Place)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        place = None
    if place is None or place.at.tzinfo is None or place.at.year not in YEARS:
        raise ValueError("this is not the `next` of any page.")
    return place
