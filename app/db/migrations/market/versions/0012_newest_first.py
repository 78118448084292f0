"""Patterns and indicators by time, the newest first: of all, of a symbol, of a timeframe, and of a pattern."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PATTERNS = ("daily_patterns", "intraday_patterns", "daily_intraday_patterns")

# The first takes the place of the one by time alone, and answers a page in its whole order: thousands of detections
# have the time of one close.
INDEXES = {
    "{table}_newest": "(detection_timestamp DESC, symbol, pattern_type, timeframe)",
    "{table}_newest_of_symbol": "(symbol, detection_timestamp DESC)",
    "{table}_newest_of_timeframe": "(timeframe, detection_timestamp DESC)",
    "{table}_newest_of_pattern": "(pattern_type, detection_timestamp DESC)",
}
BY_TIME = "{table}_detection_timestamp_idx"
READINGS = "daily_indicators_newest_of_symbol"


def upgrade() -> None:
    for table in PATTERNS:
        for name, columns in INDEXES.items():
            op.execute(f"CREATE INDEX IF NOT EXISTS {name.format(table=table)} ON {table} {columns}")
        op.execute(f"DROP INDEX IF EXISTS {BY_TIME.format(table=table)}")
    op.execute(f"CREATE INDEX IF NOT EXISTS {READINGS} ON daily_indicators (symbol, calculation_timestamp DESC)")


def downgrade() -> None:
    op.execute(f"DROP INDEX IF EXISTS {READINGS}")
    for table in PATTERNS:
        op.execute(f"CREATE INDEX IF NOT EXISTS {BY_TIME.format(table=table)} ON {table} (detection_timestamp DESC)")
        for name in INDEXES:
            op.execute(f"DROP INDEX IF EXISTS {name.format(table=table)}")
