"""Jobs are encoded as in the contract, and none out of range can be encoded."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.wire.codec.codec import Rejected
from app.wire.jobs.job import (
    ROUTES,
    AnyJob,
    BacktestJob,
    BacktestParameters,
    CancelBacktest,
    CancelLoad,
    CsvUniverseLoad,
    EnableComponent,
    HistoricalLoad,
    MarketCommand,
    MonitoringControl,
    MultiTimeframeLoad,
    ProcessingCommand,
    ProcessingParameters,
    ResolveAlert,
    UniverseLoad,
    UniverseSeed,
    decode,
    decode_backtest,
    decode_control,
    decode_load,
    decode_market,
    encode,
    identified,
)

STAMP = "2026-03-02T10:15:00"
LOAD = {"job_id": "7d0c", "requested_by": "alice", "timestamp": STAMP}
REQUEST = {"requested_by": "alice", "timestamp": STAMP}
BACKTEST: dict[str, Any] = {
    "user_id": "u1",
    "symbols": ("IBM", "BRK.B"),
    "start_date": date(2021, 1, 4),
    "end_date": date(2021, 6, 30),
    "patterns": ("Doji",),
}

EXAMPLES = [
    (
        decode_market,
        MarketCommand(command="NEXT_SESSION", requested_by="u1"),
        {"command": "NEXT_SESSION", "requested_by": "u1"},
    ),
    (
        decode_backtest,
        BacktestJob(**BACKTEST, job_id="backtest_1758900000_a1b2c3d4", timestamp=1_758_900_000.5),
        {
            "type": "backtest_job",
            "job_id": "backtest_1758900000_a1b2c3d4",
            "user_id": "u1",
            "symbols": ["IBM", "BRK.B"],
            "start_date": "2021-01-04",
            "end_date": "2021-06-30",
            "patterns": ["Doji"],
            "parameters": {
                "initial_capital": 100000.0,
                "commission_rate": 0.001,
                "slippage_rate": 0.0005,
                "max_position_size": 0.1,
                "stop_loss_pct": 0.05,
                "take_profit_pct": 0.1,
            },
            "timestamp": 1758900000.5,
            "source": "tickstock_appv2",
        },
    ),
    (
        decode_backtest,
        CancelBacktest(job_id="backtest_1_ab", timestamp=1.5),
        {"type": "cancel_job", "job_id": "backtest_1_ab", "timestamp": 1.5, "source": "tickstock_appv2"},
    ),
    (
        decode,
        ProcessingCommand(
            command="START_DAILY_PROCESSING", parameters=ProcessingParameters(symbols=("IBM",), run_id="r1")
        ),
        {
            "command": "START_DAILY_PROCESSING",
            "parameters": {"symbols": ["IBM"], "patterns": [], "force": False, "run_id": "r1"},
        },
    ),
    (
        decode_load,
        HistoricalLoad(**LOAD, symbols=("BF/B",), years=2, timespan="minute"),
        {"job_type": "historical_load", **LOAD, "symbols": ["BF/B"], "years": 2, "timespan": "minute"},
    ),
    (
        decode_load,
        UniverseSeed(**LOAD, universe_type="SP500", years=3),
        {"job_type": "universe_seed", **LOAD, "universe_type": "SP500", "years": 3},
    ),
    (
        decode_load,
        UniverseSeed(**LOAD, universe_type="ETF", years=3, refresh=True),
        {"job_type": "universe_seed", **LOAD, "universe_type": "ETF", "years": 3, "refresh": True},
    ),
    (
        decode_load,
        MultiTimeframeLoad(**LOAD, symbols=("IBM",), years=1),
        {"job_type": "multi_timeframe_load", **LOAD, "symbols": ["IBM"], "timeframes": ["hour", "day"], "years": 1},
    ),
    (
        decode_load,
        CsvUniverseLoad(**LOAD, csv_file="dow_30.csv", universe_type="DOW30", years=0.02),
        {
            "job_type": "csv_universe_load",
            **LOAD,
            "csv_file": "dow_30.csv",
            "universe_type": "DOW30",
            "years": 0.02,
            "include_ohlcv": True,
        },
    ),
    (
        decode_load,
        UniverseLoad(**LOAD, universe_key="core:large", symbols=("IBM",), years=0.5),
        {
            "job_type": "csv_universe_load",
            **LOAD,
            "source": "tickstock_appv2",
            "universe_key": "core:large",
            "symbols": ["IBM"],
            "timeframes": ["hour", "day"],
            "years": 0.5,
            "run_analysis_after_import": False,
        },
    ),
    (decode_load, CancelLoad(**LOAD), {"action": "cancel", **LOAD}),
    (
        decode_control,
        MonitoringControl(action="FORCE_HEALTH_CHECK", **REQUEST),
        {"action": "FORCE_HEALTH_CHECK", **REQUEST},
    ),
    (
        decode_control,
        ResolveAlert(alert_id="a1", resolved_by="alice", notes="disk grown", **REQUEST),
        {"action": "ALERT_RESOLVED", "alert_id": "a1", "resolved_by": "alice", "notes": "disk grown", **REQUEST},
    ),
    (
        decode_control,
        EnableComponent(type="pattern", name="Doji", **REQUEST),
        {"action": "ENABLE_COMPONENT", "type": "pattern", "name": "Doji", **REQUEST},
    ),
]


@pytest.mark.parametrize(("read", "job", "shape"), EXAMPLES, ids=[type(job).__name__ for _, job, _ in EXAMPLES])
def test_a_job_is_encoded_as_in_the_contract_and_decoded_again(
    read: Callable[[bytes], object], job: AnyJob, shape: dict[str, object]
) -> None:
    assert json.loads(encode(job)) == shape
    assert read(encode(job)) == job


def test_every_kind_of_job_has_a_fixture_and_a_channel() -> None:
    assert {type(job) for _, job, _ in EXAMPLES} == set(ROUTES)


OUT_OF_BOUNDS = [
    (lambda: BacktestJob(**BACKTEST | {"symbols": ()}), "symbols"),
    (lambda: BacktestJob(**BACKTEST | {"symbols": tuple(f"S{n}" for n in range(51))}), "symbols"),
    (lambda: BacktestJob(**BACKTEST | {"symbols": ("IBM", "IBM")}), "symbols"),
    (lambda: BacktestJob(**BACKTEST | {"symbols": ("../X",)}), "symbols"),
    (lambda: BacktestJob(**BACKTEST | {"patterns": ()}), "patterns"),
    (lambda: BacktestJob(**BACKTEST | {"patterns": ("\ud800",)}), "patterns"),
    (lambda: BacktestJob(**BACKTEST | {"end_date": date(2021, 1, 4)}), "end_date"),
    (lambda: BacktestJob(**BACKTEST | {"end_date": date(2026, 1, 4)}), "end_date"),
    (lambda: BacktestJob(**BACKTEST | {"user_id": ""}), "user_id"),
    (lambda: BacktestParameters(initial_capital=0.0), "initial_capital"),
    (lambda: BacktestParameters(initial_capital=float("nan")), "initial_capital"),
    (lambda: BacktestParameters(commission_rate=0.02), "commission_rate"),
    (lambda: BacktestParameters(slippage_rate=-0.001), "slippage_rate"),
    (lambda: BacktestParameters(max_position_size=1.5), "max_position_size"),
    (lambda: BacktestParameters(stop_loss_pct=0.0), "stop_loss_pct"),
    (lambda: BacktestParameters(take_profit_pct=float("inf")), "take_profit_pct"),
    (lambda: CancelBacktest(job_id="x\ny"), "job_id"),
    (lambda: ProcessingCommand(command=""), "command"),
    (lambda: ProcessingParameters(symbols=("a b",)), "symbols"),
    (lambda: HistoricalLoad(**LOAD, symbols=("IBM",), years=0), "years"),
    (lambda: HistoricalLoad(**LOAD, symbols=("IBM",), timespan="week"), "timespan"),
    (lambda: HistoricalLoad(requested_by="", symbols=("IBM",)), "requested_by"),
    (lambda: UniverseSeed(**LOAD, universe_type="sp500", years=1), "universe_type"),
    (lambda: MultiTimeframeLoad(**LOAD, symbols=("IBM",), timeframes=("eon",)), "timeframes"),
    (lambda: CsvUniverseLoad(**LOAD, csv_file="../passwd", universe_type="ETF"), "csv_file"),
    (lambda: CsvUniverseLoad(**LOAD, csv_file="a.csv", universe_type="ETF", years=0.0), "years"),
    (lambda: UniverseLoad(**LOAD, universe_key="a b", symbols=("IBM",)), "universe_key"),
    (lambda: MonitoringControl(action="SHUTDOWN", **REQUEST), "action"),
    (lambda: ResolveAlert(alert_id="", resolved_by="a", **REQUEST), "alert_id"),
    (lambda: EnableComponent(type="pattern", name="x" * 65, **REQUEST), "name"),
]


@pytest.mark.parametrize(("build", "field"), OUT_OF_BOUNDS)
def test_an_out_of_range_field_is_refused_by_name(build: Callable[[], object], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}"):
        build()


def test_a_malformed_job_is_rejected_with_a_reason() -> None:
    too_many = encode(EXAMPLES[0][1]).replace(b'"IBM"', b'"IBM","IBM"')

    assert decode_backtest(too_many) == Rejected("bad-job")
    assert decode_load(b'{"job_type":"historical_load"}') == Rejected("bad-job")
    assert decode_load(b'{"job_type":"other"}') == Rejected("bad-job")
    assert decode_control(b"\xff") == Rejected("bad-job")
    assert decode_control(b" " * 70_000) == Rejected("too-big")


def test_a_control_command_has_its_own_id_beside_that_of_its_job() -> None:
    load = HistoricalLoad(requested_by="alice", symbols=("IBM",))
    command = ProcessingCommand(command="START_DAILY_PROCESSING")

    assert identified(load) == (load.job_id, load)
    assert identified(CancelLoad(job_id=load.job_id, requested_by="alice")).id != load.job_id
    run_id, sent = identified(command)
    assert isinstance(sent, ProcessingCommand)
    assert sent.parameters.run_id == run_id != ""
