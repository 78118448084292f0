"""Old minutes and hours are compressed where TimescaleDB is there and its licence allows it."""

from alembic import op

revision = "0006"
down_revision = "0005"

# Before 2.11 a compressed chunk took no upsert, and late bars and repeated loads are upserts. Whatever a version of the
# extension may refuse leaves the tables as they are, which is enough to work on.
COMPRESS = r"""
DO $$
DECLARE
    found text := (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb');
    bars text;
BEGIN
    IF found IS NULL OR current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale'
       OR (regexp_match(found, '^(\d+)\.(\d+)'))::int[] < ARRAY[2, 11] THEN
        RETURN;
    END IF;
    FOREACH bars IN ARRAY ARRAY['ohlcv_1min', 'ohlcv_hourly'] LOOP
        IF EXISTS (SELECT FROM timescaledb_information.hypertables WHERE hypertable_name = bars) THEN
            EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = ''symbol'', '
                           'timescaledb.compress_orderby = ''timestamp DESC'')', bars);
            PERFORM add_compression_policy(bars::regclass, INTERVAL '90 days', if_not_exists => true);
        END IF;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'bars are not compressed: %', SQLERRM;
END $$;
"""

# The Apache edition knows the function and refuses it.
LEAVE = """
DO $$
BEGIN
    IF current_setting('timescaledb.license', true) = 'timescale'
       AND EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM remove_compression_policy('ohlcv_1min', if_exists => true);
        PERFORM remove_compression_policy('ohlcv_hourly', if_exists => true);
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'bars go on being compressed: %', SQLERRM;
END $$;
"""


def upgrade() -> None:
    op.execute(COMPRESS)


def downgrade() -> None:
    op.execute(LEAVE)
