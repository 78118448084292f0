"""Writes definitions of patterns and indicators, and reads the thresholds that an operator has set."""

from asyncpg import Connection

from app.engine.analysis import definitions
from app.engine.analysis.thresholds import NEVER, Thresholds
from app.finance import studies


async def put(connection: Connection) -> None:
    """Thresholds that an operator has set stay."""
    await connection.executemany(
        """
        insert into pattern_definitions (name, category, short_description, basic_logic_description, code_reference,
                                         display_order, applicable_timeframes, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, 'engine')
        on conflict (name) do update
           set category = excluded.category, short_description = excluded.short_description,
               basic_logic_description = excluded.basic_logic_description, code_reference = excluded.code_reference,
               display_order = excluded.display_order, applicable_timeframes = excluded.applicable_timeframes
        """,
        [(*one[:5], order, list(definitions.TIMEFRAMES)) for order, one in enumerate(definitions.patterns(), 1)],
    )
    await connection.executemany(
        """
        insert into indicator_definitions (name, category, short_description, code_reference, display_order, period,
                                           applicable_timeframes, created_by)
        values ($1, $2, $3, 'TA-Lib', $4, $5, $6, 'engine')
        on conflict (name) do update
           set category = excluded.category, short_description = excluded.short_description,
               display_order = excluded.display_order, period = excluded.period,
               applicable_timeframes = excluded.applicable_timeframes
        """,
        [
            (study.name, study.category, study.description, order, study.period, list(definitions.TIMEFRAMES))
            for order, study in enumerate(studies.STUDIES, 1)
        ],
    )


async def thresholds(connection: Connection, usual: float) -> Thresholds:
    rows = await connection.fetch(
        """
        select name::text as name, enabled, confidence_threshold::float8 as least
          from pattern_definitions
         where not enabled or confidence_threshold is not null
        """
    )
    return Thresholds(usual, {row["name"]: row["least"] if row["enabled"] else NEVER for row in rows})
