"""The topics of the market page, and their pushes: once a second what differs from what readers were last sent."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from app.health.snapshot import HealthSnapshot
from app.live.topics import TopicFamily, name
from app.market.breadth import stream as breadth
from app.market.breadth.stream import BREADTH
from app.market.movers import stream as movers
from app.market.movers.stream import MOVERS
from app.market.overview.board import OverviewBoard
from app.market.sectors import stream as sectors
from app.market.sectors.stream import SECTORS, UNIVERSES
from app.push import Push
from app.wire.cache.outdated import BARS, invalidated_by
from app.wire.events.event import JobStatus, ProcessingChanged, RunChanged, UniverseChanged

NAMES = frozenset((BREADTH, MOVERS, SECTORS, UNIVERSES))
OUTDATING = {BARS, "symbols", "universes"}
"""Tags of what stored figures are made of."""


def topics(board: OverviewBoard) -> tuple[TopicFamily, ...]:
    draw = partial(snapshot, board=board)
    return (
        *(TopicFamily(topic, "state", draw, whole=True) for topic in (BREADTH, SECTORS, UNIVERSES)),
        TopicFamily(MOVERS, "state", draw, accepts=movers.is_floor_text),
    )


def on_health(
    _health: HealthSnapshot,
    board: OverviewBoard,
    subscribed: Callable[[], Iterable[str]],
    request: Callable[[Iterable[str]], None],
) -> Iterator[Push]:
    """`request`: has the snapshot of a topic read, with what is stored, and sent."""
    looked_at = [topic for topic in subscribed() if name(topic) in NAMES]
    board.pushed.retain(looked_at)
    if looked_at and board.is_due(time.time()):
        request(looked_at[:1])
    for topic in looked_at:
        yield from _changes(topic, board)


def on_work(event: JobStatus | ProcessingChanged | RunChanged | UniverseChanged, board: OverviewBoard) -> tuple[()]:
    """Stored figures are read again, the next time that somebody looks."""
    if OUTDATING & {*invalidated_by(event)}:
        board.outdate()
    return ()


async def snapshot(topic: str, board: OverviewBoard) -> list[Push]:
    await board.refresh()
    if name(topic) == MOVERS:
        lists = movers.movers_of(topic, board)
        board.pushed.note(topic, movers.values(lists))
        return movers.pushes(topic, lists, tuple(lists))
    if topic == BREADTH:
        counts = breadth.counts(board.current())
        board.pushed.note(topic, counts)
        return breadth.pushes(counts.values())
    groups = sectors.groups(topic, board.current())
    board.pushed.note(topic, sectors.values(topic, groups))
    return sectors.pushes(topic, groups, tuple(sectors.values(topic, groups)))


def _changes(topic: str, board: OverviewBoard) -> list[Push]:
    if name(topic) == MOVERS:
        lists = movers.movers_of(topic, board)
        return movers.pushes(topic, lists, board.pushed.take_changes(topic, movers.values(lists)))
    if topic == BREADTH:
        counts = breadth.counts(board.current())
        return breadth.pushes(counts[key] for key in board.pushed.take_changes(topic, counts))
    groups = sectors.groups(topic, board.current())
    return sectors.pushes(topic, groups, board.pushed.take_changes(topic, sectors.values(topic, groups)))
