"""A feature whose topics have owners, and a web process that has it: `python -m tests.support.owner_topics`.

`run:<id>` is a log of one run's changes, for the person whose id the Redis key `test:owner:<id>` holds; `user:<id>` is
a log of what one person triggered, for that person.
"""

import asyncio
import os

from quart import Quart
from redis.asyncio import Redis

from app import deps
from app.deps import AppContext
from app.live.topics import Subscription, TopicFamily, name, rest
from app.push import Push
from app.server.factory import create_app
from app.server.serve import listening, serve_until
from app.settings.load import Settings, load
from app.wire.client import connect, reachable
from app.wire.events.event import RunChanged

OWNER = "test:owner:"


async def nothing(_topic: str) -> list[Push]:
    return []


def on_run(event: RunChanged) -> list[Push]:
    markup = f'<p id="change" data-k="{event.at:g}">{event.message}</p>'
    topics = (f"run:{event.run_id}", f"user:{event.trigger}")
    return [Push(topic, "changes", "insert", lambda _view: markup) for topic in topics]


async def owner(redis: Redis, topic: str) -> bytes | None:
    return await redis.get(OWNER + rest(topic)) if name(topic) == "run" else rest(topic).encode()


def declare(context: AppContext) -> None:
    url = context.settings.redis.url
    assert url
    redis = connect(url.get_secret_value())

    async def permitted(subscriptions: frozenset[Subscription]) -> frozenset[Subscription]:
        with reachable():
            owners = {each: await owner(redis, each.topic) for each in subscriptions}
        return frozenset(each for each, who in owners.items() if who == str(each.identity.user_id).encode())

    for family in ("run", "user"):
        context.topics.add(TopicFamily(family, "log", nothing, accepts=bool, permitted=permitted))  # type: ignore[attr-defined]
    context.relay.add(RunChanged, on_run)  # type: ignore[attr-defined]


def application(settings: Settings) -> Quart:
    app = create_app(settings)
    declare(deps.context_of(app))
    return app


async def serve(settings: Settings) -> None:
    listener = listening(settings.host, settings.port)
    await serve_until(application(settings), listener, asyncio.Event(), lambda: None)


if __name__ == "__main__":
    asyncio.run(serve(load(os.environ)[0]))
