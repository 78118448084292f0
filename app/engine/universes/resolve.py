"""From what somebody calls a universe to its members."""

from collections.abc import Sequence
from difflib import get_close_matches

from app.engine.universes.universe import Universe


class Unresolved(Exception):
    """Nothing is called so, or more than one thing is."""


def resolve(word: str, known: Sequence[Universe]) -> tuple[str, ...]:
    """`market_leaders:top_50`, `etf_growth`, or several of them joined by colons: `sectors:growth`."""
    text = word.strip().lower()
    whole = _called(text, known)
    found = [whole] if whole else [_called(part, known) for part in text.split(":")]
    if None in found:
        raise Unresolved(f"no universe is called {word[:60]!r}{_near(text, known)}")
    return tuple(dict.fromkeys(symbol for each in found if each for symbol in each.members))


def named(word: str, known: Sequence[Universe]) -> Universe:
    """The one that is called so."""
    text = word.strip().lower()
    found = _called(text, known)
    if found is None:
        raise Unresolved(f"no universe is called {word[:60]!r}{_near(text, known)}")
    return found


def _called(text: str, known: Sequence[Universe]) -> Universe | None:
    found = [each for each in known if text == each.title.lower()] or [each for each in known if text in each.spellings]
    if len(found) > 1:
        raise Unresolved(f"{text[:60]!r} may be {' or '.join(each.title for each in found[:5])}")
    return found[0] if found else None


def _near(text: str, known: Sequence[Universe]) -> str:
    near = get_close_matches(text, sorted({way for each in known for way in each.spellings}), 1)
    return f"; did you mean {near[0]}?" if near else ""
