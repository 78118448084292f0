"""What the address of a scan asks for."""

import re
from typing import NamedTuple
from urllib.parse import urlencode

from quart import abort
from werkzeug.datastructures import MultiDict

from app.rules.catalogue import TIMEFRAMES
from app.rules.identity import VERSION
from app.rules.parse import parse_words
from app.rules.tree import Rule
from app.rules.word_lists import RuleWord
from app.scans.address import SCAN, UNESCAPED, USUAL_TIMEFRAME, ScanAddress
from app.scans.columns import SETS, SORTABLE, SYMBOL, USUAL_SET, Sort, sort_order
from app.scans.moment import PastMoment, past_moment

PARAMETERS = ("in", "tf", "at", "sort", "cols", "page", "v")
"""Beside the rule."""
LONGEST_SCOPE = 1_000
SCOPES = 20
SCOPE_NAME = re.compile(r"[\w.:&'+-][\w.:&'+ -]{0,80}")


class ScanRequest(NamedTuple):
    """`words`: of the rule's conditions on words, with their places in the text."""

    address: ScanAddress
    words: tuple[RuleWord, ...]


class TableChoice(NamedTuple):
    """What an address says beside the rule."""

    scope: tuple[str, ...]
    timeframe: str
    sort: Sort
    columns: str
    page: int
    path: str = SCAN
    at: PastMoment | None = None

    def request(self, text: str, version: int) -> ScanRequest:
        """Raises RuleError."""
        rule, words = parse_words(text, self.timeframe, version)
        return ScanRequest(ScanAddress(rule, *self), words)


def table_choice(sent: MultiDict[str, str], path: str = SCAN) -> TableChoice:
    """`path`: of the page. Answers 400 for what no table has."""
    columns, timeframe = sent.get("cols") or USUAL_SET, sent.get("tf") or USUAL_TIMEFRAME
    if columns not in SETS:
        abort(400, f"cols: choose one of {', '.join(SETS)}.")
    if timeframe not in TIMEFRAMES:
        abort(400, f"tf: choose one of {', '.join(TIMEFRAMES)}.")
    sort = sort_order(sent.get("sort") or SYMBOL)
    if sort is None:
        abort(400, f"sort: choose one of {', '.join((SYMBOL, *SORTABLE))}, with a minus sign for the largest first.")
    try:
        scope = scope_names(sent.get("in", ""))
    except ValueError as error:
        abort(400, f"in: {error}")
    page, at = _page(sent.get("page") or "1"), moment(sent.get("at", ""))
    return TableChoice(scope, timeframe, sort, columns, page, path, at)


def moment(text: str) -> PastMoment | None:
    """Answers 400 for what is none."""
    try:
        return past_moment(text.strip()) if text.strip() else None
    except ValueError as error:
        abort(400, f"at: {error}")


def rule(text: str, timeframe: str) -> Rule:
    """Raises RuleError."""
    return parse_words(text, timeframe).rule


def url(text: str, scope: str, timeframe: str, path: str = SCAN, at: str = "") -> str:
    """Of the scan of a rule as it was typed."""
    parts = {"q": text, "in": scope, "tf": "" if timeframe == USUAL_TIMEFRAME else timeframe, "at": at}
    return f"{path}?{urlencode({name: value for name, value in parts.items() if value}, safe=UNESCAPED)}"


def version(sent: MultiDict[str, str]) -> int:
    """Of the language of rules; a text that is no number is none of its versions."""
    text = sent.get("v") or str(VERSION)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


def scope_names(text: str) -> tuple[str, ...]:
    """From `in=`. Raises ValueError."""
    if len(text) > LONGEST_SCOPE:
        raise ValueError(f"at most {LONGEST_SCOPE:,} characters.")
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if len(names) > SCOPES:
        raise ValueError(f"at most {SCOPES} universes and lists.")
    for name in names:
        if not SCOPE_NAME.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is no name of a universe or a list.")
    return names


def _page(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text)):
        abort(400, "page: type a number.")
    return int(text)
