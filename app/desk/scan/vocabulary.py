"""The words that a rule may name: those that the market database has."""

from collections.abc import Collection, Mapping

import msgspec

from app.db.pools import Pools
from app.finance.symbol_index import SymbolIndex
from app.patterns.choices import choices
from app.rules.catalogue import PATTERN_NAMES
from app.rules.errors import RuleProblem
from app.rules.vocabulary import check_words
from app.rules.word_lists import RuleWord
from app.scans import queries
from app.wire.cache.cache import Cache

SECONDS = 60.0
TIERS = ("daily", "intraday", "combo")
DIRECTIONS = ("bullish", "bearish", "neutral")


async def unknown_words(
    words: tuple[RuleWord, ...], symbols: SymbolIndex, pools: Pools, cache: Cache
) -> tuple[RuleProblem, ...]:
    """A problem for each word that the market does not have; none for those of a field of which it has no word at all.
    Raises Unavailable."""
    if not words:
        return ()
    fields = {word.field for word in words}
    vocabulary: dict[str, Collection[str]] = {
        field: every for field, every in (await facts(pools, cache)).items() if every
    }
    if "symbol" in fields:
        vocabulary["symbol"] = [
            spelling for word in words if word.field == "symbol" for spelling in symbols.spellings(word.word)
        ]
    if "pattern" in fields:
        vocabulary["pattern"] = {*(await choices(pools, cache)).patterns, *PATTERN_NAMES.values()}
    return check_words(words, {"tier": TIERS, "direction": DIRECTIONS, **vocabulary})


async def facts(pools: Pools, cache: Cache) -> Mapping[str, list[str]]:
    """Sectors, industries, exchanges, types and universes, at most a minute old. Raises Unavailable."""

    async def load() -> bytes:
        shape = await pools.shape()
        async with pools.market.acquire() as connection:
            return msgspec.json.encode(await queries.words(connection, shape))

    return msgspec.json.decode(await cache.get("scan:words", SECONDS, load), type=dict[str, list[str]])
