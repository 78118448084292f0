"""Tokens by which programs come in, each with what it may do and until when."""

from alembic import op

revision = "0004"
down_revision = "0003"

# A token that was revoked is gone; that it was there, the audit says.
TOKENS = """
create table app.tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    name text not null check (length(name) between 1 and 60),
    token_hash text not null unique,
    scope text not null check (scope in ('read', 'jobs', 'admin')),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz
)
"""

OWNERS = "create index tokens_user on app.tokens (user_id, created_at)"

STATEMENTS = (TOKENS, OWNERS)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table app.tokens")
