"""Whether the process lives, whether it is of use, and what it does: a stranger is told no more than he must know."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from quart import Blueprint, Response, abort, current_app, request
from quart.typing import ResponseReturnValue

from app import deps, wire
from app.db.pools import Pool
from app.deps import AppContext
from app.identity import Role
from app.live.histogram import BOUNDS, Histogram
from app.web import guards, reauth
from app.web.guards import public
from app.wire.log.log import StreamPosition

blueprint = Blueprint("health", __name__)

Counts = Mapping[tuple[str, ...], int]

TURN_SECONDS = 0.25
ASK_SECONDS = 1.0


@blueprint.get("/health")
@public
async def health() -> ResponseReturnValue:
    """The loop turns; no dependency is asked."""
    return {"alive": True}


@blueprint.get("/ready")
@public
async def ready() -> ResponseReturnValue:
    answers = deps.ready()
    return dict(answers), 200 if all(answers.values()) else 503


@blueprint.get("/metrics")
@public
async def metrics() -> ResponseReturnValue:
    """For whoever has the token, and for a signed-in admin."""
    await _must_be_told()
    found = deps.context()
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(Figures(found, current_app.extensions["turns"], await _waiting(found)))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


@blueprint.while_app_serving
async def _watch_the_loop() -> AsyncGenerator[None, None]:
    turns = current_app.extensions["turns"] = Histogram()
    watching = asyncio.create_task(_watch(turns))
    yield
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


async def _watch(turns: Histogram) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TURN_SECONDS
        await asyncio.sleep(TURN_SECONDS)
        turns.observe(max(0.0, loop.time() - due))


async def _must_be_told() -> None:
    token = deps.settings().metrics_token.get_secret_value()
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and secrets.compare_digest(shown.strip().encode(), token.encode()):
        return
    visitor = await guards.visitor()
    if visitor is None:
        abort(401)
    if visitor.role is not Role.ADMIN or await reauth.must_enrol(visitor):
        abort(403)


async def _waiting(found: AppContext) -> int | None:
    """Jobs that no engine has heard; None while Redis is away."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await found.outbox.waiting()
    except (TimeoutError, wire.RedisUnavailable):
        return None


