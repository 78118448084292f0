"""Users and how the first one gets in, the audit, and the errors that were logged."""

from alembic import op

revision = "0001"
down_revision = None

USERS = """
create table app.users (
    id uuid primary key default gen_random_uuid(),
    email text not null check (length(email) between 3 and 254),
    password_hash text not null,
    role text not null default 'user' check (role in ('user', 'admin')),
    active boolean not null default true,
    session_epoch integer not null default 0,
    created_at timestamptz not null default now()
)
"""

EMAILS = "create unique index users_email on app.users (lower(email))"

SETUP_TOKENS = """
create table app.setup_tokens (
    token_hash text primary key,
    created_at timestamptz not null default now(),
    used_at timestamptz
)
"""

AUDIT = """
create table app.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null default '',
    action text not null,
    outcome text not null default '',
    ip text not null default '',
    detail text not null default ''
)
"""

AUDIT_TIMES = "create index audit_at on app.audit (at desc)"

REFUSE_CHANGE = """
create function app.refuse_change() returns trigger language plpgsql as $$
begin raise exception '% is append-only', tg_table_name; end $$
"""

APPEND_ONLY = """
create trigger audit_append_only before update or delete or truncate on app.audit
for each statement execute function app.refuse_change()
"""

ERROR_LOGS = """
create table app.error_logs (
    id bigint generated always as identity primary key,
    error_id text not null unique,
    source text not null,
    severity text not null,
    category text,
    message text not null,
    component text,
    traceback text,
    context jsonb not null default '{}',
    timestamp timestamptz not null,
    created_at timestamptz not null default now()
)
"""

ERROR_TIMES = "create index error_logs_timestamp on app.error_logs (timestamp desc)"
ERROR_CONTEXTS = "create index error_logs_context on app.error_logs using gin (context)"

STATEMENTS = (
    USERS,
    EMAILS,
    SETUP_TOKENS,
    AUDIT,
    AUDIT_TIMES,
    REFUSE_CHANGE,
    APPEND_ONLY,
    ERROR_LOGS,
    ERROR_TIMES,
    ERROR_CONTEXTS,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table app.users, app.setup_tokens, app.audit, app.error_logs")
    op.execute("drop function app.refuse_change()")
