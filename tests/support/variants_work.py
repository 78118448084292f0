"""Example messages of the channels of the engine's work: backtests and processing."""

from app.wire.channels import Meaning
from app.wire.events.event import (
    BacktestFinished,
    BacktestProgressed,
    ProcessingChanged,
    ProcessingProgressed,
    ScheduleChanged,
)
from tests.support.messages import AT, Variant, enveloped

BACKTESTS: list[Variant] = [
    (
        Meaning.BACKTESTS,
        {
            "event_type": "backtest_progress",
            "job_id": "b1",
            "progress": 0.4,
            "current_symbol": "IBM",
            "estimated_completion": AT + 9e6,
            "timestamp": AT,
        },
        BacktestProgressed,
        {"job_id": "b1", "progress": 0.4, "current_symbol": "IBM", "ends_at": AT + 9e6, "status": "running"},
    ),
    (
        Meaning.BACKTESTS,
        {"job_id": "b1", "progress": 40, "status": "processing"},
        BacktestProgressed,
        {"progress": 0.4},
    ),
    (
        Meaning.BACKTESTS,
        {"job_id": "b1", "symbols_completed": 2, "total_symbols": 8},
        BacktestProgressed,
        {"progress": 0.25, "done": 2, "total": 8},
    ),
    (
        Meaning.BACKTESTS,
        {
            "event_type": "backtest_result",
            "job_id": "b1",
            "completed_at": AT,
            "processing_time_seconds": 4.5,
            "results": {"win_rate": 0.55, "roi": 1.5, "max_drawdown": -0.2, "total_trades": 20},
        },
        BacktestFinished,
        {"status": "completed", "win_rate": 0.55, "roi": 1.5, "max_drawdown": 0.2, "at": AT},
    ),
    (
        Meaning.BACKTESTS,
        {
            "event_type": "backtest_result",
            "job_id": "b1",
            "status": "error",
            "message": "no bars",
            "results": {"win_rate": 55, "roi": 12, "max_drawdown": 8},
        },
        BacktestFinished,
        {"status": "failed", "win_rate": 0.55, "roi": 0.12, "max_drawdown": 0.08, "message": "no bars"},
    ),
    (Meaning.BACKTESTS, {"job_id": "b1", "results": {"sharpe_ratio": 1.25}}, BacktestFinished, {"sharpe_ratio": 1.25}),
    (
        Meaning.BACKTESTS,
        {"event_type": "backtest_result", "job_id": "b1", "status": "CANCELED"},
        BacktestFinished,
        {"status": "cancelled"},
    ),
]

PROCESSING: list[Variant] = [
    (
        Meaning.PROCESSING,
        enveloped("processing_started", run_id="r", phases=["import", "patterns"], universe="dow_30"),
        ProcessingChanged,
        {"status": "started", "phases": ("import", "patterns"), "universes": ("dow_30",)},
    ),
    (
        Meaning.PROCESSING,
        enveloped("daily_processing_started", run_id="r", symbols_count=9, trigger_type="manual"),
        ProcessingChanged,
        {"status": "started", "total": 9, "trigger": "manual"},
    ),
    (
        Meaning.PROCESSING,
        enveloped(
            "daily_processing_progress",
            run_id="r",
            phase="import",
            symbols_completed=3,
            symbols_total=9,
            percent_complete=33.3,
            current_symbol="IBM",
        ),
        ProcessingProgressed,
        {"done": 3, "total": 9, "share": 0.333, "current_symbol": "IBM", "status": "running"},
    ),
    (
        Meaning.PROCESSING,
        enveloped("daily_processing_progress", run_id="r", progress=50),
        ProcessingProgressed,
        {"share": 0.5},
    ),
    (
        Meaning.PROCESSING,
        enveloped(
            "daily_processing_completed",
            run_id="r",
            status="success",
            duration_seconds=12,
            symbols_processed=8,
            symbols_failed=1,
        ),
        ProcessingChanged,
        {"status": "completed", "seconds": 12.0, "done": 8, "failed": 1},
    ),
    (
        Meaning.PROCESSING,
        enveloped("daily_processing_completed", run_id="r", success=False),
        ProcessingChanged,
        {"status": "failed"},
    ),
    (
        Meaning.PROCESSING,
        enveloped("processing_error", run_id="r", phase="patterns", error="no bars"),
        ProcessingChanged,
        {"status": "failed", "phase": "patterns", "message": "no bars"},
    ),
    (Meaning.PROCESSING, {"run_id": "r", "status": "running", "percentage": 5}, ProcessingProgressed, {"share": 0.05}),
    (
        Meaning.MONITORING,
        enveloped(
            "job_progress_update",
            run_id="r",
            phase="indicators",
            total_symbols=9,
            processed=4,
            failed=1,
            percentage=44.4,
        ),
        ProcessingProgressed,
        {"phase": "indicators", "done": 4, "failed": 1, "share": 0.444},
    ),
    (
        Meaning.SCHEDULE,
        enveloped("schedule_updated", enabled=True, trigger_time="16:10", next_run="2025-10-07T20:10:00Z"),
        ScheduleChanged,
        {"enabled": True, "trigger_time": "16:10", "next_run": AT + 106_740},
    ),
    (
        Meaning.PROCESSING,
        enveloped("schedule_updated", schedule={"enabled": True}),
        ScheduleChanged,
        {"enabled": True},
    ),
    (
        Meaning.SCHEDULE,
        enveloped("schedule_updated", schedule={"enabled": True, "trigger_time": "21:10", "market_check": True}),
        ScheduleChanged,
        {"enabled": True, "trigger_time": "21:10"},
    ),
    (
        Meaning.PROCESSING,
        enveloped("processing_schedule_updated", enabled="false"),
        ScheduleChanged,
        {"enabled": False},
    ),
]
