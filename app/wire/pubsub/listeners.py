"""Counts subscribers: of our channels of batches, and of the contract's channels of single messages."""

from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from app import logs
from app.wire.client import RedisUnavailable, reachable


class Listeners(NamedTuple):
    batches: int
    """Subscribers of the channel of batches; each of them subscribes to the contract's channel too."""
    others: bool
    """Whether anybody else may listen to the contract's channel."""


UNKNOWN = Listeners(0, others=True)


async def listeners(client: Redis, contract: str, batches: str) -> Listeners:
    """Who subscribes to the two channels at this moment.

    Whoever subscribes by pattern may mean any channel, so one such subscriber counts as a listener.
    UNKNOWN where the server's access rules do not let us ask. Raises RedisUnavailable.
    """
    asking = client.pipeline(transaction=False)
    asking.execute_command("PUBSUB", "NUMSUB", contract, batches)
    asking.execute_command("PUBSUB", "NUMPAT")
    with reachable():
        answers: list[Any] = await asking.execute(raise_on_error=False)
    refusals = [answer for answer in answers if isinstance(answer, RedisError)]
    if refusals:
        if isinstance(refusals[0], NoPermissionError):
            return UNKNOWN
        raise RedisUnavailable(logs.cause(refusals[0])) from refusals[0]
    (_, singles, _, batched), patterns = answers
    return Listeners(batched, others=singles > batched or patterns > 0)
