"""What a web process does with the log, in a process of its own: hears pub/sub, appends, says what it missed."""

import asyncio
import sys

from app.intake import Intake
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events import AnyEvent
from app.wire.log import Log
from app.wire.subscriber import Subscriber


def say(word: str) -> None:
    print(word, flush=True)


def passed_by(_event: AnyEvent) -> None:
    """What is no log is nothing to this process."""


async def listen(url: str) -> None:
    intake = Intake(Log(connect(url), url).append_once, passed_by)

    def gapped() -> None:
        intake.give_way()
        say("gap")

    intake.give_way()
    subscriber = Subscriber(url, Channels().meanings(), intake.heard, gapped)
    running = asyncio.create_task(subscriber.run())
    while not subscriber.stats.connected:
        await asyncio.sleep(0.01)
    say("listening")
    await running


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1]))
