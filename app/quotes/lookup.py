"""Resolves the text that a user or program typed to stored symbols, whatever its case."""

from app.db.pools import Pools
from app.finance.symbol_index import SymbolIndex
from app.finance.symbols import is_symbol
from app.quotes import queries


async def spellings(text: str, symbols: SymbolIndex, pools: Pools) -> tuple[str, ...]:
    """The symbol itself, else all that differ from it only in case, among those in memory, else among those stored.

    Raises Unavailable if none is in memory and the database is away.
    """
    if not is_symbol(text):
        return ()
    names = symbols.spellings(text)
    if names:
        return names
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        return await queries.spellings(connection, shape, text)
