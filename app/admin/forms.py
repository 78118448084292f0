"""What administrators type about people, and what they look for in the audit."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import (  # type: ignore[import-untyped]
    DateField,
    EmailField,
    Form,
    IntegerField,
    SearchField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError  # type: ignore[import-untyped]

from app.admin.queries import AuditFilter
from app.identity import Role
from app.web.forms.fields import email_field, normal_email, stripped

ROLES = [SelectChoice(Role.USER.value, "user"), SelectChoice(Role.ADMIN.value, "administrator")]


YEARS = range(2000, 2101)
LARGEST_ID = 2**63 - 1


class Invitation(Form):  # type: ignore[misc]
    email = email_field("Type an e-mail address.")
    role = SelectField("Role", choices=ROLES, default=Role.USER.value, validate_choice=False)

    def validate_role(self, field: SelectField) -> None:
        if field.data not in {role.value for role in Role}:
            raise ValidationError("Choose one of the roles.")


class Deletion(Form):  # type: ignore[misc]
    email = EmailField("Their e-mail address", filters=[normal_email], validators=[DataRequired()])


class AuditSearch(Form):  # type: ignore[misc]
    who = SearchField("Who, or to whom", filters=[stripped], validators=[Length(max=254)])
    action = StringField("Action", filters=[stripped], validators=[Length(max=64)])
    outcome = StringField("Outcome", filters=[stripped], validators=[Length(max=64)])
    since = DateField("From", name="from", validators=[Optional()])
    until = DateField("To", name="to", validators=[Optional()])
    before = IntegerField(validators=[Optional(), NumberRange(1, LARGEST_ID, "There is no such page.")])

    def validate_since(self, field: DateField) -> None:
        _in_reach(field)

    def validate_until(self, field: DateField) -> None:
        _in_reach(field)
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError("This day is before the other.")

    def filter(self, zone: str) -> AuditFilter:
        """Days begin and end where the viewer's clock says so."""
        return AuditFilter(
            self.who.data,
            self.action.data,
            self.outcome.data,
            _midnight(self.since.data, zone),
            _midnight(self.until.data and self.until.data + timedelta(days=1), zone),
        )


def _in_reach(field: DateField) -> None:
    if field.data is None:  # what was typed is no date, which has been said
        return
    if field.data.year not in YEARS:
        raise ValidationError(f"Choose a day from {YEARS[0]} to {YEARS[-1]}.")


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)) if day else None
