"""Symbols of every accepted kind, for examples and for properties."""

from hypothesis import strategies as st

from app.finance.symbols import LONGEST, is_symbol

ODD = (
    ".DJI", ".INX", "$SPX", "^GSPC", "M&M.NS", "BTC+USD", "BF/B", "BRK.B", "X:BTCUSD", "EURUSD=X", "BTC-USD", "ES_F",
    "A:1y-raw", "A:6m", "BCPC", "BCpC", "A/B.", "A.../B", "A.", "$", "^", ".A", "1INCH", "A/-", "A:/:", "a", "A&B=C+D",
    "X" * LONGEST, "&".join("ABCDEFGHIJKLMNOP") + "$",
)  # fmt: skip
NONE = (
    "", ".", "..", "../X", "A/..", "A/../B", "A/./B", "./A", "A//B", "/A", "A/", "//A", "A,B", "A B", " A", "A\n",
    "%2e%2e", "%41", "A'B", 'A"B', "<A>", "A\\B", "A?B", "A#B", "A;B", "A*", "@ES", "-A", "_A", "=A", "&A", "+A", ":A",
    "\uff21", "\xdfA", "\u017fPY", "A\x00", "X" * (LONGEST + 1),
)  # fmt: skip

symbols = st.from_regex(r"[A-Za-z0-9^$.][A-Za-z0-9._:^=$&+/-]{0,31}", fullmatch=True).filter(is_symbol)
"""What the grammar accepts, slashes and dots in every place among it."""
