"""Encodes and decodes the cursor of a page of detections."""

import base64
import binascii

import msgspec

from app.patterns.queries import DetectionPosition
from app.web.datetimes import YEARS

LONGEST = 1000


def encode(position: DetectionPosition) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode(cursor: str) -> DetectionPosition:
    """Raises ValueError, with a message for the sender, for an invalid cursor."""
    try:
        position = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=DetectionPosition
        )
    except (ValueError, binascii.Error, msgspec.DecodeError):
        position = None
    if position is None or position.at.tzinfo is None or position.at.year not in YEARS:
        raise ValueError("this is not the `next` of any page.")
    return position
