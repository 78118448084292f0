"""Newest values of indicators of many symbols, and how many have each signal: a scan's table without a rule."""

import time
from typing import NamedTuple

from quart import Blueprint, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.indicators.forms import IndicatorsForm
from app.desk.scan import page as pages
from app.desk.scan import results, vocabulary
from app.desk.scan.scopes import ResolvedScope, UnknownScope, resolve_scope
from app.desk.scan.sources import ScanSources, scan_sources
from app.identity import Scope
from app.live.topics import STATUS
from app.quotes import partials as quotes
from app.quotes.live_order import order_words
from app.quotes.topics import quotes_topic
from app.rules import words
from app.rules.tree import Rule
from app.scans.address import SCAN, ScanAddress
from app.scans.columns import SETS
from app.scans.scan_request import table_choice
from app.scans.signals import signals
from app.scans.table import scan_document
from app.watchlists import queries as watchlists
from app.web import guards, html, paging, parameters, tables
from app.web.formats import TableDocument

blueprint = Blueprint("indicator_table", __name__)

INDICATORS = "/indicators"
PARAMETERS = ("in", "tf", "sort", "cols", "page", "v")


class SignalCount(NamedTuple):
    """`url`: of the scan for these symbols. `symbols`: None where only that scan can say."""

    label: str
    url: str
    symbols: int | None


@tables.suffixes(blueprint, INDICATORS)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow(*PARAMETERS)
async def indicators_table() -> TableDocument:
    """The symbols of every page."""
    address, sources = _address(), scan_sources()
    scope, part = await _scope(address, sources), results.first_rows_of(address, results.ALL_ROWS)
    page = await results.read(address, part, scope.symbols, sources.pools, sources.cache)
    rows = ((row.symbol, row.name, row.at, pages.values(address, row)) for row in page.rows)
    document = scan_document(results.set_columns(address), rows, guards.view().zone, time.time())
    return document._replace(name="indicators")


@tables.page(blueprint, INDICATORS, indicators_table)
@guards.signed_in
@parameters.allow(*PARAMETERS)
async def indicators() -> ResponseReturnValue:
    address, sources, cursor, view = _address(), scan_sources(), deps.cursor(), guards.view()
    scope = await _scope(address, sources)
    page = await results.read(address, results.page_of(address), scope.symbols, sources.pools, sources.cache)
    paging.page_number(str(address.page), page.total, results.PAGE_ROWS)
    page = pages.in_live_order(address, page, sources.quotes)
    orders, units = order_words(pages.live_order(address, page)), pages.units(address, page)
    return await html.page(
        "desk/indicators",
        title="Indicators",
        topics=[STATUS, *orders, *(quotes_topic(row.symbol) for row in page.rows)],
        cursor=cursor,
        address=address,
        scope=scope.words,
        moment="",
        form=await _form(address, sources),
        sets=[(each.label, address._replace(columns=each.name, page=1).url(), each.name) for each in SETS.values()],
        fixed=pages.fixed_headings(address),
        headings=pages.headings(address, units),
        rows=pages.rows(address, page, sources.quotes, units, view, scanned=True),
        has_sparks=address.columns in pages.SPARKS and not view.reduced_data,
        answer=page,
        signals=await _signals(address, scope, sources),
        order=quotes.order(0, view) if orders else "",
        as_of=max((row.at for row in page.rows), default=0.0),
        number=address.page,
        page_count=paging.page_count(page.total, results.PAGE_ROWS),
        lacking=await sources.pools.lacking("instruments"),
    )


def _address() -> ScanAddress:
    """Answers 400 for what no table has."""
    return ScanAddress(results.EVERYTHING, *table_choice(request.args, INDICATORS))


async def _scope(address: ScanAddress, sources: ScanSources) -> ResolvedScope:
    try:
        return await resolve_scope(address.scope, guards.identity().user_id, sources)
    except UnknownScope as unknown:
        abort(unknown.status, str(unknown))


async def _form(address: ScanAddress, sources: ScanSources) -> IndicatorsForm:
    async with sources.pools.own.acquire() as connection:
        lists = await watchlists.summaries(connection, guards.identity().user_id)
    universes = (await vocabulary.facts(sources.pools, sources.cache))["universe"]
    return IndicatorsForm(",".join(address.scope), address.timeframe, lists, universes)


async def _signals(address: ScanAddress, scope: ResolvedScope, sources: ScanSources) -> list[SignalCount]:
    rule = signals(address.columns, address.timeframe)
    counts = await results.signal_counts(rule, address, scope.symbols, sources.pools, sources.cache)
    scan = address._replace(path=SCAN, page=1)
    return [
        SignalCount(words.describe(condition), scan.with_rule(Rule((condition,))).url(), count)
        for condition, count in zip(rule.conditions, counts, strict=True)
    ]
