"""What changes a share's number or price without a trade, and how far each load has come."""

from alembic import op

revision = "0002"
down_revision = "0001"

# Prices are stored as they were paid; these are applied when a series is read.
ACTIONS = """
CREATE TABLE splits (
    symbol varchar(20) NOT NULL, ex_date date NOT NULL,
    ratio numeric(20, 10) NOT NULL CHECK (ratio > 0), source varchar(40),
    PRIMARY KEY (symbol, ex_date)
);
COMMENT ON COLUMN splits.ratio IS 'shares held from ex_date on for each one held before: 2 for two for one';
CREATE TABLE dividends (
    symbol varchar(20) NOT NULL, ex_date date NOT NULL, kind varchar(10) NOT NULL DEFAULT 'CD',
    amount numeric(18, 8) NOT NULL CHECK (amount >= 0), currency varchar(10), pay_date date, source varchar(40),
    PRIMARY KEY (symbol, ex_date, kind)
);
COMMENT ON COLUMN dividends.amount IS 'cash for one share, as it was declared';
"""

LOADS = """
CREATE TABLE symbol_load_log (
    id serial PRIMARY KEY, csv_filename varchar(255), loaded_at timestamptz DEFAULT now(), symbol_count integer,
    symbols_loaded integer, symbols_updated integer, symbols_skipped integer, ohlcv_records_loaded bigint,
    load_status varchar(30), error_message text, load_duration_seconds double precision,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
);
CREATE TABLE data_load_parts (
    load varchar(100) NOT NULL, part varchar(60) NOT NULL, reached bigint NOT NULL DEFAULT 0,
    complete boolean NOT NULL DEFAULT false, updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (load, part)
);
COMMENT ON TABLE data_load_parts IS 'where to go on with a load that was stopped: changed together with its rows';
CREATE TABLE data_load_jobs (
    job_id varchar(64) PRIMARY KEY, request jsonb NOT NULL, status varchar(30) NOT NULL, message text,
    submitted_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz, completed_at timestamptz
);
CREATE INDEX ON data_load_jobs (submitted_at) WHERE completed_at IS NULL;
"""


def upgrade() -> None:
    for part in (ACTIONS, LOADS):
        for statement in part.split(";"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE data_load_jobs, data_load_parts, symbol_load_log, dividends, splits")
