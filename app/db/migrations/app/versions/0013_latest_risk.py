"""Newest bars with the change this year, the worst day and the correlation with the market."""

from alembic import op

from app.db.migrations.latest_table import add, remove

revision = "0013"
down_revision = "0012"

COLUMNS = ("ytd", "corr252", "min252_chg")


def upgrade() -> None:
    op.execute(add("app.latest", COLUMNS))
    # Without symbols they are not complete, and are computed again.
    op.execute("truncate app.latest, app.latest_symbols")


def downgrade() -> None:
    op.execute(remove("app.latest", COLUMNS))
