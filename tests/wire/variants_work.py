"""What the channels of the engine's work have carried: backtests, processing, runs, loads."""

from app.wire.channels import Meaning
from app.wire.events import (
    BacktestFinished,
    BacktestProgressed,
    JobStatus,
    ProcessingChanged,
    ProcessingProgressed,
    RunChanged,
    RunProgressed,
    ScheduleChanged,
    UniverseChanged,
)
from tests.wire.saying import AT, ISO, Variant, enveloped

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
        enveloped("processing_schedule_updated", enabled="false"),
        ScheduleChanged,
        {"enabled": False},
    ),
]

RUNS: list[Variant] = [
    (
        Meaning.IMPORTS,
        enveloped(
            "data_import_started",
            run_id="r",
            universe_names=["dow_30"],
            total_symbols=30,
            timeframes=["daily", "weekly"],
        ),
        RunChanged,
        {"work": "import", "status": "started", "universes": ("dow_30",), "timeframes": ("daily", "weekly")},
    ),
    (
        Meaning.IMPORTS,
        enveloped("import_progress", run_id="r", symbol="IBM", records_imported=250, success=True),
        RunProgressed,
        {"work": "import", "current_symbol": "IBM", "found": 250},
    ),
    (
        Meaning.IMPORTS,
        enveloped("symbol_processing_complete", run_id="r", symbol="IBM", success=False),
        RunProgressed,
        {},
    ),
    (
        Meaning.IMPORTS,
        enveloped(
            "data_import_completed", run_id="r", successful_symbols=29, failed_symbols=1, total_records_imported=7000
        ),
        RunChanged,
        {"status": "completed", "done": 29, "failed": 1, "found": 7000},
    ),
    (
        Meaning.IMPORTS,
        enveloped("data_import_completed", run_id="r", success_count=29, failure_count=1),
        RunChanged,
        {"done": 29, "failed": 1},
    ),
    (
        Meaning.PROCESSING,
        enveloped("data_import_completed", run_id="r", status="failed"),
        RunChanged,
        {"work": "import", "status": "failed"},
    ),
    (
        Meaning.INDICATOR_RUNS,
        enveloped("indicator_processing_started", run_id="r", total_indicators=8),
        RunChanged,
        {"work": "indicators", "status": "started"},
    ),
    (
        Meaning.INDICATOR_RUNS,
        enveloped(
            "indicator_progress", run_id="r", completed_symbols=2, total_symbols=5, percent_complete=40, eta_seconds=9
        ),
        RunProgressed,
        {"share": 0.4, "done": 2, "ends_at": AT + 9},
    ),
    (
        Meaning.INDICATOR_RUNS,
        enveloped("indicator_processing_completed", run_id="r", successful_indicators=40),
        RunChanged,
        {"status": "completed", "found": 40},
    ),
    (
        Meaning.PATTERN_RUNS,
        enveloped("pattern_progress", run_id="r", patterns_detected=3, current_timeframe="1day"),
        RunProgressed,
        {"work": "patterns", "found": 3, "timeframes": ("1day",)},
    ),
    (
        Meaning.PATTERN_RUNS,
        enveloped("pattern_processing_completed", run_id="r", patterns_detected=7),
        RunChanged,
        {"status": "completed", "found": 7},
    ),
    (
        Meaning.CACHES,
        {"job_id": "c1", "event": "cache_sync_triggered", "mode": "full", "force": True},
        RunChanged,
        {"work": "cache", "run_id": "c1", "status": "started", "mode": "full"},
    ),
    (
        Meaning.CACHES,
        {"job_id": "c1", "mode": "themes", "force": False, "triggered_by": "ada"},
        RunChanged,
        {"run_id": "c1", "status": "started", "mode": "themes", "trigger": "ada"},
    ),
    (
        Meaning.CACHES,
        {
            "job_id": "c1",
            "status": "completed",
            "mode": "full",
            "total_changes": 12,
            "universes_updated": ["etf_growth"],
            "duration_seconds": 3.5,
        },
        RunChanged,
        {"status": "completed", "found": 12, "universes": ("etf_growth",), "seconds": 3.5},
    ),
    (Meaning.UNIVERSES, {"universe": "dow_30", "action": "Updated"}, UniverseChanged, {"action": "updated"}),
    (
        Meaning.UNIVERSES,
        {"symbol": "NEWCO", "universe": "ipos"},
        UniverseChanged,
        {"action": "assigned", "symbol": "NEWCO"},
    ),
    (Meaning.UNIVERSES, {"removed_count": 4}, UniverseChanged, {"action": "removed", "count": 4}),
    (
        Meaning.JOBS,
        {
            "job_id": "j",
            "status": "running",
            "progress": 40,
            "total_symbols": 5,
            "processed_symbols": 2,
            "successful_symbols": ["IBM"],
            "completed_at": None,
            "started_at": ISO,
        },
        JobStatus,
        {"progress": 0.4, "done": 2, "successful": ("IBM",), "started_at": AT, "completed_at": None},
    ),
    (
        Meaning.JOBS,
        {"run_id": "j", "status": "completed", "successful_symbols": [f"S{n}" for n in range(3000)]},
        JobStatus,
        {"job_id": "j", "successful": tuple(f"S{n}" for n in range(3000))},
    ),
    (
        Meaning.JOBS,
        {"job_id": "j", "status": "COMPLETED_WITH_ERRORS", "progress": "100", "failed_symbols": '["BF/B"]'},
        JobStatus,
        {"status": "completed_with_errors", "progress": 1.0, "failed": ("BF/B",)},
    ),
]
