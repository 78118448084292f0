"""One-time links by which people get an account or a new password, and what the audit is asked for."""

from alembic import op

revision = "0002"
down_revision = "0001"

# One open link an address: a newer one takes the place of the one before, and a used one is gone.
INVITES = """
create table app.invites (
    id uuid primary key default gen_random_uuid(),
    token_hash text not null unique,
    email text not null check (length(email) between 3 and 254),
    role text not null check (role in ('user', 'admin')),
    user_id uuid references app.users on delete cascade,
    invited_by uuid not null references app.users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
)
"""

INVITE_EMAILS = "create unique index invites_email on app.invites (lower(email))"

AUDIT_SESSION = "alter table app.audit add column session text not null default ''"
AUDIT_ACTORS = "create index audit_actor on app.audit (actor, action, id)"
AUDIT_ACTIONS = "create index audit_action on app.audit (action, id)"

STATEMENTS = (INVITES, INVITE_EMAILS, AUDIT_SESSION, AUDIT_ACTORS, AUDIT_ACTIONS)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table app.invites")
    op.execute("drop index app.audit_actor, app.audit_action")
    op.execute("alter table app.audit drop column session")
