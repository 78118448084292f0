"""Resolves the name of a universe to its members."""

from collections.abc import Sequence
from difflib import get_close_matches

from app.engine.universes.universe import Universe


class UnknownUniverse(Exception):
    """No universe has that name, or more than one has."""


def resolve_members(name: str, universes: Sequence[Universe]) -> tuple[str, ...]:
    """`name`: as in `market_leaders:top_50` or `etf_growth`, or several joined by colons, as in `sectors:growth`."""
    text = name.strip().lower()
    whole = _match(text, universes)
    matches = [whole] if whole else [_match(part, universes) for part in text.split(":")]
    if None in matches:
        raise UnknownUniverse(f"no universe is called {name[:60]!r}{_suggestion(text, universes)}")
    return tuple(dict.fromkeys(symbol for each in matches if each for symbol in each.members))


def find_universe(name: str, universes: Sequence[Universe]) -> Universe:
    """Raises UnknownUniverse."""
    text = name.strip().lower()
    universe = _match(text, universes)
    if universe is None:
        raise UnknownUniverse(f"no universe is called {name[:60]!r}{_suggestion(text, universes)}")
    return universe


def _match(text: str, universes: Sequence[Universe]) -> Universe | None:
    matches = [each for each in universes if text == each.title.lower()] or [
        each for each in universes if text in each.spellings
    ]
    if len(matches) > 1:
        raise UnknownUniverse(f"{text[:60]!r} may be {' or '.join(each.title for each in matches[:5])}")
    return matches[0] if matches else None


def _suggestion(text: str, universes: Sequence[Universe]) -> str:
    near = get_close_matches(text, sorted({way for each in universes for way in each.spellings}), 1)
    return f"; did you mean {near[0]}?" if near else ""
