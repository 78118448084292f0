"""The panels that a person chose for the desk, in order."""

from alembic import op

revision = "0014"
down_revision = "0013"

# panels: an array of {"kind": …, "target": …}. A person without a row has the usual ones.
PANELS = """
create table app.desk_panels (
    user_id uuid primary key references app.users on delete cascade,
    panels jsonb not null check (jsonb_typeof(panels) = 'array'),
    version bigint not null default 1,
    updated_at timestamptz not null default now()
)
"""


def upgrade() -> None:
    op.execute(PANELS)


def downgrade() -> None:
    op.execute("drop table app.desk_panels")
