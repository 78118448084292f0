"""Charts that links show, and links that end by themselves."""

from alembic import op

revision = "0015"
down_revision = "0014"

# What app.shares.target is of a link of the kind "chart". `settings`: the query string of the chart's address.
CHARTS = """
create table app.shared_charts (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    symbol text not null,
    settings text not null,
    created_at timestamptz not null default now()
)
"""

STATEMENTS = (
    CHARTS,
    "create index shared_charts_user on app.shared_charts (user_id)",
    "alter table app.shares add column expires_at timestamptz",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("delete from app.shares where kind = 'chart'")
    op.execute("alter table app.shares drop column expires_at")
    op.execute("drop table app.shared_charts")
