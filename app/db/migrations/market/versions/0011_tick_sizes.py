"""The least difference between two prices of an instrument: indicators and patterns take nearer ones for equal."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE symbols ADD COLUMN tick_size numeric CHECK (tick_size > 0)")


def downgrade() -> None:
    op.execute("ALTER TABLE symbols DROP COLUMN tick_size")
