"""The registry of the application's topics, with boards that are empty and a database that is away."""

from app.db.pools import Pool, Pools
from app.pipeline.boards import Boards, empty_boards
from app.pipeline.topics import TopicRegistry, families
from tests.support.quote_samples import tick

_AWAY = Pool("postgresql://nobody@127.0.0.1:1/none", "away")
AWAY = Pools(_AWAY, _AWAY)


async def look(_key: str) -> None:
    """At the match list of a rule, which there is none of."""


def registry(over: Boards | None = None) -> TopicRegistry:
    return TopicRegistry(families(over or empty_boards(), AWAY, look))


def _with_a_row() -> Boards:
    boards = empty_boards()
    boards.quotes.apply(tick("A", 1.0))
    return boards


RULES = registry(_with_a_row())
"""For a hub in a test that draws no snapshot; the desk has a row of the symbol A."""
