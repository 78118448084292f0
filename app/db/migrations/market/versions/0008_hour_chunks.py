"""A chunk of a TimescaleDB holds a year of hours, where a week is what minutes need."""

from alembic import op

revision = "0008"
down_revision = "0007"

# Ten years in weeks are more than five hundred chunks, and planning to read them takes longer than reading them.
CHUNKS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        IF EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = 'ohlcv_hourly') THEN
            PERFORM set_chunk_time_interval('ohlcv_hourly', INTERVAL '{span}');
        END IF;
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'chunks of hours stay as they are: %', SQLERRM;
END $$;
"""


def upgrade() -> None:
    op.execute(CHUNKS.replace("{span}", "365 days"))


def downgrade() -> None:
    op.execute(CHUNKS.replace("{span}", "7 days"))
