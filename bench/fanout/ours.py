"""TickStock's web process as it is, and one route more, by which a benchmark publishes.

    python -m bench.fanout.ours PORT DIRECTORY [section.key=value ...]

REDIS_URL, DATABASE_URL, MARKET_DATABASE_URL and SECRET_KEY come by the environment.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from quart import Blueprint, request

from app import deps
from app.identity import View
from app.patterns.stream import PATTERNS
from app.push import Push
from app.server.factory import create_app
from app.server.serve import listening, serve_until, settle
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, RedisSection
from app.web import guards
from app.web.html import patch
from app.wire.log.log import StreamPosition

SIZE = 400
KEY = "bench"

blueprint = Blueprint("bench", __name__)


@blueprint.post("/bench/publish")
@guards.public
async def publish() -> str:
    """Appends one log entry for each line of the body; patch and markup together have the length of the line."""
    hub, rest = deps.hub(), b""
    room = SIZE - len(patch(Push(PATTERNS, KEY, "replace", lambda _view: ""), View()))
    async for part in request.body:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            following_id = following(hub.last_id)
            hub.publish(entry(line.decode()[:room]), following_id)
            hub.complete_entry(following_id)
    return ""


def entry(markup: str) -> Push:
    return Push(PATTERNS, KEY, "replace", lambda _view: markup)


def following(id: str) -> str:  # noqa: A002 (the id of the stream's entry)
    last = StreamPosition.parse(id)
    assert last, "the desk was ready"
    return str(StreamPosition(last.epoch, last.n + 1))


def configured(port: int, directory: Path, environ: Mapping[str, str], parts: list[str]) -> Settings:
    tree: dict[str, dict[str, Any]] = {"live": {}}
    for part in parts:
        path, value = part.split("=")
        section, key = path.split(".")
        tree.setdefault(section, {})[key] = value
    return Settings(
        port=port,
        data_dir=directory,
        secret_key=SecretStr(environ["SECRET_KEY"]),
        redis=RedisSection(url=SecretStr(environ["REDIS_URL"])),
        database=DatabaseSection(
            url=SecretStr(environ["DATABASE_URL"]), market_url=SecretStr(environ["MARKET_DATABASE_URL"])
        ),
        **tree,  # type: ignore[arg-type]
    )


async def serve(settings: Settings) -> None:
    app = create_app(settings)
    app.register_blueprint(blueprint)
    settle()
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    await serve_until(app, listening(settings.host, settings.port), terminated, lambda: None)


if __name__ == "__main__":
    asyncio.run(serve(configured(int(sys.argv[1]), Path(sys.argv[2]), os.environ, sys.argv[3:])))
