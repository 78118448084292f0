"""The address of a scan: the rule, what it is applied to, and how its table is shown."""

from typing import NamedTuple
from urllib.parse import urlencode

from app.rules.identity import VERSION, key
from app.rules.show import show
from app.rules.tree import Rule
from app.scans.columns import USUAL_SET, Sort
from app.scans.moment import PastMoment

UNESCAPED = ",:;.()@*/!$"
"""What a query may hold raw, and what links in plain text survive."""
SCAN = "/scan"
USUAL_TIMEFRAME = "d"
USUAL_SORT = Sort()


class ScanAddress(NamedTuple):
    rule: Rule
    scope: tuple[str, ...] = ()
    """Names of universes, and LIST with the slug of a watchlist of one's own; empty: all symbols."""
    timeframe: str = USUAL_TIMEFRAME
    sort: Sort = USUAL_SORT
    columns: str = USUAL_SET
    page: int = 1
    path: str = SCAN
    """Of the page: the scanner's or that of a saved screen."""
    at: PastMoment | None = None
    """None: as it is now."""

    @property
    def text(self) -> str:
        return show(self.rule)

    @property
    def identity(self) -> str:
        """The key of the rule over its scope and timeframe, at its moment: of its cache and results."""
        moment = f"\n{self.at.text}" if self.at else ""
        return key(self.rule, ",".join(sorted(self.scope)) + moment, self.timeframe)

    def url(self, path: str = "") -> str:
        """In one order, without what is usual; `v` stands last, so that no finder of links cuts the rule's end."""
        parameters = {
            "q": self.text,
            "in": ",".join(self.scope),
            "tf": "" if self.timeframe == USUAL_TIMEFRAME else self.timeframe,
            "at": self.at.text if self.at else "",
            "sort": "" if self.sort == USUAL_SORT else self.sort.text,
            "cols": "" if self.columns == USUAL_SET else self.columns,
            "page": "" if self.page == 1 else str(self.page),
            "v": str(VERSION),
        }
        used = {name: text for name, text in parameters.items() if text}
        return f"{path or self.path}?{urlencode(used, safe=UNESCAPED)}"

    @property
    def now(self) -> "ScanAddress":
        """The first page of the same scan as it is now."""
        return self._replace(at=None, page=1)

    def with_rule(self, rule: Rule) -> "ScanAddress":
        """The first page of another rule."""
        return self._replace(rule=rule, page=1)

    def sorted_by(self, sort: Sort) -> "ScanAddress":
        return self._replace(sort=sort, page=1)


LIST = "list."
"""What stands before the slug of a watchlist in `in=`."""


def list_slugs(scope: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.removeprefix(LIST) for name in scope if name.startswith(LIST))


def universes(scope: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in scope if not name.startswith(LIST))
