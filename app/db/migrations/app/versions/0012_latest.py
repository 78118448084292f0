"""The newest bars of a market database that has no such table: what a scan reads there."""

from alembic import op

from app.db.migrations.latest_table import create

revision = "0012"
down_revision = "0011"

# What scans join, copied from the market: the two may be different servers.
FACTS = (
    """
    create table app.latest_symbols (
        symbol text primary key, name text, exchange text, type text, active boolean not null, sector text,
        industry text, cap float8
    )
    """,
    """
    create table app.latest_universes (
        name text not null, key text not null, symbol text not null, primary key (name, key, symbol)
    )
    """,
    """
    create table app.latest_splits (
        symbol text not null, day date not null, ratio float8 not null, primary key (symbol, day)
    )
    """,
)
TABLES = ("latest", "latest_symbols", "latest_universes", "latest_splits")


def upgrade() -> None:
    for statement in (*create("app.latest"), *FACTS):
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table app.{table}")
