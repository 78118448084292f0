"""How many of a universe's members rise and fall, minute by minute."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE universe_conditions (
            timestamp timestamptz NOT NULL, universe text NOT NULL, symbols integer NOT NULL,
            advancing integer NOT NULL, declining integer NOT NULL, change numeric NOT NULL, volume bigint NOT NULL,
            PRIMARY KEY (timestamp, universe)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE universe_conditions")
