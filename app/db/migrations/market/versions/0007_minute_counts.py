"""Minutes are counted by the half hour where TimescaleDB is there and its licence allows it: for the gap map."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Every session of the exchange begins and ends on a half hour, and New York is whole hours from UTC.
COUNTS = """
SELECT symbol, time_bucket(INTERVAL '30 minutes', timestamp) AS at, count(*) AS held,
       bool_or(num_nonnulls(open, high, low, close) < 4 OR least(open, low) <= 0) AS no_price,
       bool_or(high < greatest(open, low, close) OR low > least(open, close)) AS crossed,
       bool_and(coalesce(volume, 0) = 0) AS no_volume
  FROM ohlcv_1min
 GROUP BY symbol, time_bucket(INTERVAL '30 minutes', timestamp)
"""

# With data it could not be made within a transaction. What is newer than the last refresh is counted on reading.
KEEP = r"""
DO $$
DECLARE
    found text := (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
    IF found IS NULL OR current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale'
       OR (regexp_match(found, '^(\d+)\.(\d+)'))::int[] < ARRAY[2, 11] THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = 'ohlcv_1min') THEN
        RETURN;
    END IF;
    EXECUTE $sql$
        CREATE MATERIALIZED VIEW minute_counts
          WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS {counts} WITH NO DATA
    $sql$;
    PERFORM add_continuous_aggregate_policy('minute_counts', start_offset => NULL, end_offset => INTERVAL '1 day',
                                            schedule_interval => INTERVAL '1 hour');
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'minutes are not counted: %', SQLERRM;
END $$;
"""

LEAVE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        IF EXISTS (SELECT FROM timescaledb_information.continuous_aggregates WHERE view_name = 'minute_counts') THEN
            DROP MATERIALIZED VIEW minute_counts;
        END IF;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(KEEP.replace("{counts}", COUNTS))


def downgrade() -> None:
    op.execute(LEAVE)
