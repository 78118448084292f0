"""The answer of a scan: from stored rows where they are enough, else by the match list of the rule."""

from typing import NamedTuple

from app.desk.scan import results
from app.desk.scan.past_rows import past_rows
from app.desk.scan.results import ScanPart
from app.desk.scan.sources import ScanSources
from app.rules.live_rule import LiveRule, live_rule
from app.rules.sql_conditions import Inexpressible
from app.scans import address as addresses
from app.scans.address import ScanAddress
from app.scans.latest.source import scan_source
from app.scans.matches.stream import NO_LIST
from app.scans.queries import ScanPage, ScanRow
from app.web.times import exchange_stamp
from app.wire.rules.match_lists import MatchList

WAIT_SECONDS = 1.0
"""For the first match list of a rule."""


class ScanAnswer(NamedTuple):
    """`page`: None where the match list is still being computed. `version`: as of rule_topic(). `as_of`: market time.
    `problem`: why there will be no answer, or empty."""

    rule: LiveRule
    page: ScanPage | None
    version: int
    as_of: float = 0.0
    problem: str = ""


async def answer(
    address: ScanAddress, symbols: tuple[str, ...] | None, sources: ScanSources, part: ScanPart | None = None
) -> ScanAnswer:
    """`part`: by default the page of the address; `symbols`: of the watchlists in scope. Raises Unavailable,
    RedisUnavailable."""
    part = part or results.page_of(address)
    at = address.at.at if address.at else 0.0
    rule = live_rule(address.rule, address.timeframe, addresses.universes(address.scope), symbols, at)
    if at > sources.now:
        return ScanAnswer(rule, None, NO_LIST, problem=f"that is not over: it is {exchange_stamp(sources.now)} now.")
    if not at and await scan_source(sources.pools):
        try:
            return await _from_rows(rule, address, part, symbols, sources)
        except Inexpressible:
            pass
    match_list = await sources.watch.matches(rule, WAIT_SECONDS)
    if match_list is None or match_list.problem:
        return ScanAnswer(rule, None, NO_LIST, problem=match_list.problem if match_list else "")
    page = await (past_rows if at else _rows_of)(match_list, address, part, sources)
    return ScanAnswer(rule, page, match_list.version, match_list.as_of)


async def _from_rows(
    rule: LiveRule, address: ScanAddress, part: ScanPart, symbols: tuple[str, ...] | None, sources: ScanSources
) -> ScanAnswer:
    # Before the rows are read: what changes meanwhile is new to the page.
    version = await sources.watch.version(rule)
    page = await results.read(address, part, symbols, sources.pools, sources.cache)
    return ScanAnswer(rule, page, version, max((row.at for row in page.rows), default=0.0))


async def _rows_of(match_list: MatchList, address: ScanAddress, part: ScanPart, sources: ScanSources) -> ScanPage:
    scanned, *left = match_list.left
    if await scan_source(sources.pools):
        page = await results.of_symbols(address, part, match_list.symbols, sources.pools, sources.cache)
        return page._replace(scanned=scanned, left=left)
    nothing = (None,) * len(part.sources)
    symbols = match_list.symbols[part.offset : part.offset + part.limit]
    return ScanPage(
        [ScanRow(symbol, "", "", "", "", "", True, match_list.as_of, None, 1.0, nothing) for symbol in symbols],
        scanned,
        left,
    )
