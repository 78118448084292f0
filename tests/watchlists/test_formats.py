"""Files of lists: the examples of each format, round trips, and whatever else somebody may send."""

import codecs
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.instrument import Instrument
from app.finance.symbol_index import SymbolIndex
from app.watchlists.formats.contents import (
    MOST_BYTES,
    MOST_ENTRIES,
    ReadEntry,
    UnreadableImport,
    WrittenEntry,
    WrittenList,
)
from app.watchlists.formats.decoding import decoded, plain_lines
from app.watchlists.formats.registry import FORMATS, ListReading, read
from app.watchlists.matching import MOST_NEAR, MatchKind, matched, new_entries
from app.watchlists.search import exact
from tests.support.quote_samples import AWKWARD

YAHOO = """\
Symbol,Current Price,Date,Time,Change,Open,High,Low,Volume,Trade Date,Purchase Price,Quantity,Commission,High Limit,\
Low Limit,Comment
BRK-B,411.2,2025/03/04,16:00 EST,-1.1,412,414,410,51200,20250110,399.5,4.0,,,,core
"$$CASH",,,,,,,,,,1.0,250.0,,,,
BRK-B,411.2,2025/03/04,16:00 EST,-1.1,412,414,410,51200,20250211,401.5,4.0,,,,
AAPL,1,,,,,,,,20259999,x,1,,,,
"""
THINKORSWIM = "Watchlist Tech\n\n\nSymbol,Last,Net Chng,%Change\nAAPL,190.1,+1.2,+0.64%\nBRK/B,411.2,-1.1,-0.27%\n"
IBKR = "COLUMN,0,,\nHED,Tech\nDES,AAPL,STK,SMART/NASDAQ,,,,\nSYM,BRK B,SMART\nCON,13977,SMART\n???,1\n"
FINVIZ = (
    '"No.","Ticker","Company","Sector","Industry","Country","Market Cap","P/E","Volume","Price","Change"\n'
    '1,"BRK-B","Berkshire","Financial","Insurance","USA","890000.00","9.1","3500000","411.20","-0.27%"\n'
    '2,"-","None","","","","","","","",""\n'
)
OWN = (
    "list,section,position,symbol,name,note,added_at (UTC),price_added\n"
    'Core,Energy,1,XOM,Exxon,"\'=1+1, twice",2025-01-10T12:00:00Z,60.5\n'
)
DAY = datetime(2025, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "name", "entries"),
    [
        (
            "###Core,NASDAQ:AAPL,NYSE:BRK.B,###Energy,NYSE:XOM",
            "tradingview",
            [("NASDAQ:AAPL", "Core"), ("NYSE:BRK.B", "Core"), ("NYSE:XOM", "Energy")],
        ),
        ("NASDAQ:AAPL\n###Energy\nNYSE:XOM\n", "tradingview", [("NASDAQ:AAPL", ""), ("NYSE:XOM", "Energy")]),
        (YAHOO, "yahoo", [("BRK-B", ""), ("BRK-B", ""), ("AAPL", "")]),
        (THINKORSWIM, "thinkorswim", [("AAPL", ""), ("BRK/B", "")]),
        (IBKR, "ibkr", [("AAPL", "Tech"), ("BRK B", "Tech")]),
        (FINVIZ, "finviz", [("BRK-B", "")]),
        (FINVIZ.replace(",", ";"), "finviz", [("BRK-B", "")]),
        (FINVIZ.replace(",", "\t"), "finviz", [("BRK-B", "")]),
        (OWN, "own", [("XOM", "Energy")]),
        ("AAPL $NVDA, BRK.B; GE\nGM", "plain", [(each, "") for each in ("AAPL", "$NVDA", "BRK.B", "GE", "GM")]),
    ],
)  # fmt: skip
def test_a_format_is_recognized_and_read(text: str, name: str, entries: list[tuple[str, str]]) -> None:
    for prefix, ending in (("", "\n"), ("\n\n", "\r\n"), ("\ufeff", "\r")):
        reading = read(plain_lines((prefix + text).replace("\n", ending)))

        assert reading.format.name == name
        assert [(entry.symbol, entry.section) for entry in reading.contents.entries] == entries


def test_notes_days_and_prices_are_kept_and_what_cannot_be_kept_is_listed() -> None:
    yahoo, ibkr, own = read(YAHOO).contents, read(IBKR).contents, read(OWN).contents

    assert yahoo.entries[0] == ReadEntry("BRK-B", "", "core", DAY, 399.5)
    assert yahoo.entries[2] == ReadEntry("AAPL", "", "", None, None)
    assert yahoo.omitted == ["$$CASH: cash, which has no symbol", "AAPL: 20259999 is no date", "AAPL: x is no price"]
    assert ibkr.omitted == ["CON 13977: a contract's number without a symbol", "??? 1: is no row of this format"]
    assert own.entries == [ReadEntry("XOM", "Energy", "=1+1, twice", DAY + timedelta(hours=12), 60.5)]
    assert own.name == "Core"
    assert read(FINVIZ).contents.omitted == ["1 rows: no symbol is in them"]
    assert read(THINKORSWIM).contents.name == "Tech"


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("411,2", 411.2),
        ("1,234", 1234),
        ("$5", 5),
        *((text, None) for text in ("-1", "0", "1e400", "1e99", "nan", "1_0", "\u0663")),
    ],
)
def test_prices_are_read_with_points_and_commas(text: str, price: float | None) -> None:
    row = f'list,section,position,symbol,note,price_added\nx,,1,AAPL,,"{text}"\n'

    assert read(row).contents.entries[0].price == price


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("AAPL é".encode(), "AAPL é"),
        (codecs.BOM_UTF8 + b"AAPL", "AAPL"),
        (codecs.BOM_UTF16_LE + "AAPL 中".encode("utf-16-le"), "AAPL 中"),
        (codecs.BOM_UTF16_BE + "AAPL".encode("utf-16-be"), "AAPL"),
        (b"caf\xe9\r\nB\rC", "café\nB\nC"),
    ],
)
def test_files_are_decoded(content: bytes, text: str) -> None:
    assert decoded(content) == text


