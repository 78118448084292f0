"""Newest bars with the change this year, the worst day and the correlation with the market."""

from alembic import op

from app.db.migrations.latest_table import add, remove

revision = "0015"
down_revision = "0014"

COLUMNS = ("ytd", "corr252", "min252_chg")


def upgrade() -> None:
    op.execute(add("latest", COLUMNS))
    # The engine computes rows that are missing when it starts.
    op.execute("TRUNCATE latest")


def downgrade() -> None:
    op.execute(remove("latest", COLUMNS))
