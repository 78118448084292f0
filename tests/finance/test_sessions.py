from datetime import UTC, date, datetime

from app.finance.sessions import regular, trading_date


def test_the_session_follows_daylight_saving() -> None:
    summer, winter = regular(date(2012, 9, 4)), regular(date(2012, 12, 4))

    assert datetime.fromtimestamp(summer.opens, UTC).hour == 13
    assert datetime.fromtimestamp(winter.opens, UTC).hour == 14
    assert summer.closes - summer.opens == winter.closes - winter.opens == 6.5 * 3600


def test_the_trading_date_is_the_date_in_new_york() -> None:
    late_evening = datetime(2012, 9, 5, 2, 0, tzinfo=UTC).timestamp()

    assert trading_date(late_evening) == date(2012, 9, 4)
