"""Tasks that go on as long as the process does."""

import logging
import time
from collections.abc import Awaitable, Callable

from app import db, wire
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

STEADY_SECONDS = 30.0
"""A task that ran this long is begun again at once when it breaks."""


async def keep_running(name: str, work: Callable[[], Awaitable[None]], ailing: set[str]) -> None:
    """Begins `work` again when it breaks; one that returns has done what it had to."""
    backoff, logged = Backoff(), False
    while True:
        began = time.monotonic()
        try:
            await work()
            return
        except (wire.RedisUnavailable, db.Unavailable) as away:
            steady = time.monotonic() - began > STEADY_SECONDS
            if steady or not logged:
                logger.warning("%s waits: %s", name, away or type(away).__name__)
            logged = True
        except Exception:
            steady = time.monotonic() - began > STEADY_SECONDS
            logger.exception("%s broke and is begun again", name)
        ailing.add(name)
        if steady:
            backoff.succeeded()
        await backoff.wait()
        ailing.discard(name)
