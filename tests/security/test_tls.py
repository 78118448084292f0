"""Redis and PostgreSQL on other machines: over TLS, to servers with trusted certificates only."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from pydantic import SecretStr

from app.db import Unavailable, migrate, pools
from app.db.pools import Pool
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, RedisSection
from app.wire import RedisUnavailable
from app.wire import client as client_of_redis
from app.wire.client import close, connect, reachable
from app.wire.users.rate_limits import RateLimiter
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, settings
from tests.support.waiting import until
from tests.support.web_process import process

__all__ = ["settings"]

PATIENCE = 20.0
"""To be greeted, on a machine that has more to do: the programs themselves wait for a second or two."""

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Inner = Callable[[], Awaitable[Link]]


class Certificates(NamedTuple):
    """What one who runs servers has: an authority, what it signed, and another that signed nothing here."""

    server: ssl.SSLContext
    authority: Path
    stranger: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    place, authority = tmp_path_factory.mktemp("certificates"), trustme.CA()
    paths = Certificates(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), *(place / name for name in "asck"))
    authority.issue_cert("127.0.0.1").configure_cert(paths.server)
    authority.configure_trust(paths.server)
    authority.cert_pem.write_to_path(str(paths.authority))
    trustme.CA().cert_pem.write_to_path(str(paths.stranger))
    own = authority.issue_cert("desk@example.org")
    own.cert_chain_pems[0].write_to_path(str(paths.certificate))
    own.private_key_pem.write_to_path(str(paths.key))
    paths.key.chmod(0o600)
    return paths


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def tls_proxy(inner: Inner, context: ssl.SSLContext, *, asks_first: bool) -> AsyncIterator[int]:
    """A server's own TLS, on a port: what comes by it is carried to the server's socket."""

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        if asks_first:
            # PostgreSQL is asked in clear text whether it speaks TLS; to who goes on in clear text it says no more.
            if await source.read(8) != b"\0\0\0\x08\x04\xd2\x16/":
                sink.close()
                return
            sink.write(b"S")
        with suppress(OSError):
            await sink.start_tls(context)
            there, back = await inner()
            await asyncio.gather(pump(source, back), pump(there, sink))

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


class Remote(NamedTuple):
    """Addresses without the part that says how far to trust."""

    redis: str
    own: str
    market: str

    def by(self, redis: str, database: str) -> tuple[SecretStr, SecretStr, SecretStr]:
        return (
            SecretStr(f"{self.redis}?{redis}"),
            SecretStr(f"{self.own}?{database}"),
            SecretStr(f"{self.market}?{database}"),
        )


@asynccontextmanager
async def remote(redis_url: str, databases: Databases, context: ssl.SSLContext) -> AsyncIterator[Remote]:
    own, market = urlsplit(databases.own), urlsplit(databases.market)
    socket = Path(parse_qs(own.query)["host"][0]) / ".s.PGSQL.5432"
    async with AsyncExitStack() as stack:
        valkey = tls_proxy(lambda: asyncio.open_unix_connection(urlsplit(redis_url).path), context, asks_first=False)
        postgres = tls_proxy(lambda: asyncio.open_unix_connection(str(socket)), context, asks_first=True)
        first, second = [await stack.enter_async_context(each) for each in (valkey, postgres)]
        yield Remote(
            f"rediss://127.0.0.1:{first}/0",
            *(f"postgresql://{each.username}@127.0.0.1:{second}{each.path}" for each in (own, market)),
        )


@pytest.fixture(autouse=True)
def long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust is what is looked at here, and a greeting by TLS costs more than one without."""
    monkeypatch.setattr(client_of_redis, "CONNECT_SECONDS", PATIENCE)
    monkeypatch.setattr(pools, "CONNECT_SECONDS", PATIENCE)


@pytest.fixture
async def servers(redis_url: str, databases: Databases, certificates: Certificates) -> AsyncIterator[Remote]:
    async with remote(redis_url, databases, certificates.server) as pair:
        yield pair


def with_addresses(settings: Settings, addresses: tuple[SecretStr, SecretStr, SecretStr]) -> Settings:
    redis, own, market = addresses
    changed = {"redis": RedisSection(url=redis), "database": DatabaseSection(url=own, market_url=market)}
    return settings.model_copy(update=changed)


