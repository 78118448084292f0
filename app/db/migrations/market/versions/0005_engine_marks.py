"""Up to when, in the market's time, the engine has told of what it must tell once."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("CREATE TABLE engine_marks (name varchar(40) PRIMARY KEY, at timestamptz NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE engine_marks")
