"""States of jobs, results of backtests, alerts and metrics of the engine: from Redis to the feature that takes them."""

from collections.abc import Callable
from typing import Literal

import pytest

from app.wire.channels import Channels
from app.wire.events.event import (
    AlertRaised,
    AlertResolved,
    AnyEvent,
    BacktestFinished,
    BacktestProgressed,
    CriticalAlert,
    HealthChecked,
    JobStatus,
    MetricsMeasured,
)
from app.wire.jobs.reporter import JobReporter
from app.wire.pubsub.publisher import Publisher
from tests.pipeline.conftest import Desk
from tests.support import job_feature
from tests.support.waiting import until

AT = 1_346_679_000.0
EVENTS: tuple[AnyEvent, ...] = (
    JobStatus(at=AT, job_id="load-1", status="running", progress=0.5),
    BacktestProgressed(at=AT, job_id="test-1", progress=0.25),
    BacktestFinished(at=AT, job_id="test-1", status="completed", win_rate=0.5),
    AlertRaised(at=AT, alert_id="cpu-1", level="warning", message="The CPU is busy."),
    AlertResolved(at=AT, alert_id="cpu-1"),
    CriticalAlert(at=AT, severity="critical", message="The disk is full."),
    MetricsMeasured(at=AT, cpu=0.5),
    HealthChecked(at=AT, status="healthy", score=99.0),
)


@pytest.fixture
def transport() -> Literal["auto"]:
    return "auto"


async def test_every_event_of_jobs_and_of_the_engine_reaches_the_feature_that_takes_it_once(desk: Desk) -> None:
    received: list[AnyEvent] = []

    def taking(kind: type) -> Callable[[AnyEvent], tuple[()]]:
        def take(event: AnyEvent) -> tuple[()]:
            assert type(event) is kind
            received.append(event)
            return ()

        return take

    for kind in {type(event) for event in EVENTS}:
        desk.context.relay.add(kind, taking(kind))  # type: ignore[attr-defined]
    for event in EVENTS:
        await desk.publish(event)
    await until(lambda: len(received) >= len(EVENTS))

    by_type = {type(event): event for event in received}
    assert len(received) == len(by_type) == len(EVENTS)
    for event in EVENTS:
        assert by_type[type(event)].at == event.at
    assert by_type[BacktestFinished].win_rate == 0.5
    assert by_type[MetricsMeasured].cpu == 0.5
    assert desk.context.relay.failed == 0


async def test_a_feature_shows_a_jobs_state_as_it_changes_and_as_it_is_stored(desk: Desk) -> None:
    job_feature.declare(desk.context)
    reporter = JobReporter(desk.redis, Publisher(desk.redis, Channels()))
    running = JobStatus(at=AT, job_id="load-1", status="running", done=1, total=3)
    completed = JobStatus(at=AT + 1, job_id="load-1", status="completed", done=3, total=3)

    async with desk.stream("job:load-1") as reader:
        await reader.message("hello")
        await reporter.report(running)
        await reader.containing("load-1 is running, 1 of 3")
        await reporter.report(completed)
        await reader.containing("load-1 is completed, 3 of 3")
    reading = await desk.context.statuses.read("load-1")
    async with desk.stream("job:load-1") as later:
        await later.containing("load-1 is completed, 3 of 3")

    assert reading is not None
    assert (reading.reported, reading.job.status, reading.job.done) == (True, "completed", 3)
    assert desk.context.topics.failures.count == 0  # type: ignore[attr-defined]
