"""The answers to requests that were sent with an Idempotency-Key."""

from alembic import op

revision = "0008"
down_revision = "0007"

ANSWERS = """
create table app.idempotency_keys (
    user_id uuid not null references app.users on delete cascade,
    key text not null check (length(key) between 1 and 64),
    request_hash text not null,
    status smallint not null,
    body bytea not null,
    location text not null,
    etag text not null,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
)
"""

EXPIRY = "create index idempotency_keys_created_at on app.idempotency_keys (created_at)"


def upgrade() -> None:
    op.execute(ANSWERS)
    op.execute(EXPIRY)


def downgrade() -> None:
    op.execute("drop table app.idempotency_keys")
