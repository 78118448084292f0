"""The market's tables, as TickStockPL names and types them."""

from alembic import op

revision = "0001"
down_revision = None

BARS = """
CREATE TABLE ohlcv_1min (
    symbol varchar(20) NOT NULL, timestamp timestamptz NOT NULL,
    open numeric(14, 4) NOT NULL, high numeric(14, 4) NOT NULL, low numeric(14, 4) NOT NULL,
    close numeric(14, 4) NOT NULL, volume bigint NOT NULL,
    PRIMARY KEY (symbol, timestamp)
);
CREATE TABLE ohlcv_hourly (
    symbol varchar(20) NOT NULL, timestamp timestamptz NOT NULL,
    open numeric(14, 4), high numeric(14, 4), low numeric(14, 4), close numeric(14, 4), volume bigint,
    PRIMARY KEY (symbol, timestamp)
);
CREATE TABLE ohlcv_daily (
    symbol varchar(20) NOT NULL, date date NOT NULL,
    open numeric(14, 4), high numeric(14, 4), low numeric(14, 4), close numeric(14, 4), volume bigint,
    created_at timestamptz DEFAULT now(),
    PRIMARY KEY (symbol, date)
);
CREATE TABLE ohlcv_weekly (
    symbol varchar(20) NOT NULL, week_start date NOT NULL,
    open numeric(14, 4), high numeric(14, 4), low numeric(14, 4), close numeric(14, 4), volume bigint,
    PRIMARY KEY (symbol, week_start)
);
CREATE TABLE ohlcv_monthly (
    symbol varchar(20) NOT NULL, month_start date NOT NULL,
    open numeric(14, 4), high numeric(14, 4), low numeric(14, 4), close numeric(14, 4), volume bigint,
    PRIMARY KEY (symbol, month_start)
);
"""

HYPERTABLES = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('ohlcv_1min', 'timestamp');
        PERFORM create_hypertable('ohlcv_hourly', 'timestamp');
    END IF;
