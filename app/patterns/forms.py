"""Filter form for detections, with the same parameters as GET /api/v1/patterns."""

from datetime import datetime
from zoneinfo import ZoneInfo

from wtforms import Field, FloatField, Form, IntegerField, SearchField, StringField  # type: ignore[import-untyped]
from wtforms.validators import AnyOf, Length, NumberRange, Optional, ValidationError  # type: ignore[import-untyped]
from wtforms.widgets import DateInput  # type: ignore[import-untyped]

from app.finance.detections import TIERS
from app.finance.symbol_index import SymbolIndex
from app.patterns import cursors
from app.patterns.queries import DetectionFilter, DetectionPosition
from app.web import datetimes
from app.web.forms.fields import stripped

LONGEST_WORD = 64
"""Characters of a symbol, a pattern or a timeframe."""
MOST = 500
USUAL = 100


def _word(label: str, kind: type[StringField] = StringField) -> StringField:
    return kind(label, filters=[stripped], validators=[Length(max=LONGEST_WORD), _printable])


def _printable(_form: Form, field: Field) -> None:
    """What no column could hold is no name."""
    if not field.data.isprintable():
        raise ValidationError("This has characters that no name has.")


def _moment(_form: Form, field: Field) -> None:
    try:
        if field.data:
            datetimes.parse(field.data)
    except ValueError as error:
        raise ValidationError(f"Please {error}") from error


class PatternSearchForm(Form):  # type: ignore[misc]
    symbol = _word("Symbol", SearchField)
    pattern = _word("Pattern")
    timeframe = _word("Timeframe")
    tier = StringField("Tier", filters=[stripped], validators=[AnyOf(("", *TIERS), "Choose daily, intraday or combo.")])
    direction = _word("Direction")
    min_confidence = FloatField("Confidence from 0 to 1", validators=[Optional(), NumberRange(0, 1)])
    since = StringField("From", name="from", filters=[stripped], validators=[_moment], widget=DateInput())
    until = StringField("Before", name="to", filters=[stripped], validators=[_moment], widget=DateInput())
    limit = IntegerField("Rows", validators=[Optional(), NumberRange(1, MOST)])
    cursor = StringField(validators=[Length(max=cursors.LONGEST)])

    def validate_cursor(self, field: StringField) -> None:
        try:
            self.position()
        except ValueError as error:
            raise ValidationError(f"The page after which to go on: {error}") from error

    def position(self) -> DetectionPosition | None:
        return cursors.decode(self.cursor.data) if self.cursor.data else None

    @property
    def rows(self) -> int:
        return self.limit.data or USUAL

    @property
    def narrowed(self) -> bool:
        """Not all of them are looked for."""
        fields = (self.symbol, self.pattern, self.timeframe, self.tier, self.direction, self.since)
        return any(field.data for field in (*fields, self.until)) or self.min_confidence.data is not None

    def filters(self, zone: str, symbols: SymbolIndex) -> DetectionFilter:
        """Days begin where the viewer's clock says so."""
        return DetectionFilter(
            symbols.possible(self.symbol.data) if self.symbol.data else None,
            self.pattern.data or None,
            self.timeframe.data or None,
            self.tier.data or None,
            self.direction.data or None,
            self.min_confidence.data,
            _instant(self.since.data, zone),
            _instant(self.until.data, zone),
        )


PARAMETERS = tuple(field.name for field in PatternSearchForm())


def _instant(text: str, zone: str) -> datetime | None:
    return datetimes.parse(text, ZoneInfo(zone)) if text else None