@pytest.mark.parametrize(
    "content",
    [b"\x81\x8d", b"A\x00B", codecs.BOM_UTF16_LE + b"\x00\xd8", b"A" * (MOST_BYTES + 1), b"\x89PNG\r\n\x1a\n\0"],
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableImport):
        decoded(content)


@pytest.mark.parametrize("text", ["", " \n", "A " * (MOST_ENTRIES + 1), 'symbol,ticker\n"' + "x" * 140_000])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(UnreadableImport):
        read(text)


@given(st.text(), st.sampled_from(("", OWN, YAHOO, IBKR, FINVIZ, THINKORSWIM, "###A,NYSE:B,")))
def test_no_text_raises_anything_but_the_typed_error(text: str, beginning: str) -> None:
    for whole in (beginning + text, text + beginning):
        with suppress(UnreadableImport):
            assert isinstance(read(plain_lines(whole)), ListReading)


@given(st.binary(max_size=400))
def test_no_file_raises_anything_but_the_typed_error(content: bytes) -> None:
    with suppress(UnreadableImport):
        assert isinstance(read(decoded(content)), ListReading)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" ,;'\"=+-@|"), max_size=30
).map(lambda text: " ".join(text.split()))
SECTIONS = st.sampled_from(("", "Energy", "Chips & cloud", "=SUM(1)", '"quoted"'))
PRESERVED = {
    "own": lambda entry: entry,
    "yahoo": lambda entry: entry._replace(section="", added_at=entry.added_at.replace(hour=0)),
    "thinkorswim": lambda entry: ReadEntry(entry.symbol),
    "ibkr": lambda entry: ReadEntry(entry.symbol, entry.section),
    "finviz": lambda entry: ReadEntry(entry.symbol),
    "tradingview": lambda entry: ReadEntry(entry.symbol, entry.section),
    "plain": lambda entry: ReadEntry(entry.symbol),
}
"""What a format keeps of an entry."""

INDEX = SymbolIndex()
for each in ("AAPL", "BCpC", "^VIX", *AWKWARD):
    INDEX[each] = Instrument(each, f"{each}, a name", "XNYS")


@pytest.mark.parametrize("name", FORMATS)
@given(st.lists(st.tuples(st.sampled_from(sorted(INDEX)), SECTIONS, TEXTS), min_size=1, unique_by=lambda row: row[0]))
def test_what_is_written_is_read_again(name: str, rows: list[tuple[str, str, str]]) -> None:
    entries = [
        WrittenEntry(symbol, INDEX[symbol].name, INDEX[symbol].exchange, section, note, DAY.replace(hour=15), 12.5)
        for symbol, section, note in rows
    ]
    order = dict.fromkeys(section for _, section, _ in rows)
    entries.sort(key=lambda entry: list(order).index(entry.section))
    entries.sort(key=lambda entry: entry.section != "")

    text = FORMATS[name].write(WrittenList("A, list", entries))
    reading = read(decoded(text.encode()))

    symbols = [entry._replace(symbol="".join(exact(entry.symbol, INDEX))) for entry in reading.contents.entries]
    originals = [ReadEntry(each.symbol, each.section, each.note, each.added_at, each.price) for each in entries]
    assert reading.format.name == name or (name, reading.format.name) == ("plain", "tradingview")
    assert symbols == [PRESERVED[name](entry) for entry in originals]
    assert reading.contents.omitted == []


@pytest.mark.parametrize("name", FORMATS)
def test_no_cell_of_an_export_begins_a_formula(name: str) -> None:
    entry = WrittenEntry("AAPL", "=cmd()", "XNAS", "@section", "+1-800", DAY, 1.0)

    lines = FORMATS[name].write(WrittenList("-list", [entry])).splitlines()

    cells = [cell.strip('"') for line in lines for cell in line.split(",")]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "@", "-") and name != "tradingview"] == []


async def test_entries_are_matched_and_none_is_dropped() -> None:
    entries = [
        ReadEntry(text) for text in ("AAPL", "NYSE:BRK-B", "$AAPL", "AAPK", "bcpc", *(f"ZZ{n}Q" for n in range(300)))
    ]

    matches = await matched(entries, INDEX, {"BF/B"})
    accepted, omitted = new_entries(matches, {"AAPK": "AAPL", "bcpc": "none"}, {"BRK.B": 85.5}.get)

    kinds = [match.kind for match in matches]
    assert kinds[:3] == [MatchKind.CERTAIN, MatchKind.CERTAIN, MatchKind.DOUBLE]
    assert [instrument.symbol for instrument in matches[3].choices] == ["AAPL"]
    assert {match.symbol for match in matches if match.kind is MatchKind.CERTAIN} == {"AAPL", "BRK.B", "BCpC"}
    assert kinds.count(MatchKind.UNKNOWN) == 300 > MOST_NEAR
    assert [(entry.symbol, entry.price) for entry in accepted][:2] == [("AAPL", None), ("BRK.B", 85.5)]
    assert len(accepted) + len(omitted) == len(entries)
