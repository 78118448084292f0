"""Codes beside a password, links for a new password that no administrator made, and letters that wait to be sent."""

from alembic import op

revision = "0003"
down_revision = "0002"

# `secret` is sealed with a key that the database does not know. Until it is confirmed it belongs to one session.
SECOND_STEPS = """
create table app.second_steps (
    user_id uuid primary key references app.users on delete cascade,
    secret bytea not null,
    session text not null,
    begun_at timestamptz not null default now(),
    confirmed_at timestamptz,
    last_step bigint not null default 0
)
"""

RECOVERY_CODES = """
create table app.recovery_codes (
    code_hash text primary key,
    user_id uuid not null references app.users on delete cascade
)
"""

RECOVERY_OWNERS = "create index recovery_codes_user on app.recovery_codes (user_id)"

# One open link a person: a newer one takes the place of the one before, and a used one is gone.
RESETS = """
create table app.resets (
    user_id uuid primary key references app.users on delete cascade,
    token_hash text not null unique,
    expires_at timestamptz not null
)
"""

# What is to be said, never how: a link is made when the letter is, so that no secret waits here.
LETTERS = """
create table app.letters (
    id bigint generated always as identity primary key,
    kind text not null,
    user_id uuid not null references app.users on delete cascade,
    created_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    tries integer not null default 0,
    sent_at timestamptz,
    given_up_at timestamptz,
    trouble text not null default ''
)
"""

LETTERS_DUE = "create index letters_due on app.letters (due_at) where sent_at is null and given_up_at is null"

STATEMENTS = (SECOND_STEPS, RECOVERY_CODES, RECOVERY_OWNERS, RESETS, LETTERS, LETTERS_DUE)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table app.second_steps, app.recovery_codes, app.resets, app.letters")
