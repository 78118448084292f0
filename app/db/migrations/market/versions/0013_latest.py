"""The newest bar of each symbol and timeframe with its indicators, one row each: what a scan reads."""

from alembic import op

from app.db.migrations.latest_table import create

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for statement in create("latest"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE latest")
