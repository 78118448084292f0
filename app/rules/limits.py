"""How much a rule may hold: nothing in it loops, so that its cost is at most nodes times bars."""

from app.rules.catalogue import LONGEST_PERIOD

CHARACTERS = 1_000
NODES = 64
"""Conditions and operands, numbers among them."""
DEPTH = 6
"""Groups, windows and functions inside each other."""
SERIES = 12
"""Different fields, of one period, part and timeframe each."""
TIMEFRAMES = 3
PERIOD = LONGEST_PERIOD
"""Bars, also of windows and lags."""
LOOK_BACK = 600
"""Bars of one timeframe: periods, windows and lags inside each other are added."""
WORDS = 100
"""In one list."""
NUMBER = 1e13
"""Largest size of a number."""
