"""Lists of detections as pages show them."""

from collections.abc import Sequence

from markupsafe import Markup

from app import db
from app.db.pools import Pools
from app.identity import View
from app.patterns import partials, stream
from app.patterns.board import PatternBoard
from app.patterns.queries import Detection
from app.patterns.stream import DetectionList


async def recent(detections: DetectionList, pools: Pools, board: PatternBoard) -> list[Detection] | None:
    """None while the database is away."""
    try:
        return await stream.recent(detections, pools, board)
    except db.Unavailable:
        return None


def feed(key: str, detections: Sequence[Detection] | None, view: View) -> Markup:
    """`key`: the id of the list."""
    return partials.feed(key, [partials.detection(each, view) for each in detections or ()])


def begin_at(cursor: str, *lists: Sequence[Detection] | None) -> str:
    """Where the page's stream begins: without one of its lists on the page, with the whole lists."""
    return "" if None in lists else cursor
