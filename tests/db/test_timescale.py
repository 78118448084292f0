"""Minute counts that cannot be refreshed are not read."""

import asyncpg

from app.db import timescale


async def test_counts_that_the_server_does_not_refresh_are_left_alone(superuser: asyncpg.Connection) -> None:
    await superuser.execute(
        """
        create schema timescaledb_information;
        create view timescaledb_information.continuous_aggregates as
        select 'public'::name as view_schema, 'minute_counts'::name as view_name, 'public'::name as hypertable_schema,
               'ohlcv_1min'::name as hypertable_name, current_user as view_owner
        """
    )

    assert await timescale.minute_counts(superuser) is None
    assert await superuser.fetchval("select 1") == 1


async def test_a_server_without_the_extension_gets_no_timescale_setting(superuser: asyncpg.Connection) -> None:
    async with superuser.transaction():
        await timescale.open_old_bars(superuser)
        assert await superuser.fetchval("select current_setting($1, true)", timescale.LIMIT) is None
