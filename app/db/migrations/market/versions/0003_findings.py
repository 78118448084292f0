"""What the engine finds beside bars, patterns and indicators: outcomes, both tiers at once, breadth, and gaps."""

from alembic import op

revision = "0003"
down_revision = "0002"

COMBO = """
CREATE TABLE daily_intraday_patterns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text NOT NULL, pattern_type text NOT NULL,
    confidence numeric NOT NULL, pattern_data jsonb, detection_timestamp timestamptz NOT NULL,
    expiration_timestamp timestamptz, levels numeric[], metadata jsonb, timeframe text NOT NULL DEFAULT 'combo',
    daily_pattern_id bigint, daily_pattern_timestamp timestamptz, intraday_signal jsonb,
    UNIQUE (symbol, pattern_type, timeframe, detection_timestamp)
);
CREATE INDEX ON daily_intraday_patterns (detection_timestamp DESC);
"""

OUTCOMES = """
CREATE TABLE pattern_outcomes (
    symbol text NOT NULL, pattern_type text NOT NULL, timeframe text NOT NULL,
    detection_timestamp timestamptz NOT NULL, direction text NOT NULL, price numeric NOT NULL,
    return_1 numeric, return_5 numeric, return_20 numeric, evaluated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol, pattern_type, timeframe, detection_timestamp)
);
CREATE INDEX ON pattern_outcomes (pattern_type, timeframe);
CREATE INDEX ON pattern_outcomes (detection_timestamp DESC) WHERE return_20 IS NULL;
COMMENT ON TABLE pattern_outcomes IS 'change of the close 1, 5 and 20 bars after a pattern, 0.01 for 1 % up';
"""

BREADTH = """
CREATE TABLE market_conditions (
    timestamp timestamptz PRIMARY KEY, market_volatility numeric, volatility_percentile numeric,
    overall_volume bigint, volume_vs_average numeric, market_trend varchar(20), trend_strength numeric,
    session_type varchar(20), day_of_week integer, advancing_count integer, declining_count integer,
    advance_decline_ratio numeric, sp500_change numeric, nasdaq_change numeric, dow_change numeric,
    mean_change numeric, symbols_count integer, calculated_at timestamptz DEFAULT now(), data_source varchar(20)
);
CREATE TABLE sector_conditions (
    timestamp timestamptz NOT NULL, sector varchar(50) NOT NULL, symbols integer NOT NULL,
    advancing integer NOT NULL, declining integer NOT NULL, change numeric NOT NULL, volume bigint NOT NULL,
    PRIMARY KEY (timestamp, sector)
);
"""

GAPS = """
CREATE TABLE feed_gaps (
    reason varchar(40) NOT NULL, began timestamptz NOT NULL, ended timestamptz NOT NULL, symbols integer NOT NULL,
    PRIMARY KEY (reason, began)
);
COMMENT ON TABLE feed_gaps IS 'market time in which the engine heard no ticks, so that minutes are missing'
"""


def upgrade() -> None:
    for part in (COMBO, OUTCOMES, BREADTH, GAPS):
        for statement in part.split(";"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE feed_gaps, sector_conditions, market_conditions, pattern_outcomes, daily_intraday_patterns")
