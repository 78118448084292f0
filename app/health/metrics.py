"""Prometheus metrics of one process."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app import deps, wire
from app.db.pools import Pool
from app.deps import AppContext
from app.live.histogram import BOUNDS, Histogram
from app.wire.log.log import StreamPosition

Counts = Mapping[tuple[str, ...], int]
"""Counts by the values of the metric's labels."""

ASK_SECONDS = 1.0


async def jobs_waiting(context: AppContext) -> int | None:
    """Jobs that no engine has received; None while Redis does not answer."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await context.outbox.waiting()
    except (TimeoutError, wire.RedisUnavailable):
        return None


class ProcessMetrics(Collector):
    """Counters and gauges of this process. Labels come from closed lists: no address, no name of a person."""

    def __init__(self, context: AppContext, loop_lag: Histogram, jobs_waiting: int | None) -> None:
        self._context = context
        self._loop_lag = loop_lag
        self._jobs_waiting = jobs_waiting

    def collect(self) -> Iterator[Metric]:
        yield from self._streams()
        yield from self._wire()
        yield from self._cache()
        yield from self._database()
        yield _histogram("loop_lag_seconds", "Event loop lag: how late a timer fired.", self._loop_lag)
        yield _gauge("ready", "Whether this process is ready (1) or not (0).", all(deps.ready().values()))

    def _streams(self) -> Iterator[Metric]:
        stats = self._context.hub.stats
        yield _gauge("stream_connections", "Open streams, SSE and WebSocket.", stats.connections)
        yield _gauge("stream_sockets", "Open WebSockets.", stats.sockets)
        yield _gauge("stream_audiences", "Audiences: groups of streams that share rendered frames.", stats.audiences)
        yield _gauge("stream_lagging", "Streams that are too slow and skip frames.", stats.lagging)
        yield _counter("stream_pushes", "Pushes: changes of one element of a page.", stats.published)
        yield _counter("stream_frames", "Frames rendered, one for each audience.", stats.frames)
        yield _counter("stream_undrawable", "Pushes whose rendering failed.", stats.undrawable)
        broken = self._context.relay.failed
        yield _counter("feature_failures", "Events and snapshots that a feature failed to handle.", broken)
        yield _counter("stream_raw_bytes", "Bytes for all streams before compression.", stats.raw_bytes)
        yield _counter("stream_wire_bytes", "Bytes written to sockets.", stats.wire_bytes)
        yield _counters("stream_ends", "Streams that ended, by cause.", ("cause",), _single(stats.ended))
        yield _counters("stream_joins", "Streams that began, by how they resumed.", ("resume",), _single(stats.joins))
        yield _histogram(
            "stream_lag_seconds", "Time from a push to the sending of its frame.", self._context.hub.latency
        )

    def _wire(self) -> Iterator[Metric]:
        subscriber, receiver = self._context.subscriber_stats(), self._context.receiver
        yield _gauge("redis_listening", "Whether the Pub/Sub connection is up.", subscriber.connected)
        yield _counter("redis_gaps", "How often the Pub/Sub connection was lost.", subscriber.gaps)
        yield _gauge("redis_lag_seconds", "Delay of the Pub/Sub connection.", subscriber.lag)
        yield from self._dependencies()
        yield _counter("redis_unhandled", "Messages whose handling failed or took too long.", subscriber.failed)
        messages = _single({name: count.messages for name, count in subscriber.channels.items()})
        yield _counters("redis_messages", "Messages received, by channel.", ("channel",), messages)
        rejected: Counts = {(str(meaning), reason): count for (meaning, reason), count in receiver.rejected.items()}
        yield _counters("rejected", "Messages rejected, by channel and reason.", ("channel", "reason"), rejected)
        skipped, doubles = receiver.indicators.skipped, receiver.ticks.duplicates
        yield _counter("indicators_skipped", "Messages not decoded because nobody views them.", skipped)
        yield _counter("ticks_doubled", "Single ticks that a batch had already delivered.", doubles)
        yield _counter("events_lost", "Events that could not be appended to the log.", receiver.lost)
        position = StreamPosition.parse(self._context.hub.last_id)
        if position:
            yield _gauge("log_epoch", "Epoch of the log; it changes when Redis loses the log.", position.epoch)
            yield _gauge("log_position", "Offset of the newest log entry that this process published.", position.n)
        if self._jobs_waiting is not None:
            yield _gauge("jobs_waiting", "Jobs that no engine has received yet.", self._jobs_waiting)

    def _dependencies(self) -> Iterator[Metric]:
        """The engine and the databases; nothing of one that is away or does not report it."""
        health = self._context.health
        if health.engine_behind is not None:
            yield _gauge("engine_behind_seconds", "How far the engine is behind the market.", health.engine_behind)
        if health.engine_waiting is not None:
            yield _gauge(
                "engine_waiting",
                "Rows and events that the engine has still to store or publish.",
                health.engine_waiting,
            )
        if health.database_seconds is not None:
            yield _gauge("database_answer_seconds", "Response time of the slower database.", health.database_seconds)

    def _cache(self) -> Iterator[Metric]:
        stats = self._context.cache.stats
        lookups: Counts = {
            (tier, answer): count
            for tier, counts in (("memory", stats.memory), ("redis", stats.redis))
            for answer, count in (("hit", counts.hits), ("miss", counts.misses))
        }
        yield _counters("cache_questions", "Cache lookups, by tier and answer.", ("tier", "answer"), lookups)
        yield _gauge("cache_entries", "Values cached in memory.", stats.entries)
        yield _gauge("cache_bytes", "Size of the values cached in memory.", stats.bytes)
        yield _counter("cache_away", "Cache lookups that Redis did not answer in time.", stats.away)

    def _database(self) -> Iterator[Metric]:
        connections = GaugeMetricFamily(
            "tickstock_database_links", "Connections to PostgreSQL.", labels=("pool", "state")
        )
        resting = GaugeMetricFamily(
            "tickstock_database_resting", "Whether the circuit breaker of the pool is open.", labels=("pool",)
        )
        for name, pool in _pools(self._context).items():
            state = pool.state
            connections.add_metric((name, "idle"), state.idle)
            connections.add_metric((name, "busy"), state.links - state.idle)
            resting.add_metric((name,), state.resting)
        yield connections
        yield resting


def _pools(context: AppContext) -> Mapping[str, Pool]:
    return {"own": context.pools.own, "market": context.pools.market}


def _single(counts: Mapping[str, int]) -> Counts:
    return {(name,): count for name, count in counts.items()}


def _gauge(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tickstock_{name}", description, value=float(value))


def _counter(name: str, description: str, value: float) -> Metric:
    return CounterMetricFamily(f"tickstock_{name}", description, value=value)


def _counters(name: str, description: str, labels: tuple[str, ...], counts: Counts) -> Metric:
    family = CounterMetricFamily(f"tickstock_{name}", description, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def _histogram(name: str, description: str, histogram: Histogram) -> Metric:
    bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    buckets = list(zip(bounds, accumulate(histogram.counts), strict=True))
    return HistogramMetricFamily(f"tickstock_{name}", description, buckets=buckets, sum_value=histogram.total)
