"""The status line names the delayed component and its delay, if it lasts, without alternating."""

import pytest

from app.health.snapshot import HealthSnapshot
from app.market.board import MarketBoard
from app.market.delays import FRESH_SECONDS, Delay, Delays, FeedDelay
from app.market.status import ComponentStatus
from tests.support.market_health import CLOCK, WELL


def statuses_after(board: MarketBoard, vitals: HealthSnapshot, times: int = 2) -> dict[str, ComponentStatus]:
    for _ in range(times):
        board.on_health(vitals)
    return {status.key: status for status in board.statuses()}


@pytest.mark.parametrize(
    ("changed", "key", "word"),
    [
        ({"link_lag": 3.04}, "redis", "this page's server is 3 s behind"),
        ({"link_lag": 150.0}, "redis", "this page's server is 2 min behind"),
        (
            {"engine_behind": 12.2, "engine_waiting": 34_012, "engine_slow_part": "store"},
            "engine",
            "12 s behind with storing, 34,000 rows wait",
        ),
        ({"engine_behind": 12.2, "engine_status": "degraded"}, "engine", "12 s behind"),
        ({"database_seconds": 0.84}, "database", "slow: an answer takes 0.84 s"),
        ({"readers_lagging": 3}, "readers", "3 cannot keep up: they are sent the newest when they can"),
    ],
)
def test_the_delayed_component_is_named_in_words(changed: dict[str, object], key: str, word: str) -> None:
    board = MarketBoard()
    board.on_clock(CLOCK)
    vitals = WELL._replace(**changed)  # type: ignore[arg-type]

    assert statuses_after(board, vitals, times=1)[key].word != word
    status = statuses_after(board, vitals, times=1)[key]
    assert (status.word, status.tone in {"warn", "quiet"}) == (word, True)
    assert statuses_after(board, WELL, times=1)[key].tone == "good"


def test_a_feed_with_growing_delay_is_behind_and_one_with_constant_delay_is_not() -> None:
    board = MarketBoard()
    quarter = CLOCK._replace(speed=1.0, market_time=CLOCK.wall_time - 900.0)
    for second in range(3):
        board.on_clock(quarter._replace(market_time=quarter.market_time + second, wall_time=CLOCK.wall_time + second))
        statuses_by_key = statuses_after(board, WELL, times=1)
    assert statuses_by_key["ticks"].word == "live"

    for second in (20, 21):
        board.on_clock(
            quarter._replace(market_time=quarter.market_time + second - 8, wall_time=CLOCK.wall_time + second)
        )
        statuses_by_key = statuses_after(board, WELL, times=1)
    assert (statuses_by_key["ticks"].word, statuses_by_key["ticks"].tone) == ("8 s behind", "warn")


def test_the_delay_of_a_feed_is_measured_in_real_time_at_any_market_speed() -> None:
    delay = FeedDelay()
    assert delay.update(CLOCK, 0.0) == 0.0

    fallen_back = CLOCK._replace(market_time=CLOCK.market_time + 60 * 4, wall_time=CLOCK.wall_time + 10)

    assert delay.update(fallen_back, 0.0) == pytest.approx(6.0)
    assert delay.update(fallen_back._replace(state="closed"), 0.0) is None
    assert delay.update(fallen_back, 0.0) == 0.0


def test_a_market_without_trades_is_not_behind() -> None:
    delay = FeedDelay()
    quiet = CLOCK._replace(speed=1.0)
    delay.update(quiet, 0.0)

    assert delay.update(quiet._replace(wall_time=quiet.wall_time + 30), 30.0) == pytest.approx(0.0)


def test_a_feed_that_resumes_after_silence_is_not_behind() -> None:
    delay = FeedDelay()
    for second in range(60):
        silent = float(second) if second <= 40 else 0.0
        clock = CLOCK._replace(wall_time=CLOCK.wall_time + second, market_time=CLOCK.market_time + second * CLOCK.speed)
        assert delay.update(clock, silent) == pytest.approx(0.0, abs=FRESH_SECONDS)

    late = clock._replace(wall_time=clock.wall_time + 9)
    assert delay.update(late, 0.0) == pytest.approx(9.0, abs=FRESH_SECONDS)
    assert delay.update(late, 30.0) == pytest.approx(9.0, abs=FRESH_SECONDS)


def test_the_condition_does_not_alternate_around_its_bound() -> None:
    delay = Delay(begins=2.0, ends=1.0)

    figures = (1.9, 2.5, 1.9, 2.5, 2.6, 3.1, 2.2, 1.1, 4.5, 0.9, 2.5, 2.5)
    assert [delay.update(figure) for figure in figures] == [
        *(None, None, None, None),
        *(2.6, 2.6, 2.6, 1.1, 4.5),
        *(None, None, 2.5),
    ]


def test_a_short_delay_is_not_pushed_and_a_long_one_is_pushed_once() -> None:
    board = MarketBoard()
    board.on_clock(CLOCK)
    board.on_health(WELL)
    late = [WELL._replace(link_lag=lag) for lag in (3.0, 3.1, 2.9, 3.3, 2.7)]

    assert [[status.key for status in board.on_health(vitals)] for vitals in late] == [[], ["redis"], [], [], []]


def test_an_engine_without_delay_figures_counts_as_keeping_up() -> None:
    assert Delays().update(WELL, CLOCK).engine is None
