"""What people choose when they make a token."""

from wtforms import Form, RadioField, SelectField, StringField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length, ValidationError  # type: ignore[import-untyped]

from app.identity import Role, Scope
from app.web.forms.fields import stripped

SCOPES = {
    Scope.READ: "Read what the pages show",
    Scope.JOBS: "Read, change what is yours, and ask for jobs",
    Scope.ADMIN: "Whatever an administrator may",
}
DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "as long as it is not revoked"}
SPANS = [SelectChoice(days, text) for days, text in DAYS.items()]


class NewToken(Form):  # type: ignore[misc]
    name = StringField(
        "Name",
        filters=[stripped],
        validators=[DataRequired("Name the program that will use it."), Length(max=60, message="60 letters at most.")],
    )
    scope = RadioField("What it may do", default=Scope.READ.value, validate_choice=False)
    days = SelectField("It works for", choices=SPANS, default="90", validate_choice=False)

    def __init__(self, sent: object = None, role: Role = Role.USER) -> None:
        super().__init__(sent)
        self.scope.choices = [SelectChoice(each.value, text) for each, text in SCOPES.items() if _may(each, role)]

    def validate_name(self, field: StringField) -> None:
        if not field.data.isprintable():
            raise ValidationError("Use letters, figures and signs that can be seen.")

    def validate_scope(self, field: RadioField) -> None:
        if field.data not in {each.value for each in field.choices}:
            raise ValidationError("Choose one of these.")

    def validate_days(self, field: SelectField) -> None:
        if field.data not in DAYS:
            raise ValidationError("Choose one of these.")


def _may(scope: Scope, role: Role) -> bool:
    return scope is not Scope.ADMIN or role is Role.ADMIN
