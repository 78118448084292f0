"""Addresses of the servers: from the settings, or from the run.json that `tickstock run` keeps."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

from pydantic import SecretStr

from app.embedded import places
from app.embedded.places import Unusable, is_locked
from app.settings.load import Settings

FILE = "run.json"


class Addresses(NamedTuple):
    """None: unknown here. `engine`: the role that owns the market's tables. `engine_redis`: the Redis user of engine
    and feed, if it is not that of `redis`. `operator_redis`: a Redis user with all rights, for operators only."""

    redis: str | None = None
    own: str | None = None
    market: str | None = None
    engine: str | None = None
    engine_redis: str | None = None
    operator_redis: str | None = None

    def of_engine(self) -> "Addresses":
        """The addresses that engine and feed use."""
        return self._replace(redis=self.engine_redis or self.redis)


def configured_addresses(settings: Settings) -> Addresses:
    urls = (settings.redis.url, settings.database.url, settings.database.market_url, settings.engine.database_url)
    return Addresses(*(url.get_secret_value() if url else None for url in urls))


def running_addresses(data_dir: Path) -> Addresses | None:
    """Of the desk that is running on this data directory."""
    if not is_locked(data_dir):
        return None
    try:
        state = json.loads((data_dir / FILE).read_text())
        return Addresses(
            state["redis_url"],
            state["database_url"],
            state["market_database_url"],
            state["engine_database_url"],
            state.get("engine_redis_url"),
            state.get("operator_redis_url"),
        )
    except (OSError, ValueError, KeyError):
        return None


def lock(data: Path) -> IO[str]:
    """Like places.lock; the error names the address of the desk that is already running."""
    try:
        return places.lock(data)
    except Unusable as refusal:
        url = _url(data)
        raise Unusable(f"{refusal}; the desk is at {url}" if url else str(refusal)) from None


def with_running_servers(settings: Settings, *, database: bool = True, engine: bool = False) -> Settings:
    """Adds what the settings lack from the running desk. Raises Unusable if there is none.

    `engine`: for a process that publishes events, which the web process' Redis user may not.
    """
    configured = configured_addresses(settings)
    if configured.redis and (configured.own or not database):
        return settings
    desk = running_addresses(settings.data_dir)
    if desk is None:
        missing = "REDIS_URL" if not configured.redis else "DATABASE_URL"
        raise Unusable(
            f"{missing} is not set and nothing runs on {settings.data_dir}: start `tickstock run`, or set it"
        )
    desk = desk.of_engine() if engine else desk
    return with_addresses(settings, Addresses(*(own or other for own, other in zip(configured, desk, strict=True))))


def with_addresses(settings: Settings, addresses: Addresses) -> Settings:
    redis, own, market, engine = (SecretStr(url) if url else None for url in addresses[:4])
    return settings.model_copy(
        update={
            "redis": settings.redis.model_copy(update={"url": redis}),
            "database": settings.database.model_copy(update={"url": own, "market_url": market}),
            "engine": settings.engine.model_copy(update={"database_url": engine}),
        }
    )


def for_children(environ: Mapping[str, str], addresses: Addresses, *, ingest: bool) -> dict[str, str]:
    """`ingest`: whether a feed of ours runs, whose past the engine loads."""
    names = ("REDIS_URL", "DATABASE_URL", "MARKET_DATABASE_URL", "TICKSTOCK_ENGINE_DATABASE_URL")
    urls = {name: url for name, url in zip(names, addresses[:4], strict=True) if url}
    inherited = {name: value for name, value in environ.items() if name.removesuffix("_FILE") not in urls}
    return {**inherited, **urls, "ENGINE": "on", "INGEST": "on" if ingest else "off"}


def write(data_dir: Path, url: str, addresses: Addresses, pids: Mapping[str, int]) -> None:
    """Atomic, and readable by the owner only: addresses may hold passwords."""
    state = {
        "url": url,
        "redis_url": addresses.redis,
        "database_url": addresses.own,
        "market_database_url": addresses.market or addresses.own,
        "engine_database_url": addresses.engine,
        "engine_redis_url": addresses.engine_redis,
        "operator_redis_url": addresses.operator_redis,
        "pids": {name: pids.get(name) for name in ("web", "ingest", "engine")},
    }
    fresh = data_dir / f"{FILE}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(state, file, indent=1)
    fresh.replace(data_dir / FILE)


def _url(data_dir: Path) -> str:
    try:
        return str(json.loads((data_dir / FILE).read_text())["url"])
    except (OSError, ValueError, KeyError):
        return ""


def forget(data_dir: Path) -> None:
    (data_dir / FILE).unlink(missing_ok=True)
