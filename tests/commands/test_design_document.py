"""The environment block of the design document, with host, port and passwords of real servers, starts the desk."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from redis import Redis
from redis.exceptions import RedisError

from app.embedded import places, postgres, valkey
from app.embedded.child import Child
from app.embedded.places import Places
from tests.commands.conftest import RunningCommand
from tests.support.ports import free_port

BLOCK = """
# Database (Read-only access)
DATABASE_URL=postgresql://app_readwrite:password@localhost:5432/tickstock

# Redis
REDIS_HOST=localhost
REDIS_PORT=6379
REDIS_PATTERN_CHANNEL=tickstock.events.patterns
REDIS_ERROR_CHANNEL=tickstock:errors

# Logging
LOG_FILE_ENABLED=true
LOG_DB_ENABLED=true
LOG_DB_SEVERITY_THRESHOLD=error

# WebSocket
WEBSOCKET_CORS_ORIGINS=*
WEBSOCKET_MAX_CONNECTIONS=1000
"""
PASSWORD = "p@ss:w/rd hunter2"
PASSWORD_IN_ADDRESS = "p%40ss%3Aw%2Frd%20hunter2"


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Places]:
    prepared = places.prepare(tmp_path / "servers", None)
    yield prepared
    places.remove_sockets(prepared)


@pytest.fixture
def redis_port(where: Places) -> Iterator[int]:
    port = free_port()
    program = valkey.program(where, durable=False)
    guarded = ("--bind", "127.0.0.1", "--port", str(port), "--requirepass", PASSWORD)
    client = Redis(port=port, password=PASSWORD)
    child = Child(program._replace(argv=(*program.argv, *guarded), probe=lambda: answers(client)))
    child.start()
    assert child.wait_ready(30)
    yield port
    client.close()
    child.stop(5)


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture
async def postgres_port(where: Places) -> AsyncIterator[int]:
    port = free_port()
    program = postgres.program(where, durable=False)
    listening = ("--listen_addresses=127.0.0.1", f"--port={port}")
    (where.data / "postgres" / "pg_hba.conf").write_text(
        "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    socket = where.sockets / "postgres" / f".s.PGSQL.{port}"
    child = Child(program._replace(argv=(*program.argv, *listening), probe=lambda: postgres.answers(socket)))
    child.start()
    assert child.wait_ready(30)
    link = await asyncpg.connect(postgres.url(where), port=port)
    await link.execute(f"create role app_readwrite login password '{PASSWORD}'")
    await link.execute("create database tickstock owner app_readwrite")
    await link.close()
    theirs = await asyncpg.connect(postgres.url(where, "tickstock", "app_readwrite"), port=port)
    await theirs.execute("create table ohlcv_daily (symbol text, date date, close numeric)")
    await theirs.close()
    yield port
    child.stop(5)


def adjusted_environment(redis_port: int, postgres_port: int) -> dict[str, str]:
    block = BLOCK.replace("password@localhost:5432", f"{PASSWORD_IN_ADDRESS}@127.0.0.1:{postgres_port}")
    block = block.replace("REDIS_HOST=localhost", "REDIS_HOST=127.0.0.1")
    block = block.replace("REDIS_PORT=6379", f"REDIS_PORT={redis_port}")
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", block, re.M)) | {"REDIS_PASSWORD": PASSWORD}


async def test_the_environment_block_of_the_design_document_starts_the_desk(
    tmp_path: Path, redis_port: int, postgres_port: int, port: int
) -> None:
    environ = adjusted_environment(redis_port, postgres_port) | {
        "TICKSTOCK_LOGGING_FILE_PATH": str(tmp_path / "desk.log")
    }
    running = RunningCommand(tmp_path / "data", "run", PORT=str(port), **environ)

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        await asyncio.to_thread(running.until, ready, "readiness")
        await asyncio.to_thread(running.until_output, "/welcome/")
        await asyncio.to_thread(running.until_output, "warning: the role that reads the market could write it")
        run_file = json.loads((tmp_path / "data" / "run.json").read_text())
        link = await asyncpg.connect(environ["DATABASE_URL"])
        ours = await link.fetchval("select count(*) from pg_tables where schemaname = 'app'")
        public = await link.fetchval("select count(*) from pg_tables where schemaname = 'public'")
        await link.close()
    finally:
        assert await asyncio.to_thread(running.stop) == 0

    assert run_file["database_url"] == run_file["market_database_url"] == environ["DATABASE_URL"]
    assert (run_file["pids"]["engine"], run_file["pids"]["ingest"]) == (None, None)
    assert ours > 0
    assert public == 1, "what we did not create we do not add to"
    assert not (tmp_path / "data" / "postgres").exists()
    assert (tmp_path / "desk.web.log").exists()
    assert "warning: WEBSOCKET_CORS_ORIGINS=*" in running.output_text()
    assert "hunter2" not in running.output_text()
