import time

import pytest
from msgspec.structs import replace

from app.engine.monitoring.metrics import EngineCounts, EngineMetrics, Stopwatch
from app.wire.channels import Channels, Meaning
from app.wire.codec import codec
from app.wire.codec.codec import Rejected
from app.wire.events.event import AnyEvent, Component, MetricsMeasured, StreamingHealth
from tests.support.running_engine import events_of, eventually, recorded_events, running_engine, running_feed

NOTHING = EngineCounts(0, 0, 0, 0, {"too late": 0, "received twice": 0}, 0, 0, "healthy")
LATER = EngineCounts(5000, 500, 20, 6500, {"too late": 3, "received twice": 2}, 500, 7, "healthy")


def metrics_events(lag: float = 0.05) -> tuple[MetricsMeasured, StreamingHealth]:
    """Ten seconds after nothing, and two closes."""
    counts = [NOTHING, LATER]
    stopwatch = Stopwatch()
    figures = EngineMetrics(lambda: counts.pop(0), stopwatch)
    stopwatch.close(0.030, 0.010)
    stopwatch.close(0.050, 0.020)
    for seconds in (0.01, lag, 0.02):
        stopwatch.behind(seconds)
    metrics, streaming = figures.events(figures._measured_at + 10, 1346765400.0)
    assert isinstance(metrics, MetricsMeasured)
    assert isinstance(streaming, StreamingHealth)
    return metrics, streaming


def test_rates_are_measured_since_the_last_heartbeat() -> None:
    metrics, streaming = metrics_events()

    rates = (metrics.ticks_per_second, metrics.patterns_per_second, metrics.indicators_per_second)
    assert rates == pytest.approx((500, 2, 650), rel=0.01)
    assert streaming.bars_per_minute == pytest.approx(3000, rel=0.01)
    assert (metrics.indicator_ms, metrics.pattern_ms, metrics.queue_depth) == (40.0, 15.0, 7)
    assert metrics.components == (Component("too late", details="3"), Component("received twice", details="2"))
    assert (streaming.errors, streaming.issues) == (5, ("3 ticks too late", "2 ticks received twice"))


def test_without_a_closed_minute_there_is_no_close_duration() -> None:
    metrics, streaming = EngineMetrics(lambda: NOTHING, Stopwatch()).events(time.monotonic() + 1, 1346765400.0)

    assert isinstance(metrics, MetricsMeasured)
    assert isinstance(streaming, StreamingHealth)
    assert (metrics.pattern_ms, metrics.indicator_ms, streaming.lag_ms) == (None, None, None)
    assert (metrics.ticks_per_second, streaming.status) == (0.0, "healthy")


@pytest.mark.parametrize(("lag", "status"), [(0.2, "healthy"), (0.3, "warning"), (1.1, "critical")], ids=str)
def test_the_lag_sets_the_status_by_the_bounds_of_the_contract(lag: float, status: str) -> None:
    _, streaming = metrics_events(lag)

    assert (streaming.status, streaming.lag_ms) == (status, lag * 1000)


@pytest.mark.parametrize(
    ("place", "meaning"), [(0, Meaning.MONITORING), (1, Meaning.STREAMING_HEALTH)], ids=("metrics", "streaming")
)
def test_published_metrics_survive_a_round_trip(place: int, meaning: Meaning) -> None:
    event: AnyEvent = metrics_events()[place]

    channel = codec.channel(event, Channels())
    read = codec.decode(meaning, codec.encode_for(channel, event), event.at)

    assert Channels().meanings()[channel] is meaning
    assert not isinstance(read, Rejected)
    assert replace(read, published_at=0.0, arrived_at=0.0) == event


async def test_an_engine_measures_a_session(redis_url: str, database_url: str) -> None:
    async with recorded_events(redis_url) as events, running_engine(redis_url, database_url), running_feed(redis_url):
        await eventually(lambda: any(one.pattern_ms and one.indicator_ms for one in events_of(MetricsMeasured, events)))
        await eventually(lambda: any(one.lag_ms is not None for one in events_of(StreamingHealth, events)))
        # A bar is counted when it is stored, which a beat may come before.
        await eventually(lambda: any(one.bars_per_minute for one in events_of(StreamingHealth, events)))

    assert any(one.ticks_per_second for one in events_of(MetricsMeasured, events))
    assert any(one.bars_per_minute for one in events_of(StreamingHealth, events))
    assert {one.symbols for one in events_of(MetricsMeasured, events)} <= {0, 1, 2, 3, 4, 5}
