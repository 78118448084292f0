"""The table of newest bars as migrations make it: in the market's database, and beside our own tables."""

from collections.abc import Sequence

# Names of the catalogue alone enter SQL.

COLUMNS = (
    "close", "open", "high", "low", "chg", "gap", "span", "vwap", "volume", "money", "relvol", "sma20", "sma50",
    "sma200", "ema12", "ema26", "macd", "macd_signal", "macd_histogram", "adx14", "adx14_plus", "adx14_minus",
    "rs20", "rsi14", "stoch14", "stoch14_signal", "atr14", "atrp14", "bb20", "bb20_upper", "bb20_lower",
    "bb20_width", "bb20_place", "volatility20", "beta252", "avg20_volume", "avg20_money", "max20_high",
    "min20_low", "max252_high", "min252_low", "chg5_close", "chg21_close", "chg63_close", "chg126_close",
    "chg252_close",
)  # fmt: skip
"""Each also as of one bar before, with `_1` behind its name."""


def create(table: str) -> tuple[str, ...]:
    """As of its first revision."""
    values = ", ".join(f'"{name}" float8, "{name}_1" float8' for name in COLUMNS)
    # Half of each page stays free: all rows of a timeframe change together, and an update within its page leaves the
    # index alone.
    return (
        f"""
        CREATE TABLE {table} (
            timeframe text NOT NULL, running boolean NOT NULL, symbol text NOT NULL, at timestamptz NOT NULL,
            bars integer NOT NULL, split_1 float8 NOT NULL, {values},
            PRIMARY KEY (timeframe, running, symbol)
        ) WITH (fillfactor = 50)
        """,
        f"COMMENT ON COLUMN {table}.running IS 'whether it is the day as it stands, which may not be over'",
        f"COMMENT ON COLUMN {table}.at IS 'the end of the bar; of a day that is not over, of its last minute'",
        f"COMMENT ON COLUMN {table}.split_1 IS 'shares held now for one share held at the bar before'",
    )


def add(table: str, columns: Sequence[str]) -> str:
    return (
        f"ALTER TABLE {table} {', '.join(f'ADD COLUMN {name} float8, ADD COLUMN {name}_1 float8' for name in columns)}"
    )


def remove(table: str, columns: Sequence[str]) -> str:
    return f"ALTER TABLE {table} {', '.join(f'DROP COLUMN {name}, DROP COLUMN {name}_1' for name in columns)}"
