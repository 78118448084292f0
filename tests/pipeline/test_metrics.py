"""The metrics of a process, and who may read them."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from app.accounts import bootstrap
from app.identity import Role
from app.settings.load import Settings
from app.wire.channels import Channels
from app.wire.events.event import EngineHealth
from tests.pipeline.conftest import PASSWORD, Desk
from tests.support.stream_events import doji
from tests.support.waiting import until

TOKEN = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


@pytest.fixture
async def watched(settings: Settings) -> AsyncIterator[Desk]:
    # No beats between what a test says: each is a frame, and nothing was pushed for it.
    rare = settings.live.model_copy(update={"beat_seconds": 60.0})
    desk = Desk(settings.model_copy(update={"metrics_token": SecretStr(TOKEN), "live": rare}))
    await desk.start()
    yield desk
    await desk.stop()


async def figures(desk: Desk, accept: str = "text/plain") -> dict[str, float]:
    """By name and labels, as they are written."""
    async with desk.client() as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Accept": accept})
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def test_streams_and_their_sent_bytes_are_counted(watched: Desk) -> None:
    await watched.enter()
    async with watched.stream("patterns") as reader:
        await reader.message("message")
        await watched.publish(doji(1))
        await reader.containing("data-k")
        open_now = await figures(watched)
    await until(lambda: not watched.context.hub.stats.connections)
    after = await figures(watched)

    assert open_now["tickstock_stream_connections"] == open_now["tickstock_stream_audiences"] == 1
    assert open_now["tickstock_stream_frames_total"] >= 1
    assert open_now["tickstock_stream_joins_total fresh"] == 1
    assert open_now["tickstock_stream_wire_bytes_total"] > 0
    assert open_now["tickstock_stream_lag_seconds_count"] >= open_now["tickstock_stream_frames_total"]
    assert open_now["tickstock_log_position"] == 0
    assert open_now["tickstock_jobs_waiting"] == 0
    assert open_now["tickstock_ready"] == open_now["tickstock_redis_listening"] == 1
    assert open_now[f"tickstock_redis_messages_total {Channels().patterns}"] == 1
    assert after["tickstock_stream_connections"] == 0
    assert after["tickstock_stream_ends_total left"] == 1


async def test_malformed_messages_are_counted_by_channel_and_reason(watched: Desk) -> None:
    await watched.redis.publish(Channels().patterns, b"no json")
    await until(lambda: watched.context.receiver.rejected.total())

    metrics = await figures(watched)

    assert sum(value for name, value in metrics.items() if name.startswith("tickstock_rejected_total patterns ")) == 1


async def test_a_blocked_event_loop_is_measured(watched: Desk) -> None:
    before = await figures(watched)
    time.sleep(0.6)  # noqa: ASYNC251 - this is what is to be seen
    await asyncio.sleep(0.3)
    after = await figures(watched)

    late = "tickstock_loop_lag_seconds_bucket 0.25"
    count = "tickstock_loop_lag_seconds_count"
    assert after[count] - before[count] > after[late] - before[late]


async def test_pools_and_caches_have_metrics(watched: Desk) -> None:
    metrics = await figures(watched)

    assert metrics["tickstock_database_links own idle"] + metrics["tickstock_database_links own busy"] >= 1
    assert metrics["tickstock_database_resting market"] == 0
    assert {
        "tickstock_cache_questions_total hit memory",
        "tickstock_cache_questions_total miss redis",
    } <= metrics.keys()
    assert metrics["process_open_fds"] > 0


async def test_openmetrics_is_supported(watched: Desk) -> None:
    async with watched.client() as client:
        headers = {"Authorization": f"bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"}
        answer = await client.get("/metrics", headers=headers)

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_anonymous_requests_and_users_get_no_metrics(watched: Desk) -> None:
    async with watched.client() as client:
        for credentials in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"):
            answer = await client.get(
                "/metrics", headers={"Authorization": credentials.encode()} if credentials else {}
            )
            assert answer.status_code == 401, credentials
            assert "tickstock_" not in answer.text
    await watched.enter()
    async with watched.client() as client:
        assert (await client.get("/metrics")).status_code == 403


async def test_without_a_configured_token_no_token_is_accepted(desk: Desk) -> None:
    desk.cookies = {}
    async with desk.client() as client:
        assert (await client.get("/metrics", headers={"Authorization": "Bearer"})).status_code == 401


async def test_an_administrator_gets_metrics(desk: Desk) -> None:
    await bootstrap.create_user(desk.context.pools.own, "boss@example.org", Role.ADMIN, PASSWORD)
    desk.cookies = {}
    async with desk.client() as client:
        await client.post("/login", data={"email": "boss@example.org", "password": PASSWORD})
        answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert "tickstock_stream_connections" in answer.text


async def test_metrics_contain_neither_addresses_nor_versions(watched: Desk) -> None:
    async with watched.client() as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert not [word for word in ("postgres", "redis://", "unix:", "python_info", "127.0.0.1") if word in answer.text]


async def test_delays_of_engine_redis_and_database_are_measured(watched: Desk) -> None:
    await watched.publish(EngineHealth(at=time.time(), status="degraded", behind_seconds=12.5, waiting=34_000))
    await until(lambda: watched.context.health.engine_behind is not None)

    metrics = await figures(watched)

    assert (metrics["tickstock_engine_behind_seconds"], metrics["tickstock_engine_waiting"]) == (12.5, 34_000)
    assert 0 <= metrics["tickstock_redis_lag_seconds"] < 5
    assert 0 < metrics["tickstock_database_answer_seconds"] < 5
