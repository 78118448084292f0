"""Of detections that are no longer kept: how many outcomes were below zero, for the hit rate of bearish patterns."""

from alembic import op

revision = "0014"
down_revision = "0013"

HORIZONS = (1, 5, 20)


def upgrade() -> None:
    for bars in HORIZONS:
        op.execute(f"ALTER TABLE pattern_statistics ADD COLUMN IF NOT EXISTS falls_{bars} bigint NOT NULL DEFAULT 0")
    # Of those that were deleted before, nobody knows how many closed where they were: few, and they count as falls.
    falls = ", ".join(f"falls_{bars} = outcomes_{bars} - rises_{bars}" for bars in HORIZONS)
    op.execute(f"UPDATE pattern_statistics SET {falls}")  # noqa: S608


def downgrade() -> None:
    for bars in HORIZONS:
        op.execute(f"ALTER TABLE pattern_statistics DROP COLUMN falls_{bars}")
