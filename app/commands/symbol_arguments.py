"""Symbols on the command line, in any case unless two stored symbols differ only in case."""

from collections.abc import Sequence

from app.db.market import inspect
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.finance.symbols import is_symbol
from app.quotes import queries


async def stored_symbols(pool: Pool, words: Sequence[str], option: str) -> tuple[str, ...]:
    """Each as it is stored, without repeats; unknown ones as typed. Raises Unusable."""
    require_symbols(words, option)
    names: dict[str, None] = {}
    async with pool.acquire() as connection:
        shape = await inspect(connection, exact=True)
        for word in words:
            spellings = await queries.spellings(connection, shape, word)
            if len(spellings) > 1:
                alike = " and ".join(spellings)
                raise Unusable(f"{option}: {word}: {alike} differ only in case; write the one that is meant")
            names[spellings[0] if spellings else word] = None
    return tuple(names)


def require_symbols(words: Sequence[str], option: str) -> None:
    """Raises Unusable."""
    for word in words:
        if not is_symbol(word):
            raise Unusable(f"{option}: {word[:40]!r} is no symbol")
