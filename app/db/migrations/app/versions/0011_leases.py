"""Leases: work that one web process does for all, and no other while its lease lasts."""

from alembic import op

revision = "0011"
down_revision = "0010"

# term: grows whenever the lease passes to another holder.
LEASES = """
create table app.leases (
    name text primary key,
    holder text not null,
    term bigint not null default 1,
    expires_at timestamptz not null
)
"""


def upgrade() -> None:
    op.execute(LEASES)


def downgrade() -> None:
    op.execute("drop table app.leases")
