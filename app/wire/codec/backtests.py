"""Backtests: how far one is, and its result; flat, with the figures in `results`."""

from typing import Any

from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape, count, lower, number, positive, share, text, when
from app.wire.codec.spellings import CANCELLATIONS
from app.wire.events.event import BacktestFinished, BacktestProgressed

ENVELOPES = ("data", "payload")

_RATES = ("win_rate", "roi", "max_drawdown")

PROGRESSED = Shape(
    BacktestProgressed,
    {
        "job_id": text("job_id", "backtest_id", needed="no-job"),
        "progress": share("progress", percent=("percent_complete", "percentage")),
        "status": lower("status"),
        "current_symbol": text("current_symbol"),
        "done": count("processed_symbols", "symbols_completed", says="symbols"),
        "total": count("total_symbols", "symbols_total", says="symbols"),
        "ends_at": when("estimated_completion"),
    },
    home="backtest_progress",
    word="backtest_progress",
    iso_times=False,
)

FINISHED = Shape(
    BacktestFinished,
    {
        "job_id": text("job_id", "backtest_id", needed="no-job"),
        "status": lower("status", says="completed when missing; cancelled; whatever else is failed"),
        "seconds": positive("processing_time_seconds", "duration_seconds", says="seconds"),
        "win_rate": number("results.win_rate", "win_rate", says="share; all three are percent if one is above 1"),
        "total_trades": count("results.total_trades", "total_trades"),
        "winning_trades": count("results.winning_trades", "winning_trades"),
        "roi": number("results.roi", "roi", "results.total_return", says="share, as win_rate"),
        "sharpe_ratio": number("results.sharpe_ratio", "sharpe_ratio"),
        "max_drawdown": number("results.max_drawdown", "max_drawdown", says="share, as win_rate; without its sign"),
        "days": count("results.duration_days", "duration_days", says="days"),
        "message": text("message", "error_message", "error", limit=500),
    },
    home="backtest_results",
    word="backtest_result",
    time=("timestamp", "completed_at"),
    iso_times=False,
)

SHAPES = (PROGRESSED, FINISHED)


def read(fields: Fields) -> BacktestProgressed | BacktestFinished:
    kind = fields.event_type()
    if "result" in kind or "completed" in kind or "failed" in kind:
        return _finished(fields)
    if kind or not fields.has("results", "processing_time_seconds", "completed_at"):
        return _progressed(fields)
    return _finished(fields)


def _progressed(fields: Fields) -> BacktestProgressed:
    values = PROGRESSED.values(fields)
    done, total = values.get("done"), values.get("total")
    if "progress" not in values:
        if done is None or not total:
            raise fields.missing("bad-number")
        values["progress"] = min(1.0, done / total)
    return PROGRESSED.to_event(values)


def _finished(fields: Fields) -> BacktestFinished:
    values = FINISHED.values(fields)
    word = values.get("status") or "completed"
    values["status"] = "cancelled" if word in CANCELLATIONS else "completed" if word == "completed" else "failed"
    return FINISHED.to_event(_in_shares(values))


def _in_shares(values: dict[str, Any]) -> dict[str, Any]:
    """Return alone does not tell its scale: it may well be more than 1. The other two do."""
    if "max_drawdown" in values:
        values["max_drawdown"] = abs(values["max_drawdown"])
    if max(values.get("win_rate", 0.0), values.get("max_drawdown", 0.0)) > 1:
        values |= {name: round(values[name] / 100, 12) for name in _RATES if name in values}
    for name in ("win_rate", "max_drawdown"):
        if not 0 <= values.get(name, 0.0) <= 1:
            del values[name]
    return values
