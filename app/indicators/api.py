"""JSON API of the indicators of one symbol."""

from datetime import datetime

import msgspec
from quart import Blueprint

from app import deps
from app.finance.symbol_index import clean_query
from app.identity import Scope
from app.indicators import stream, words
from app.indicators.board import IndicatorBoard
from app.web import api, guards

blueprint = Blueprint("indicators_api", __name__, url_prefix=api.ROOT)


class Indicator(msgspec.Struct, frozen=True):
    """`time` is the end of the bar that it was calculated with; `signal` is empty where it says nothing."""

    indicator: str
    timeframe: str
    value: float
    signal: str
    time: datetime | None


class Indicators(msgspec.Struct, frozen=True):
    symbol: str
    indicators: list[Indicator]


@blueprint.get("/indicators/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Indicators)
async def indicators(_parameters: api.NoParameters, symbol: str) -> Indicators:
    """The newest value of every indicator of one symbol; none for a symbol that nobody knows."""
    text, board, symbols = clean_query(symbol), deps.board(IndicatorBoard), deps.symbols()
    for name in symbols.possible(text):
        await stream.seed(name, deps.pools(), board)
    calculated = [name for name in symbols.possible(text) if board.of(name)]
    spelling = api.single_symbol(calculated or symbols.spellings(text)) or text
    rows = [
        Indicator(
            each.indicator,
            each.timeframe,
            each.value,
            words.signal(each.indicator, each.value, each.signal),
            api.utc_datetime(each.at),
        )
        for group in board.of(spelling)
        for each in group.readings
    ]
    return Indicators(spelling, rows)
