"""Where a web process finds Redis and PostgreSQL, and the pools of its links to the latter."""

from app.db.pools import Pool, Pools
from app.settings.load import Settings
from app.settings.sections import DatabaseSection


def pools(own_url: str, market_url: str, database: DatabaseSection) -> Pools:
    def pool(url: str, name: str, *, read_only: bool) -> Pool:
        seconds, milliseconds = database.acquire_seconds, database.statement_ms
        return Pool(
            url, name, database.pool_size, acquire_seconds=seconds, statement_ms=milliseconds, read_only=read_only
        )

    return Pools(pool(own_url, "own", read_only=False), pool(market_url, "market", read_only=True))


def addresses(settings: Settings) -> tuple[str, str, str]:
    """Of Redis, of our own tables and of the market's. Raises ValueError where one of the first two is missing."""
    redis, own, market = settings.redis.url, settings.database.url, settings.database.market_url
    if redis is None or own is None:
        raise ValueError("the web process starts no servers: REDIS_URL and DATABASE_URL say where they are")
    return redis.get_secret_value(), own.get_secret_value(), (market or own).get_secret_value()
