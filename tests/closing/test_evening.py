import asyncpg

from app.wire.events import ProcessingChanged
from tests.engine.rig import DAY, eventually, feeding, hearing, of, working


async def test_the_engine_closes_a_day_when_its_session_ends(redis_url: str, database_url: str) -> None:
    link = await asyncpg.connect(database_url)
    run = "select status from processing_runs where run_id = $1"

    async with working(redis_url, database_url), hearing(redis_url) as events, feeding(redis_url):

        async def ended() -> bool:
            return bool(await link.fetchval(run, f"eod-{DAY}") == "success")

        await eventually(ended, 25)
        await eventually(lambda: any(each.run_id == f"eod-{DAY}" for each in ended_of(events)))

    held = await link.fetchval("select count(*) from ohlcv_daily where date = $1", DAY)
    weeks = await link.fetchval("select count(*) from ohlcv_weekly where week_start = '2012-09-03'")
    (told,) = [each for each in ended_of(events) if each.run_id == f"eod-{DAY}"]
    assert held == weeks == told.done == told.total == 5
    await link.close()


def ended_of(events: list[object]) -> list[ProcessingChanged]:
    return [each for each in of(ProcessingChanged, events) if each.status == "completed"]  # type: ignore[arg-type]
