"""What people choose when they share a chart."""

from wtforms import Form, SelectField, StringField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length, ValidationError  # type: ignore[import-untyped]

from app.web.forms.fields import stripped

DAYS = {"7": "7 days", "30": "30 days", "365": "a year", "": "as long as it is not revoked"}
LONGEST_SETTINGS = 500


def query_string(text: str | None) -> str:
    """Without the question mark, if it was copied with it."""
    return stripped(text).removeprefix("?")


class NewChartLink(Form):  # type: ignore[misc]
    symbol = StringField("Symbol", filters=[stripped], validators=[DataRequired("Type a symbol.")])
    settings = StringField(
        "Settings of the chart",
        filters=[query_string],
        validators=[Length(max=LONGEST_SETTINGS, message=f"{LONGEST_SETTINGS} letters at most.")],
    )
    days = SelectField(
        "The link works for",
        choices=[SelectChoice(days, text) for days, text in DAYS.items()],
        default="30",
        validate_choice=False,
    )

    def validate_days(self, field: SelectField) -> None:
        if field.data not in DAYS:
            raise ValidationError("Choose one of these.")
