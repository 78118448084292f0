"""How often a load was begun: what takes its engine down each time is not begun for ever."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("ALTER TABLE data_load_jobs ADD COLUMN tries integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE data_load_jobs DROP COLUMN tries")
