"""Universes: named lists of stocks, ETFs or both, as cache_entries holds them."""

from typing import NamedTuple

STOCKS, ETFS, BOTH, THEMES = "stock_universe", "etf_universe", "stock_etf_combo", "themes"
KINDS = (STOCKS, ETFS, BOTH, THEMES)


class Universe(NamedTuple):
    kind: str
    """One of KINDS, the `type` of its entry."""
    name: str
    key: str
    members: tuple[str, ...]

    @property
    def title(self) -> str:
        """Such as `market_leaders:top_50`."""
        return f"{self.name}:{self.key}"

    @property
    def spellings(self) -> frozenset[str]:
        """All accepted names, in lower case."""
        ways = {self.title, f"{self.name}_{self.key}", self.key}
        if self.kind == ETFS:
            ways.add(f"etf_{self.key}")
        if self.kind == THEMES:
            ways |= {f"theme_{self.name}", self.name}
        return frozenset(way.lower() for way in ways)
