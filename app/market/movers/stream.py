"""The topics of movers, one for each floor."""

from collections.abc import Hashable, Sequence

from markupsafe import Markup

from app.identity import View
from app.live.topics import Topic, rest
from app.market.movers import partials
from app.market.movers.partials import MoverRow
from app.market.movers.ranking import Floor, Mover, parse_floor
from app.market.overview.board import Movers, OverviewBoard
from app.push import Push
from app.web.filters import dom_id

MOVERS = "movers"


def movers_topic(floor: Floor) -> Topic:
    return Topic(f"{MOVERS}:{floor.text}")


def is_floor_text(text: str) -> bool:
    """Whether it may stand behind `movers:`."""
    return parse_floor(text) is not None


def movers_of(topic: str, board: OverviewBoard) -> Movers:
    floor = parse_floor(rest(topic))
    return board.movers(floor) if floor else {}


def values(movers: Movers) -> dict[str, Hashable]:
    """What is visible of each list and of each row, by the id of its element."""
    symbols: dict[str, Hashable] = {key: tuple(each.quote.symbol for each in some) for key, some in movers.items()}
    return symbols | {_id(key, mover): _visible(key, mover) for key, some in movers.items() for mover in some}


def pushes(topic: str, movers: Movers, changed: Sequence[str]) -> list[Push]:
    """Of the lists and rows with these ids."""
    lists = [_list_push(topic, key, movers[key]) for key in movers if key in changed]
    cells = [
        _row_push(topic, key, mover)
        for key, some in movers.items()
        for mover in some
        if key not in changed and _id(key, mover) in changed
    ]
    return [*lists, *cells]


def table(key: str, movers: Sequence[Mover], view: View) -> Markup:
    """`key`: of the list."""
    return partials.rows(key, [MoverRow(each, _id(key, each), partials.cells(key, each, view)) for each in movers])


def _list_push(topic: str, key: str, movers: Sequence[Mover]) -> Push:
    return Push(topic, key, "morph", lambda view: table(key, movers, view))


def _row_push(topic: str, key: str, mover: Mover) -> Push:
    return Push(topic, _id(key, mover), "cells", lambda view: partials.cells(key, mover, view))


def _id(key: str, mover: Mover) -> str:
    return dom_id(key, mover.quote.symbol)


def _visible(key: str, mover: Mover) -> Hashable:
    """As many digits as are written."""
    fraction = None if mover.fraction is None else round(mover.fraction, 4)
    if key == "active":
        return f"{mover.quote.volume:.3g}", fraction
    if key == "unusual":
        return None if mover.relative_volume is None else round(mover.relative_volume, 2), fraction
    return mover.quote.price, fraction
