"""Accounts that are not there until somebody has read their mail, and letters to who has none yet."""

from alembic import op

revision = "0005"
down_revision = "0004"

# One open link an address. Nothing else is known of who asked: a password is chosen by who reads the letter.
REGISTRATIONS = """
create table app.registrations (
    email text primary key check (length(email) between 3 and 254),
    token_hash text not null unique,
    expires_at timestamptz not null
)
"""

TO_WHOM = """
alter table app.letters
    alter column user_id drop not null,
    add column email text,
    add constraint letters_to_somebody check ((user_id is null) <> (email is null))
"""

STATEMENTS = (REGISTRATIONS, TO_WHOM)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("delete from app.letters where user_id is null")
    op.execute("alter table app.letters drop column email, alter column user_id set not null")
    op.execute("drop table app.registrations")
