"""What administrators type about people."""

import re

from wtforms import EmailField, Form, SelectField  # type: ignore[import-untyped]
from wtforms.fields.choices import SelectChoice  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, ValidationError  # type: ignore[import-untyped]

from app.identity import Role

EMAIL = re.compile(r"[^@\s\x00-\x20\x7f]{1,64}@[^@\s\x00-\x20\x7f]{1,189}")
ROLES = [SelectChoice(Role.USER.value, "user"), SelectChoice(Role.ADMIN.value, "administrator")]


def normal_email(text: str | None) -> str:
    return (text or "").strip().lower()


class Invitation(Form):  # type: ignore[misc]
    email = EmailField("E-mail", filters=[normal_email], validators=[DataRequired("Type an e-mail address.")])
    role = SelectField("Role", choices=ROLES, default=Role.USER.value, validate_choice=False)

    def validate_email(self, field: EmailField) -> None:
        if not EMAIL.fullmatch(field.data):
            raise ValidationError("This is not an e-mail address.")

    def validate_role(self, field: SelectField) -> None:
        if field.data not in {role.value for role in Role}:
            raise ValidationError("Choose one of the roles.")


class Deletion(Form):  # type: ignore[misc]
    email = EmailField("Their e-mail address", filters=[normal_email])
