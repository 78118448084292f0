"""Lists of symbols that people keep, what can be undone in them, and links that show them to others."""

from alembic import op

revision = "0009"
down_revision = "0008"

# name_key: the name with its case folded. The database's lower() knows no letters but ASCII in the C locale.
WATCHLISTS = """
create table app.watchlists (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    name text not null check (length(name) between 1 and 60),
    name_key text not null,
    slug text not null check (slug ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
    position integer not null,
    on_desk boolean not null default false,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, name_key),
    unique (user_id, slug)
)
"""

ON_DESK = "create unique index watchlists_on_desk on app.watchlists (user_id) where on_desk"

SECTIONS = """
create table app.watchlist_sections (
    id uuid primary key default gen_random_uuid(),
    watchlist_id uuid not null references app.watchlists on delete cascade,
    name text not null check (length(name) <= 60),
    position integer not null,
    unique (watchlist_id, id)
)
"""

# rank: any number between those of the neighbours, so that a move changes one row.
ENTRIES = """
create table app.watchlist_entries (
    watchlist_id uuid not null references app.watchlists on delete cascade,
    symbol text not null check (length(symbol) between 1 and 32),
    section_id uuid not null,
    rank double precision not null,
    note text not null default '' check (length(note) <= 500),
    added_at timestamptz not null default now(),
    price_added double precision,
    primary key (watchlist_id, symbol),
    foreign key (watchlist_id, section_id) references app.watchlist_sections (watchlist_id, id)
        deferrable initially deferred
)
"""

UNDO = """
create table app.watchlist_undo (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    kind text not null,
    payload jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null
)
"""

# Whoever has the token may read the target. Stored is its hash, as with other secrets.
SHARES = """
create table app.shares (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    token_hash text not null unique,
    kind text not null,
    target uuid not null,
    created_at timestamptz not null default now(),
    revoked boolean not null default false
)
"""

INDEXES = (
    "create index watchlist_sections_list on app.watchlist_sections (watchlist_id, position)",
    "create index watchlist_entries_section on app.watchlist_entries (watchlist_id, section_id, rank)",
    "create index watchlist_undo_user on app.watchlist_undo (user_id, created_at)",
    "create index shares_target on app.shares (kind, target)",
    "create index shares_user on app.shares (user_id)",
)

STATEMENTS = (WATCHLISTS, ON_DESK, SECTIONS, ENTRIES, UNDO, SHARES, *INDEXES)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "drop table app.shares, app.watchlist_undo, app.watchlist_entries, app.watchlist_sections, app.watchlists"
    )
