"""Who was a member of which universe when: an entry itself knows only who is one now."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE universe_members (
            universe varchar(210) NOT NULL, symbol varchar(20) NOT NULL, since date NOT NULL, until date,
            PRIMARY KEY (universe, symbol, since), CHECK (until > since)
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX ON universe_members (universe, symbol) WHERE until IS NULL")


def downgrade() -> None:
    op.execute("DROP TABLE universe_members")
