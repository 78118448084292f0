"""Example messages of the channels of imports, caches, indicator and pattern runs, universes and loads."""

from app.wire.channels import Meaning
from app.wire.events.event import ErrorReported, JobStatus, RunChanged, RunProgressed, UniverseChanged
from tests.support.messages import AT, ISO, Variant, enveloped

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
        enveloped(
            "pattern_processing_started", run_id="r", total_symbols=5, total_patterns=9, timeframes=["1day", "1week"]
        ),
        RunChanged,
        {"work": "patterns", "status": "started", "total": 5, "timeframes": ("1day", "1week")},
    ),
    (
        Meaning.ERRORS,
        enveloped("processing_error", run_id="r", phase="patterns", error="no bars"),
        ErrorReported,
        {"severity": "error", "message": "no bars", "run_id": "r"},
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
        enveloped(
            "data_import_started",
            run_id="r",
            universe_names=["sp500"],
            total_symbols=505,
            timeframes=["hourly", "daily"],
            lookback_days={"hourly": 90, "daily": 365},
        ),
        RunChanged,
        {"work": "import", "run_id": "r", "status": "started", "total": 505, "universes": ("sp500",)},
    ),
    (
        Meaning.JOBS,
        enveloped(
            "data_import_completed",
            run_id="r",
            duration_seconds=2100,
            total_symbols=505,
            successful_symbols=500,
            failed_symbols=["A", "B", "C", "D", "E"],
            total_records_imported=183250,
            success_rate=99.0,
        ),
        RunChanged,
        {"work": "import", "status": "completed", "done": 500, "failed": 5, "found": 183250, "seconds": 2100.0},
    ),
    (
        Meaning.JOBS,
        enveloped("symbol_processing_complete", run_id="r", symbol="IBM", success=True),
        RunProgressed,
        {"work": "import", "current_symbol": "IBM"},
    ),
    (
        Meaning.JOBS,
        {"event": "data_import_completed", "job_id": "j", "status": "completed", "progress": 100},
        JobStatus,
        {"job_id": "j", "progress": 1.0},
    ),
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