END $$;
"""

SYMBOLS = """
CREATE TABLE symbols (
    symbol varchar(20) PRIMARY KEY, name varchar(100), exchange varchar(20), last_updated timestamp DEFAULT now(),
    market varchar(20), locale varchar(10), currency_name varchar(10), currency_symbol varchar(5),
    type varchar(20), active boolean DEFAULT true, cik varchar(20), composite_figi varchar(50),
    share_class_figi varchar(50), last_updated_utc timestamptz, market_cap bigint, weighted_shares_outstanding bigint,
    etf_type varchar(50), aum_millions numeric, expense_ratio numeric, underlying_index varchar(100),
    correlation_reference varchar(10), fmv_supported boolean, creation_unit_size integer,
    dividend_frequency varchar(20), inception_date date, net_assets bigint, primary_exchange varchar(20),
    issuer varchar(100), average_spread numeric, daily_volume_avg bigint, premium_discount_avg numeric,
    tracking_error numeric, sic_code varchar(10), sic_description text, sector varchar(50), industry varchar(100),
    country varchar(5), total_employees integer, list_date date, sic_updated_at timestamp
);
CREATE TABLE cache_entries (
    id serial PRIMARY KEY, type varchar(50) NOT NULL, name varchar(100) NOT NULL, key varchar(100) NOT NULL,
    value jsonb NOT NULL, environment varchar(10) NOT NULL, created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now(), universe_category varchar(50), liquidity_filter jsonb,
    universe_metadata jsonb, last_universe_update timestamp,
    UNIQUE (type, name, key, environment)
);
"""

PATTERNS = """
CREATE TABLE pattern_definitions (
    id serial PRIMARY KEY, name varchar(100) NOT NULL UNIQUE, short_description text, long_description text,
    basic_logic_description text, code_reference text, category varchar(50), created_date timestamp DEFAULT now(),
    updated_date timestamp DEFAULT now(), enabled boolean NOT NULL DEFAULT true, display_order integer,
    confidence_threshold numeric, risk_level varchar(20), typical_success_rate numeric, created_by text,
    applicable_timeframes text[]
);
CREATE TABLE daily_patterns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text NOT NULL, pattern_type text NOT NULL,
    confidence numeric NOT NULL, pattern_data jsonb, detection_timestamp timestamptz NOT NULL,
    expiration_date timestamptz, levels numeric[], metadata jsonb, timeframe text NOT NULL DEFAULT 'daily',
    UNIQUE (symbol, pattern_type, timeframe, detection_timestamp)
);
CREATE INDEX ON daily_patterns (detection_timestamp DESC);
CREATE TABLE intraday_patterns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text NOT NULL, pattern_type text NOT NULL,
    confidence numeric NOT NULL, pattern_data jsonb, detection_timestamp timestamptz NOT NULL,
    expiration_timestamp timestamptz, levels numeric[], metadata jsonb, timeframe text NOT NULL DEFAULT '5min',
    UNIQUE (symbol, pattern_type, timeframe, detection_timestamp)
);
CREATE INDEX ON intraday_patterns (detection_timestamp DESC);
CREATE TABLE pattern_detections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pattern_id integer NOT NULL REFERENCES pattern_definitions (id), symbol varchar(10) NOT NULL,
    detected_at timestamp NOT NULL, confidence numeric(4, 3), price_at_detection numeric, volume_at_detection bigint,
    pattern_data jsonb, outcome_1d numeric, outcome_5d numeric, outcome_30d numeric, outcome_evaluated_at timestamp,
    UNIQUE (pattern_id, symbol, detected_at)
);
"""

INDICATORS = """
CREATE TABLE indicator_definitions (
    id serial PRIMARY KEY, name varchar(100) NOT NULL UNIQUE, short_description text, long_description text,
    basic_logic_description text, code_reference text, category varchar(50), created_date timestamp DEFAULT now(),
    updated_date timestamp DEFAULT now(), enabled boolean NOT NULL DEFAULT true, display_order integer,
    period integer, parameters jsonb, output_type text, typical_range text, created_by text,
    applicable_timeframes text[]
);
CREATE TABLE daily_indicators (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text NOT NULL, indicator_type text NOT NULL,
    value_data jsonb NOT NULL, calculation_timestamp timestamptz NOT NULL, expiration_date timestamptz,
    metadata jsonb, timeframe text NOT NULL DEFAULT 'daily',
    UNIQUE (symbol, indicator_type, timeframe, calculation_timestamp)
);
CREATE TABLE intraday_indicators (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, symbol text NOT NULL, indicator_type text NOT NULL,
    value_data jsonb NOT NULL, calculation_timestamp timestamptz NOT NULL, expiration_timestamp timestamptz,
    metadata jsonb, timeframe text NOT NULL DEFAULT '5min',
    UNIQUE (symbol, indicator_type, timeframe, calculation_timestamp)
);
CREATE INDEX ON intraday_indicators (expiration_timestamp);
"""

RUNS = """
CREATE TABLE processing_runs (
    run_id varchar(64) PRIMARY KEY, trigger_type varchar(20), status varchar(20) NOT NULL, phase varchar(50),
    started_at timestamp, completed_at timestamp, duration_seconds integer, symbols_total integer,
    symbols_processed integer, symbols_failed integer, indicators_total integer, indicators_processed integer,
    indicators_failed integer, error_message text, metadata jsonb, created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now()
);
"""

TABLES = (
    "processing_runs, intraday_indicators, daily_indicators, indicator_definitions, pattern_detections, "
    "intraday_patterns, daily_patterns, pattern_definitions, cache_entries, symbols, ohlcv_monthly, ohlcv_weekly, "
    "ohlcv_daily, ohlcv_hourly, ohlcv_1min"
)


def upgrade() -> None:
    for part in (BARS, HYPERTABLES, SYMBOLS, PATTERNS, INDICATORS, RUNS):
        for statement in _statements(part):
            op.execute(statement)


def downgrade() -> None:
    # A hypertable is dropped by itself alone.
    for table in TABLES.split(", "):
        op.execute(f"DROP TABLE {table}")


def _statements(part: str) -> list[str]:
    """asyncpg prepares what it runs, and a prepared statement is one statement."""
    if "$$" in part:
        return [part]
    return [statement for statement in part.split(";") if statement.strip()]
