"""Jobs that start and cancel a backtest."""

import secrets
import time
from datetime import date

from msgspec import Struct, field

from app.wire.jobs import bounds

SOURCE = "tickstock_appv2"
MOST_SYMBOLS = 50
MOST_PATTERNS = 50
LONGEST_DAYS = 1825


class BacktestParameters(Struct, frozen=True, kw_only=True):
    """Rates and shares are fractions of 1, whatever some names say; capital is in USD."""

    initial_capital: float = 100_000.0
    commission_rate: float = 0.001
    slippage_rate: float = 0.0005
    max_position_size: float = 0.1
    stop_loss_pct: float = 0.05
    take_profit_pct: float = 0.10

    def __post_init__(self) -> None:
        bounds.above(0, 1e12, initial_capital=self.initial_capital)
        bounds.between(0, 0.01, commission_rate=self.commission_rate, slippage_rate=self.slippage_rate)
        bounds.above(0, 1, max_position_size=self.max_position_size, stop_loss_pct=self.stop_loss_pct)
        bounds.above(0, 10, take_profit_pct=self.take_profit_pct)


def _backtest_id() -> str:
    return f"backtest_{int(time.time())}_{secrets.token_hex(4)}"


class BacktestJob(Struct, frozen=True, kw_only=True, tag_field="type", tag="backtest_job"):
    """`timestamp`: UTC epoch seconds of the asking."""

    job_id: str = field(default_factory=_backtest_id)
    user_id: str
    symbols: tuple[str, ...]
    start_date: date
    end_date: date
    patterns: tuple[str, ...]
    parameters: BacktestParameters = BacktestParameters()
    timestamp: float = field(default_factory=time.time)
    source: str = SOURCE

    def __post_init__(self) -> None:
        bounds.words(64, job_id=self.job_id, user_id=self.user_id, source=self.source)
        bounds.symbols(self.symbols, most=MOST_SYMBOLS)
        bounds.listed("patterns", self.patterns, most=MOST_PATTERNS)
        days = (self.end_date - self.start_date).days
        if days <= 0:
            raise ValueError("end_date must come after start_date")
        if days > LONGEST_DAYS:
            raise ValueError(f"end_date must be at most {LONGEST_DAYS} days after start_date")


class CancelBacktest(Struct, frozen=True, kw_only=True, tag_field="type", tag="cancel_job"):
    """`job_id` is the backtest's."""

    job_id: str
    timestamp: float = field(default_factory=time.time)
    source: str = SOURCE

    def __post_init__(self) -> None:
        bounds.words(64, job_id=self.job_id, source=self.source)
