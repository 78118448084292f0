"""How a backtest fares, and what came of it."""

from app.wire.events.base import Event


class BacktestProgressed(Event, frozen=True, kw_only=True):
    job_id: str
    progress: float
    """0 to 1."""
    status: str = "running"
    current_symbol: str = ""
    done: int | None = None
    total: int | None = None
    ends_at: float | None = None
    """When the engine expects to be through."""


class BacktestFinished(Event, frozen=True, kw_only=True):
    """Rates are shares: 0.25 is 25 percent."""

    job_id: str
    status: str
    """completed, failed or cancelled."""
    seconds: float | None = None
    win_rate: float | None = None
    total_trades: int | None = None
    winning_trades: int | None = None
    roi: float | None = None
    sharpe_ratio: float | None = None
    max_drawdown: float | None = None
    """Not negative."""
    days: int | None = None
    message: str = ""
