"""Detected patterns as HTML."""

from collections.abc import Sequence

from markupsafe import Markup

from app.identity import View
from app.patterns.queries import Detection
from app.web.html import fragment


def detection(found: Detection, view: View) -> Markup:
    return fragment("patterns/detection", found=found, view=view)


def feed(key: str, detections: Sequence[Markup]) -> Markup:
    """`key`: the id of the list."""
    return fragment("patterns/feed", key=key, detections=detections)