class Figures(Collector):
    """What one process counts, as of now. Numbers and closed lists of words: no address, no name of a person."""

    def __init__(self, found: AppContext, turns: Histogram, jobs_waiting: int | None) -> None:
        self._house = found
        self._turns = turns
        self._jobs_waiting = jobs_waiting

    def collect(self) -> Iterator[Metric]:
        yield from self._streams()
        yield from self._wire()
        yield from self._cache()
        yield from self._database()
        yield _histogram("loop_lag_seconds", "How late the event loop came to what was due.", self._turns)
        yield _gauge("ready", "Whether this process is of use.", all(deps.ready().values()))

    def _streams(self) -> Iterator[Metric]:
        stats = self._house.hub.stats
        yield _gauge("stream_connections", "Streams that are open.", stats.connections)
        yield _gauge("stream_sockets", "Those of them that are WebSockets.", stats.sockets)
        yield _gauge("stream_audiences", "Sequences of frames that they share.", stats.audiences)
        yield _gauge("stream_lagging", "Readers that cannot keep up and are left out for now.", stats.lagging)
        yield _counter("stream_pushes", "Changes of a part of the screen.", stats.published)
        yield _counter("stream_frames", "Messages that were made for an audience.", stats.frames)
        yield _counter("stream_undrawable", "Changes that could not be drawn.", stats.undrawable)
        broken = self._house.relay.failed
        yield _counter("feature_failures", "Events not taken and snapshots not drawn, each a fault of ours.", broken)
        yield _counter("stream_raw_bytes", "Bytes for all readers before compression.", stats.raw_bytes)
        yield _counter("stream_wire_bytes", "Bytes that were handed to sockets.", stats.wire_bytes)
        yield _counters("stream_ends", "Streams that ended.", ("cause",), _single(stats.ended))
        yield _counters("stream_joins", "Streams that began, by how they went on.", ("resume",), _single(stats.joins))
        yield _histogram("stream_lag_seconds", "From a push to its frame's way out.", self._house.hub.latency)

    def _wire(self) -> Iterator[Metric]:
        link, intake = self._house.subscriber_stats(), self._house.receiver
        yield _gauge("redis_listening", "Whether the link that brings the events is up.", link.connected)
        yield _counter("redis_gaps", "How often that link was lost.", link.gaps)
        yield _gauge("redis_lag_seconds", "How far that link is behind what is published.", link.lag)
        yield from self._others()
        yield _counter("redis_unhandled", "Messages whose handling broke or took too long.", link.failed)
        heard = _single({name: count.messages for name, count in link.channels.items()})
        yield _counters("redis_messages", "Messages that were heard.", ("channel",), heard)
        rejected: Counts = {(str(meaning), reason): count for (meaning, reason), count in intake.rejected.items()}
        yield _counters("rejected", "Messages that could not be understood.", ("channel", "reason"), rejected)
        skipped, doubles = intake.indicators.skipped, intake.ticks.duplicates
        yield _counter("indicators_skipped", "Messages that were not decoded, or not all, for nobody looks.", skipped)
        yield _counter("ticks_doubled", "Single ticks that a batch had brought already.", doubles)
        yield _counter("events_lost", "Events that the log never took.", intake.lost)
        position = StreamPosition.parse(self._house.hub.last_id)
        if position:
            yield _gauge("log_epoch", "Which log it is; another one when Redis lost the one before.", position.epoch)
            yield _gauge("log_position", "The newest entry that was told here.", position.n)
        if self._jobs_waiting is not None:
            yield _gauge("jobs_waiting", "Jobs that no engine has heard yet.", self._jobs_waiting)

    def _others(self) -> Iterator[Metric]:
        """What the status line says of others; nothing of those that are away or do not say it."""
        vitals = self._house.health
        if vitals.engine_behind is not None:
            yield _gauge("engine_behind_seconds", "How far the engine is behind the market.", vitals.engine_behind)
        if vitals.engine_waiting is not None:
            yield _gauge("engine_waiting", "Rows and events it has to store or publish.", vitals.engine_waiting)
        if vitals.database_seconds is not None:
            yield _gauge("database_answer_seconds", "How long the slower database answers.", vitals.database_seconds)

    def _cache(self) -> Iterator[Metric]:
        stats = self._house.cache.stats
        asked: Counts = {
            (tier, answer): count
            for tier, counts in (("memory", stats.memory), ("redis", stats.redis))
            for answer, count in (("hit", counts.hits), ("miss", counts.misses))
        }
        yield _counters("cache_questions", "What the cache was asked.", ("tier", "answer"), asked)
        yield _gauge("cache_entries", "Values in this process' memory.", stats.entries)
        yield _gauge("cache_bytes", "Their size.", stats.bytes)
        yield _counter("cache_away", "How often Redis did not answer in time.", stats.away)

    def _database(self) -> Iterator[Metric]:
        links = GaugeMetricFamily("tickstock_database_links", "Links to PostgreSQL.", labels=("pool", "state"))
        resting = GaugeMetricFamily("tickstock_database_resting", "Whether it is not asked for now.", labels=("pool",))
        for name, pool in _pools(self._house).items():
            state = pool.state
            links.add_metric((name, "idle"), state.idle)
            links.add_metric((name, "busy"), state.links - state.idle)
            resting.add_metric((name,), state.resting)
        yield links
        yield resting


def _pools(found: AppContext) -> Mapping[str, Pool]:
    return {"own": found.pools.own, "market": found.pools.market}


def _single(counts: Mapping[str, int]) -> Counts:
    return {(name,): count for name, count in counts.items()}


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tickstock_{name}", words, value=float(value))


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"tickstock_{name}", words, value=value)


def _counters(name: str, words: str, labels: tuple[str, ...], counts: Counts) -> Metric:
    family = CounterMetricFamily(f"tickstock_{name}", words, labels=labels)
    for said, count in counts.items():
        family.add_metric(said, count)
    return family


def _histogram(name: str, words: str, found: Histogram) -> Metric:
    bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    buckets = list(zip(bounds, accumulate(found.counts), strict=True))
    return HistogramMetricFamily(f"tickstock_{name}", words, buckets=buckets, sum_value=found.total)