async def test_a_desk_runs_on_servers_reachable_by_tls_only(
    settings: Settings, servers: Remote, certificates: Certificates
) -> None:
    addresses = servers.by(
        f"ssl_ca_certs={certificates.authority}", f"sslmode=verify-full&sslrootcert={certificates.authority}"
    )
    desk = Desk(with_addresses(settings, addresses))
    await desk.start()
    await desk.enter()
    async with desk.client() as client, desk.stream("patterns,status") as reader:
        assert (await client.get("/account")).status_code == 200
        await until(lambda: desk.context.health.redis, 15)
        assert (await client.get("/ready")).status_code == 200
        assert await reader.message("message")
    await migrate.migrate("app", addresses[1].get_secret_value())
    await desk.stop()


async def test_a_server_that_requires_one_gets_the_client_certificate(
    redis_url: str, databases: Databases, certificates: Certificates
) -> None:
    certificates.server.verify_mode = ssl.CERT_REQUIRED
    try:
        async with remote(redis_url, databases, certificates.server) as servers:
            trust = (
                f"ssl_ca_certs={certificates.authority}",
                f"sslmode=verify-full&sslrootcert={certificates.authority}",
            )
            redis_certificate = f"&ssl_certfile={certificates.certificate}&ssl_keyfile={certificates.key}"
            database_certificate = f"&sslcert={certificates.certificate}&sslkey={certificates.key}"

            assert await both_answer(servers.by(trust[0] + redis_certificate, trust[1] + database_certificate)) == (
                True,
                True,
            )
            assert await both_answer(servers.by(*trust)) == (False, False)
    finally:
        certificates.server.verify_mode = ssl.CERT_NONE


async def both_answer(addresses: tuple[SecretStr, SecretStr, SecretStr]) -> tuple[bool, bool]:
    """Whether Redis and PostgreSQL do."""
    redis, own, _ = (each.get_secret_value() for each in addresses)
    client, pool, limits = connect(redis), Pool(own, "test", 1, acquire_seconds=PATIENCE), RateLimiter(redis)
    try:
        with reachable():
            await client.ping()
        assert await limits.hit("tls", "x", "1000/minute") is None
        redis_answers = True
    except RedisUnavailable:
        redis_answers = False
    try:
        async with pool.acquire() as connection:
            database_answers = await connection.fetchval("select 1") == 1
    except Unavailable:
        database_answers = False
    await close(client)
    await pool.close()
    return redis_answers, database_answers


async def test_a_server_with_an_invalid_certificate_is_refused(servers: Remote, certificates: Certificates) -> None:
    unknown = servers.by(
        f"ssl_ca_certs={certificates.stranger}", f"sslmode=verify-full&sslrootcert={certificates.stranger}"
    )
    by_the_system = servers.by("", "sslmode=verify-full")
    other_name = Remote(*(url.replace("127.0.0.1", "localhost") for url in servers)).by(
        f"ssl_ca_certs={certificates.authority}", f"sslmode=verify-full&sslrootcert={certificates.authority}"
    )

    assert await both_answer(unknown) == (False, False)
    assert await both_answer(by_the_system) == (False, False)
    assert await both_answer(other_name) == (False, False)


async def test_the_start_reports_an_untrusted_certificate(
    settings: Settings, servers: Remote, certificates: Certificates
) -> None:
    wrong = servers.by(
        f"ssl_ca_certs={certificates.stranger}", f"sslmode=verify-full&sslrootcert={certificates.stranger}"
    )
    async with process(with_addresses(settings, wrong), TICKSTOCK_DATABASE_ACQUIRE_SECONDS=str(PATIENCE)) as running:
        assert running.stderr
        output = ""
        async with asyncio.timeout(60):
            while not (
                "Redis" in output and "database" in output and output.count("its certificate is not trusted") >= 2
            ):
                line = await running.stderr.readline()
                assert line, output
                output += line.decode()

    assert "Traceback" not in output


async def test_a_certificate_error_is_explained_in_one_line(servers: Remote, certificates: Certificates) -> None:
    wrong = servers.by(
        f"ssl_ca_certs={certificates.stranger}", f"sslmode=verify-full&sslrootcert={certificates.stranger}"
    )
    client = connect(wrong[0].get_secret_value())
    pool = Pool(wrong[1].get_secret_value(), "test", 1, acquire_seconds=PATIENCE)

    with pytest.raises(RedisUnavailable, match="its certificate is not trusted: ") as redis, reachable():
        await client.ping()
    with pytest.raises(Unavailable, match="its certificate is not trusted: ") as database:
        async with pool.acquire():
            pass

    assert "\n" not in f"{redis.value}{database.value}"
    await close(client)
    await pool.close()
