"""Jobs for the engine in the contract's JSON: their channels, encoding and decoding, and subscriber counts."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.channels import (
    JOBS_BACKTEST,
    JOBS_CANCEL,
    JOBS_CONTROL,
    JOBS_DATA_LOAD,
    JOBS_MARKET,
    JOBS_PROCESSING,
    MONITORING_CONTROL,
)
from app.wire.client import reachable
from app.wire.codec.codec import MAX_BYTES, Rejected
from app.wire.jobs.backtests import BacktestJob, BacktestParameters, CancelBacktest
from app.wire.jobs.commands import (
    START_DAILY_PROCESSING,
    EnableComponent,
    MarketCommand,
    MonitoringControl,
    ProcessingCommand,
    ProcessingParameters,
    ResolveAlert,
)
from app.wire.jobs.loads import (
    CancelLoad,
    CsvUniverseLoad,
    HistoricalLoad,
    MultiTimeframeLoad,
    UniverseLoad,
    UniverseSeed,
)

__all__ = ["START_DAILY_PROCESSING", "BacktestParameters", "ProcessingParameters"]

AnyLoad = HistoricalLoad | UniverseSeed | MultiTimeframeLoad | CsvUniverseLoad | UniverseLoad
AnyControl = MonitoringControl | ResolveAlert | EnableComponent
AnyJob = BacktestJob | CancelBacktest | ProcessingCommand | AnyLoad | CancelLoad | AnyControl | MarketCommand

DAY = 86_400
WEEK = 7 * DAY


class Route(NamedTuple):
    """A job that waited `patience` seconds for an engine lapses."""

    channel: str
    patience: int


_LOAD = Route(JOBS_DATA_LOAD, WEEK)
_CONTROL = Route(MONITORING_CONTROL, 60)

ROUTES: Mapping[type, Route] = {
    BacktestJob: Route(JOBS_BACKTEST, WEEK),
    CancelBacktest: Route(JOBS_CANCEL, DAY),
    ProcessingCommand: Route(JOBS_PROCESSING, DAY),
    HistoricalLoad: _LOAD,
    UniverseSeed: _LOAD,
    MultiTimeframeLoad: _LOAD,
    CsvUniverseLoad: _LOAD,
    UniverseLoad: _LOAD,
    CancelLoad: Route(JOBS_CONTROL, DAY),
    MonitoringControl: _CONTROL,
    ResolveAlert: _CONTROL,
    EnableComponent: _CONTROL,
    MarketCommand: Route(JOBS_MARKET, 60),
}


class Identified(NamedTuple):
    id: str
    job: AnyJob


def identified(job: AnyJob) -> Identified:
    """A job has the id under which the engine reports it; a command about another job gets an id of its own."""
    match job:
        case ProcessingCommand():
            run_id = job.parameters.run_id or str(uuid4())
            return Identified(run_id, replace(job, parameters=replace(job.parameters, run_id=run_id)))
        case (
            CancelBacktest() | CancelLoad() | MonitoringControl() | ResolveAlert() | EnableComponent() | MarketCommand()
        ):
            return Identified(str(uuid4()), job)
        case _:
            return Identified(job.job_id, job)


def encode(job: AnyJob) -> bytes:
    return msgspec.json.encode(job)


def decode(payload: bytes) -> ProcessingCommand | Rejected:
    command: ProcessingCommand | Rejected = _read(payload, ProcessingCommand)
    return command


def decode_backtest(payload: bytes) -> BacktestJob | CancelBacktest | Rejected:
    job: BacktestJob | CancelBacktest | Rejected = _read(payload, BacktestJob | CancelBacktest)
    return job


def decode_load(payload: bytes) -> AnyLoad | CancelLoad | Rejected:
    load: AnyLoad | CancelLoad | Rejected = _read(
        payload, HistoricalLoad | UniverseSeed | MultiTimeframeLoad | CsvUniverseLoad, UniverseLoad, CancelLoad
    )
    return load


def decode_market(payload: bytes) -> MarketCommand | Rejected:
    command: MarketCommand | Rejected = _read(payload, MarketCommand)
    return command


def decode_control(payload: bytes) -> AnyControl | Rejected:
    control: AnyControl | Rejected = _read(payload, ResolveAlert | EnableComponent, MonitoringControl)
    return control


def _read(payload: bytes, *kinds: Any) -> Any:
    """As the first of `kinds` that it fits."""
    if len(payload) > MAX_BYTES:
        return Rejected("too-big")
    for kind in kinds:
        try:
            return msgspec.json.decode(payload, type=kind)
        except (ValueError, RecursionError):
            continue
    return Rejected("bad-job")


async def receivers(client: Redis, channels: Sequence[str]) -> dict[str, int]:
    """Subscribers by channel: 0 would lose a job, 2 would do it twice."""
    with reachable():
        counts = await client.pubsub_numsub(*channels)
    return {_name(channel): int(count) for channel, count in counts}


def _name(channel: bytes | str) -> str:
    return channel.decode() if isinstance(channel, bytes) else channel
