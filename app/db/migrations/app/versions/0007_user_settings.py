"""The settings of each user, with a version that every change raises."""

from alembic import op

revision = "0007"
down_revision = "0006"

# The values of the closed lists are checked by the web process, which shows the default of one that it does not know.
SETTINGS = """
create table app.user_settings (
    user_id uuid primary key references app.users on delete cascade,
    version bigint not null default 1,
    zone text,
    numbers text not null,
    colours text not null,
    density text not null,
    theme text not null,
    rate text,
    reduced_data boolean not null,
    home text not null,
    updated_at timestamptz not null default now()
)
"""


def upgrade() -> None:
    op.execute(SETTINGS)


def downgrade() -> None:
    op.execute("drop table app.user_settings")
