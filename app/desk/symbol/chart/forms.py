"""Settings of a chart, as a person chooses them. The address of the chart has the same parameters."""

from collections.abc import Iterable, Mapping

from wtforms import Form, SearchField, SelectField, StringField  # type: ignore[import-untyped]
from wtforms.widgets import DateInput  # type: ignore[import-untyped]

from app.finance.adjust import PRICES
from app.quotes.charts import settings
from app.web.filters import timeframe
from app.web.forms.fields import stripped

STYLE_WORDS = {"candles": "Candles", "bars": "Bars", "line": "Line", "heikin": "Heikin-Ashi"}
SCALE_WORDS = {"linear": "Linear", "log": "Logarithmic"}
PRICE_WORDS = {"split": "Adjusted for splits", "total": "With dividends", "raw": "As traded"}
SPAN_WORDS = {"all": "All"}


def _choices(values: Iterable[str], words: Mapping[str, str], usual: str = "") -> list[tuple[str, str]]:
    return ([("", usual)] if usual else []) + [(value, words.get(value, value)) for value in values]


class ChartForm(Form):  # type: ignore[misc]
    symbol = SearchField("Symbol", filters=[stripped])
    style = SelectField("Style", choices=_choices(settings.STYLES, STYLE_WORDS))
    range = SelectField("Range", choices=_choices(settings.SPANS, SPAN_WORDS, "Newest 120 bars"), default="")
    timeframe = SelectField(
        "Timeframe",
        choices=_choices(settings.TIMEFRAMES, {each: timeframe(each) for each in settings.TIMEFRAMES}, "Usual for it"),
        default="",
    )
    since = StringField("From", name="from", filters=[stripped], widget=DateInput())
    until = StringField("To", name="to", filters=[stripped], widget=DateInput())
    scale = SelectField("Scale", choices=_choices(settings.SCALES, SCALE_WORDS))
    prices = SelectField("Prices", choices=_choices(PRICES, PRICE_WORDS))
    overlays = StringField("Over the prices", filters=[stripped])
    panes = StringField("Below the prices", filters=[stripped])
    compare = StringField("Compare with", filters=[stripped])
    lines = StringField("Lines at", filters=[stripped])

    def refuse(self, error: settings.SettingsError) -> None:
        """Puts the error beside the field that it names."""
        name, _, words = str(error).partition(": ")
        field = next((each for each in self if each.name == name), self.style)
        field.errors = [words[:1].upper() + words[1:]]
