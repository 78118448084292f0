"""What people type to turn codes on and off, and each time they are asked for one."""

from wtforms import Form, HiddenField, PasswordField, StringField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length  # type: ignore[import-untyped]

LONGEST = Length(max=1024, message="Nobody has that one.")


def password_field() -> PasswordField:
    return PasswordField("Password", validators=[DataRequired("Type your password."), LONGEST])


def code_field() -> StringField:
    long = Length(max=100, message="No code is that long.")
    return StringField("Code", validators=[DataRequired("Type the code."), long])


class Password(Form):  # type: ignore[misc]
    password = password_field()


class Code(Form):  # type: ignore[misc]
    code = code_field()
    next = HiddenField(validators=[Length(max=2000)])


class TurnOffCodes(Form):  # type: ignore[misc]
    password = password_field()
    code = code_field()
