"""Rules that people keep under names, and one store of what can be undone."""

from alembic import op

revision = "0010"
down_revision = "0009"

# rule: in one version of the language of rules; scope, timeframe, sort and columns as in the address of a scan.
SCREENS = """
create table app.screens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    name text not null check (length(name) between 1 and 60),
    name_key text not null,
    slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    rule text not null check (length(rule) between 1 and 1000),
    rule_version integer not null,
    scope text not null check (length(scope) <= 1000),
    timeframe text not null,
    sort text not null,
    columns text not null,
    position integer not null,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, name_key),
    unique (user_id, slug)
)
"""


def upgrade() -> None:
    op.execute(SCREENS)
    op.execute("alter table app.watchlist_undo rename to undo")
    op.execute("alter index app.watchlist_undo_user rename to undo_user")


def downgrade() -> None:
    op.execute("alter index app.undo_user rename to watchlist_undo_user")
    op.execute("alter table app.undo rename to watchlist_undo")
    op.execute("drop table app.screens")
