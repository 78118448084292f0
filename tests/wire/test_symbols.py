"""The grammar of symbols in messages: what is accepted, what is refused, and that case is kept."""

import json

import pytest
from hypothesis import given

from app.wire.channels import Meaning
from app.wire.codec.codec import Rejected, decode, encode
from app.wire.events.event import PatternDetected, Tick
from app.wire.jobs import job
from app.wire.jobs.job import HistoricalLoad
from tests.support import symbol_examples

AT = 1_346_679_000.0
PRINTABLE = [text for text in symbol_examples.NONE if text and text.isprintable() and text == text.strip()]
"""What is cleaned of nothing before it is looked at."""


@given(symbol_examples.symbols)
def test_a_symbol_is_decoded_unchanged(symbol: str) -> None:
    tick = Tick(symbol=symbol, price=12.5, volume=1, at=AT)
    pattern = PatternDetected(symbol=symbol, pattern="Doji", timeframe="1min", confidence=0.5, at=AT)
    foreign = json.dumps({"ticker": f" {symbol} ", "price": 12.5, "timestamp": AT}).encode()

    for meaning, payload in (
        (Meaning.TICKS, encode(tick)),
        (Meaning.TICKS, foreign),
        (Meaning.PATTERNS, encode(pattern)),
    ):
        event = decode(meaning, payload, AT)
        assert isinstance(event, Tick | PatternDetected)
        assert event.symbol == symbol
    load = HistoricalLoad(requested_by="alice", symbols=(symbol,))
    assert job.decode_load(job.encode(load)) == load


@pytest.mark.parametrize(
    "text", [text for text in symbol_examples.NONE if text and text.isprintable() and text == text.strip()]
)
def test_an_invalid_symbol_has_its_own_rejection_reason(text: str) -> None:
    event = decode(Meaning.TICKS, json.dumps({"ticker": text, "price": 12.5, "timestamp": AT}).encode(), AT)

    assert event == Rejected("bad-symbol")
    with pytest.raises(ValueError, match=r"^symbols"):
        HistoricalLoad(requested_by="alice", symbols=(text,))
