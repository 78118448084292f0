"""JSON API of instruments."""

import heapq
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.finance.instrument import Instrument
from app.finance.symbol_index import LONGEST_TEXT, SymbolIndex, clean_query
from app.finance.symbols import LONGEST
from app.identity import Scope
from app.quotes.instruments import queries
from app.quotes.instruments.queries import InstrumentFacts
from app.web import api, guards

blueprint = Blueprint("instruments_api", __name__, url_prefix=f"{api.ROOT}/symbols")


class InstrumentsParameters(msgspec.Struct, frozen=True):
    q: Annotated[
        api.PlainText,
        Meta(
            max_length=LONGEST_TEXT,
            description="Symbols that begin with it first, then names that contain it; near ones if there is none.",
        ),
    ] = ""
    after: Annotated[api.PlainText, Meta(max_length=LONGEST, description="The `next` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class InstrumentDocument(msgspec.Struct, frozen=True):
    """`market_cap` and `tick_size` in `currency`. Texts are empty where nothing is known."""

    symbol: str
    name: str
    exchange: str
    currency: str
    tick_size: float
    type: str
    sector: str
    industry: str
    active: bool
    listed_on: date | None
    market_cap: float | None


class InstrumentDocuments(msgspec.Struct, frozen=True):
    """`total`: how many there are on all pages. `near`: whether nothing matches, and these are only like it."""

    symbols: list[InstrumentDocument]
    total: int
    near: bool
    next: str | None


@blueprint.get("")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(InstrumentDocuments, InstrumentsParameters)
async def instruments(parameters: InstrumentsParameters) -> InstrumentDocuments:
    """Every symbol that is known, or those that a text can mean, the likeliest first."""
    index, text = deps.symbols(), clean_query(parameters.q)
    if not text:
        return await _listed(index, parameters)
    if parameters.after:
        abort(400, "after: what q finds has one page; raise limit, or leave q out.")
    matches = index.search(text, parameters.limit)
    near = [] if matches.total else index.near(text)[: parameters.limit]
    return InstrumentDocuments(
        await _documents(matches.instruments or near), matches.total or len(near), not matches.total, None
    )


@blueprint.get("/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(InstrumentDocument)
async def instrument(_parameters: api.NoParameters, symbol: str) -> InstrumentDocument:
    """One symbol."""
    name = api.single_symbol(deps.symbols().spellings(clean_query(symbol))) or abort(404, "This symbol is not known.")
    (document,) = await _documents([deps.symbols()[name]])
    return document


async def _listed(index: SymbolIndex, parameters: InstrumentsParameters) -> InstrumentDocuments:
    """By symbol."""
    rest = heapq.nsmallest(parameters.limit + 1, (symbol for symbol in index if symbol > parameters.after))
    page = rest[: parameters.limit]
    following = page[-1] if len(rest) > len(page) else None
    return InstrumentDocuments(await _documents([index[symbol] for symbol in page]), len(index), False, following)


async def _documents(listed: Sequence[Instrument]) -> list[InstrumentDocument]:
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        facts = await queries.facts(connection, shape, [each.symbol for each in listed])
    return [_document(each, facts.get(each.symbol, InstrumentFacts())) for each in listed]


def _document(instrument: Instrument, facts: InstrumentFacts) -> InstrumentDocument:
    return InstrumentDocument(
        symbol=instrument.symbol,
        name=instrument.name,
        exchange=instrument.exchange,
        currency=instrument.currency,
        tick_size=instrument.tick_size,
        type=facts.type,
        sector=facts.sector,
        industry=facts.industry,
        active=facts.active,
        listed_on=facts.listed_on,
        market_cap=facts.cap,
    )
