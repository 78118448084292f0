"""What match lists change on a page, as HTML."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from app.identity import View
from app.rules.past_matches import PastMatches
from app.scans.matches.board import LeftSymbol
from app.scans.matches.session_bars import SessionBar
from app.web.html import fragment


def newer(
    new: int, left: Sequence[LeftSymbol], since: float, view: View, *, notice: str = "", link: str = ""
) -> Markup:
    """`new`: symbols that match and have no row. `left`: those that match no more since then, market time. Or a notice,
    with the word of a link to the same page."""
    return fragment("matches/newer", new=new, left=left, since=since, notice=notice, link=link, view=view)


def past(past: PastMatches | None, days: Sequence[date], bars: Sequence[SessionBar], view: View) -> Markup:
    """None while it is being computed. `days`: the sessions."""
    return fragment("matches/past", past=past, days=days, bars=bars, view=view)


def departed(left: LeftSymbol, reason: str) -> Markup:
    """The row of a symbol that matches no more, with the cells that pushes of prices replace."""
    return fragment("matches/departed", left=left, reason=reason)
