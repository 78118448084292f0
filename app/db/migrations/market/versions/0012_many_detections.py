"""For millions of detections: indexes by time and by end, and statistics of those that are no longer kept."""

from alembic import op

revision = "0012"
down_revision = "0011"

EXPIRES = {
    "daily_patterns": "expiration_date",
    "intraday_patterns": "expiration_timestamp",
    "daily_intraday_patterns": "expiration_timestamp",
}

# The first takes the place of the one by time alone, and answers a page in its whole order: thousands of detections
# have the time of one close.
INDEXES = {
    "{table}_newest": "(detection_timestamp DESC, symbol, pattern_type, timeframe)",
    "{table}_newest_of_symbol": "(symbol, detection_timestamp DESC)",
    "{table}_newest_of_timeframe": "(timeframe, detection_timestamp DESC)",
    "{table}_newest_of_pattern": "(pattern_type, detection_timestamp DESC)",
    # An engine that starts asks which ones hold still.
    "{table}_holding": "({expires})",
}
BY_TIME = "{table}_detection_timestamp_idx"
READINGS = "daily_indicators_newest_of_symbol"


STATISTICS = """
CREATE TABLE IF NOT EXISTS pattern_statistics (
    pattern_type text NOT NULL, timeframe text NOT NULL, direction text NOT NULL, month date NOT NULL,
    detections bigint NOT NULL, confidence_sum numeric NOT NULL,
    outcomes_1 bigint NOT NULL, return_1_sum numeric NOT NULL, rises_1 bigint NOT NULL,
    outcomes_5 bigint NOT NULL, return_5_sum numeric NOT NULL, rises_5 bigint NOT NULL,
    outcomes_20 bigint NOT NULL, return_20_sum numeric NOT NULL, rises_20 bigint NOT NULL,
    PRIMARY KEY (pattern_type, timeframe, direction, month)
)
"""
ABOUT = (
    "of detections that are no longer kept: how many there were, and how the close had changed 1, 5 and 20 bars later"
)


def upgrade() -> None:
    op.execute(STATISTICS)
    op.execute(f"COMMENT ON TABLE pattern_statistics IS '{ABOUT}'")
    for table, expires in EXPIRES.items():
        for name, columns in INDEXES.items():
            words = columns.format(expires=expires)
            op.execute(f"CREATE INDEX IF NOT EXISTS {name.format(table=table)} ON {table} {words}")
        op.execute(f"DROP INDEX IF EXISTS {BY_TIME.format(table=table)}")
    op.execute(f"CREATE INDEX IF NOT EXISTS {READINGS} ON daily_indicators (symbol, calculation_timestamp DESC)")


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS pattern_statistics")
    op.execute(f"DROP INDEX IF EXISTS {READINGS}")
    for table in EXPIRES:
        op.execute(f"CREATE INDEX IF NOT EXISTS {BY_TIME.format(table=table)} ON {table} (detection_timestamp DESC)")
        for name in INDEXES:
            op.execute(f"DROP INDEX IF EXISTS {name.format(table=table)}")
