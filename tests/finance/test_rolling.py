import numpy as np
import pytest

from app.finance import rolling

VALUES = np.round(np.random.default_rng(7).normal(100, 5, (4, 90)), 2)
OTHERS = np.round(np.random.default_rng(8).normal(20, 5, (4, 90)), 2)
FUNCTIONS = {
    "total": (rolling.total, np.sum),
    "mean": (rolling.mean, np.mean),
    "highest": (rolling.highest, np.max),
    "lowest": (rolling.lowest, np.min),
    "deviation": (rolling.deviation, np.std),
}
LENGTHS = (1, 2, 3, 7, 20, 64, 89, 90, 91, 252)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("bars", LENGTHS)
def test_a_window_has_the_bars_up_to_its_own(name: str, bars: int) -> None:
    function, expected = FUNCTIONS[name]

    values = function(VALUES, bars)

    assert np.isnan(values[:, : bars - 1]).all()
    for last in range(bars - 1, 90):
        np.testing.assert_allclose(values[:, last], expected(VALUES[:, last + 1 - bars : last + 1], axis=1), atol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("bars", LENGTHS)
@pytest.mark.parametrize("columns", [1, 3, 5, 90, 100])
def test_the_last_columns_alone_are_the_same_to_the_last_bit(name: str, bars: int, columns: int) -> None:
    function, _ = FUNCTIONS[name]

    np.testing.assert_array_equal(function(VALUES, bars, columns), function(VALUES, bars)[:, -columns:])
    np.testing.assert_array_equal(
        function(VALUES[:, 5:70], bars)[:, bars - 1 :], function(VALUES, bars)[:, bars + 4 : 70]
    )


@pytest.mark.parametrize("bars", [2, 5, 33])
def test_the_codeviation_is_the_covariance_times_the_number_of_bars(bars: int) -> None:
    values = rolling.codeviation(VALUES, OTHERS, bars)

    for row in range(4):
        covariance = np.cov(VALUES[row, -bars:], OTHERS[row, -bars:], bias=True)[0, 1]
        assert values[row, -1] == pytest.approx(bars * covariance)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_window_with_a_missing_value_has_none(name: str) -> None:
    values = VALUES.copy()
    values[1, 40] = np.nan

    missing = np.isnan(FUNCTIONS[name][0](values, 10))

    assert np.flatnonzero(missing[1]).tolist() == [*range(9), *range(40, 50)]
    assert np.flatnonzero(missing[0]).tolist() == [*range(9)]


def test_equal_values_do_not_deviate_at_all() -> None:
    assert rolling.deviation(np.full((1, 40), 33.33), 20)[0, 19:].tolist() == [0.0] * 21


def test_a_lag_moves_values_to_later_bars() -> None:
    values = np.array([[1.0, 2.0, 3.0]])

    np.testing.assert_array_equal(rolling.lagged(values, 1), [[np.nan, 1.0, 2.0]])
    np.testing.assert_array_equal(rolling.lagged(values, 2, 2), [[np.nan, 1.0]])
    np.testing.assert_array_equal(rolling.lagged(values, 5, 2), [[np.nan, np.nan]])
