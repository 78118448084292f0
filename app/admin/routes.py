"""Pages for those who run the desk."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from quart import Blueprint
from quart.typing import ResponseReturnValue

from app import deps, wire
from app.admin import wire as seen
from app.web import guards
from app.web.html import page
from app.wire.channels import Channels

blueprint = Blueprint("admin", __name__)

T = TypeVar("T")

WITHIN_SECONDS = 1.0


@blueprint.get("/admin/wire")
@guards.admin_only
async def wire_page() -> ResponseReturnValue:
    house, now = deps.house(), time.time()
    stats = house.link()
    top, folded, counts = await asyncio.gather(
        _in_time(house.log.top()), _in_time(house.log.folded()), _in_time(house.receivers(seen.JOB_CHANNELS))
    )
    heard, unheard = seen.channels(Channels(**house.settings.channels()), stats, now)
    return await page(
        "admin/wire",
        title="Wire",
        now=now,
        stats=stats,
        lost_age=None if stats.lost_at is None else max(0.0, now - stats.lost_at),
        events_lost=house.intake.lost,
        joins=house.intake.joins,
        folded=folded,
        log=None if top is None else seen.log_state(top),
        receivers=None if counts is None else seen.receivers(counts),
        heard=heard,
        unheard=unheard,
        refusals=seen.refusals(house.intake.rejected),
    )


async def _in_time(asked: Awaitable[T]) -> T | None:
    """None while Redis does not answer: the page says so, and shows the rest."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await asked
    except (TimeoutError, wire.Unavailable):
        return None
