"""Detected patterns as HTML."""

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from app.identity import View
from app.patterns.queries import Detection
from app.web.html import fragment


@lru_cache(maxsize=4096)
def detection(detection: Detection, view: View) -> Markup:
    """Drawn once for all pages and pushes that show it: what was detected does not change."""
    return fragment("patterns/detection", detection=detection, view=view)


def newest(symbol: str, detection: Detection | None, view: View) -> Markup:
    """One line on the newest detection of a symbol; None: there is none."""
    return fragment("patterns/newest", symbol=symbol, detection=detection, view=view)


def feed(key: str, detections: Sequence[Markup]) -> Markup:
    """`key`: the id of the list."""
    return fragment("patterns/feed", key=key, detections=detections)
