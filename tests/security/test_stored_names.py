"""Names stored by others are cleaned like those from Redis, wherever they are shown."""

import asyncpg
import msgspec

from app.accounts import queries as accounts
from app.admin import queries as admin
from app.db.market import inspect
from app.engine.universes import queries as universes
from app.indicators import queries as indicators
from app.patterns import queries as patterns
from app.quotes import queries as quotes
from tests.conftest import Databases

HOSTILE, CLEANED = "Gold\u202eesrever\u2066\x1b[31m\nInc.", "Goldesrever[31m Inc."


async def test_no_stored_name_reverses_surrounding_text_or_breaks_its_line(databases: Databases) -> None:
    market = await asyncpg.connect(databases.engine)
    await market.execute("insert into symbols (symbol, name, exchange) values ('GLD', $1, $2)", HOSTILE, HOSTILE[:8])
    await market.execute(
        "insert into daily_patterns (symbol, pattern_type, confidence, detection_timestamp)"
        " values ('GLD', $1, 0.9, now())",
        HOSTILE,
    )
    await market.execute(
        "insert into daily_indicators (symbol, indicator_type, value_data, calculation_timestamp)"
        " values ('GLD', $1, $2::text::jsonb, now())",
        HOSTILE,
        msgspec.json.encode({"value": 1.0}).decode(),
    )
    await market.execute(
        "insert into cache_entries (type, name, key, value, environment)"
        " values ('stock_universe', $1, $1, '[\"GLD\"]', 'DEFAULT')",
        HOSTILE,
    )
    shape = await inspect(market)

    (instrument,) = await quotes.instruments(market, shape)
    (detection,) = await patterns.recent(market, shape, 10)
    (reading,) = await indicators.newest(market, shape, "GLD")
    (universe,) = await universes.all_of(market)

    assert (instrument.name, instrument.exchange) == (CLEANED, "Goldesr")
    assert await quotes.instrument(market, shape, "GLD") == instrument
    assert detection.pattern == reading.indicator == CLEANED
    assert (universe.name, universe.key) == (CLEANED, CLEANED)
    assert await universes.names(market, ["GLD"]) == {"GLD": CLEANED}
    await market.close()


async def test_no_stored_e_mail_address_reverses_surrounding_text_or_breaks_its_line(databases: Databases) -> None:
    own = await asyncpg.connect(databases.own)
    await own.execute("insert into app.users (email, password_hash) values ($1, '')", f"{HOSTILE}@example.org")

    (user,), (person,) = await accounts.all_users(own), await admin.people(own, "", 10)

    assert user.email == person.email == f"{CLEANED}@example.org"
    await own.close()
