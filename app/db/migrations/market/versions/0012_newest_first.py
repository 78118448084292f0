"""Patterns and indicators by time: of all, a symbol, a timeframe or a pattern the newest first; patterns by end."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

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


def upgrade() -> None:
    for table, expires in EXPIRES.items():
        for name, columns in INDEXES.items():
            words = columns.format(expires=expires)
            op.execute(f"CREATE INDEX IF NOT EXISTS {name.format(table=table)} ON {table} {words}")
        op.execute(f"DROP INDEX IF EXISTS {BY_TIME.format(table=table)}")
    op.execute(f"CREATE INDEX IF NOT EXISTS {READINGS} ON daily_indicators (symbol, calculation_timestamp DESC)")


def downgrade() -> None:
    op.execute(f"DROP INDEX IF EXISTS {READINGS}")
    for table in EXPIRES:
        op.execute(f"CREATE INDEX IF NOT EXISTS {BY_TIME.format(table=table)} ON {table} (detection_timestamp DESC)")
        for name in INDEXES:
            op.execute(f"DROP INDEX IF EXISTS {name.format(table=table)}")
