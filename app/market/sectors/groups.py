"""Change and breadth of sectors and universes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.finance.panel import Counts, Floats
from app.market.overview.figures import MarketFigures
from app.market.scan_paths import scan_path, sector_rule

NO_SECTOR = ""


class GroupFigures(NamedTuple):
    """Of a sector or a universe: `change` is the mean change since the previous close, 0.01 for 1 %, None where no
    member has one; `weight` the sum of the weights of the members."""

    name: str
    rows: Counts
    """Of the members in the figures of the session, the heaviest first."""
    change: float | None
    advancing: int
    declining: int
    weight: float
    path: str
    """Of a scan for its members; empty where there is none."""

    @property
    def symbols(self) -> int:
        return len(self.rows)


def sector_groups(figures: MarketFigures, sectors: Mapping[str, str], weights: Floats) -> list[GroupFigures]:
    """The heaviest first; symbols without a sector make the last one."""
    rows: dict[str, list[int]] = {}
    for row, symbol in enumerate(figures.symbols):
        rows.setdefault(sectors.get(symbol, NO_SECTOR), []).append(row)
    groups = [_group(name, own, figures, weights, _sector_path(name)) for name, own in rows.items()]
    return sorted(groups, key=lambda group: (group.name == NO_SECTOR, -group.weight, group.name))


def universe_groups(
    figures: MarketFigures, universes: Mapping[str, Sequence[str]], weights: Floats
) -> list[GroupFigures]:
    """Those with a member that traded, the heaviest first."""
    places = {symbol: row for row, symbol in enumerate(figures.symbols)}
    groups = []
    for name, members in universes.items():
        if own := [places[symbol] for symbol in members if symbol in places]:
            groups.append(_group(name, own, figures, weights, scan_path(scope=name)))
    return sorted(groups, key=lambda group: (-group.weight, group.name))


def _sector_path(name: str) -> str:
    rule = sector_rule(name) if name else ""
    return scan_path(rule, sort="-change") if rule else ""


def _group(name: str, rows: Iterable[int], figures: MarketFigures, weights: Floats, path: str) -> GroupFigures:
    members = np.array(list(rows), dtype=np.int64)
    members = members[np.argsort(-weights[members], kind="stable")]
    changes, sides = figures.fraction[members], figures.side[members]
    is_known = ~np.isnan(changes)
    return GroupFigures(
        name,
        members,
        float(changes[is_known].mean()) if is_known.any() else None,
        int(np.count_nonzero(sides > 0)),
        int(np.count_nonzero(sides < 0)),
        float(weights[members].sum()),
        path,
    )
