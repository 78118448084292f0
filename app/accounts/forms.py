"""What people type to sign in and to become the first admin."""

import re

from wtforms import Form, HiddenField, PasswordField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError  # type: ignore[import-untyped]

from app.accounts import passwords
from app.web.forms.fields import email_field

NOT_THE_SAME = "These two are not the same."
SESSION = re.compile(r"[0-9a-f]{64}")


def is_session(text: str) -> bool:
    """Whether it has the form of a session's hash."""
    return SESSION.fullmatch(text) is not None


class SignIn(Form):  # type: ignore[misc]
    email = email_field()
    password = PasswordField("Password", validators=[DataRequired("Type your password.")])
    next = HiddenField(validators=[Length(max=2000)])

    def validate_password(self, field: PasswordField) -> None:
        _limit_length(field)


class Address(Form):  # type: ignore[misc]
    email = email_field()


class Welcome(Form):  # type: ignore[misc]
    email = email_field()
    password = PasswordField("Password", validators=[DataRequired("Choose a password.")])

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.email.data):
            raise ValidationError(reason)


class ChangePassword(Form):  # type: ignore[misc]
    current = PasswordField("Current password", validators=[DataRequired("Type the password you have now.")])
    new = PasswordField("New password", validators=[DataRequired("Choose a new password.")])
    again = PasswordField("New password again", validators=[DataRequired(NOT_THE_SAME), EqualTo("new", NOT_THE_SAME)])

    def __init__(self, sent: object = None, email: str = "") -> None:
        super().__init__(sent)
        self.account = email

    def validate_current(self, field: PasswordField) -> None:
        _limit_length(field)

    def validate_new(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.account):
            raise ValidationError(reason)
        if passwords.nfc(field.data) == passwords.nfc(self.current.data or ""):
            raise ValidationError("This is the one you typed above. Choose another.")


def _limit_length(field: PasswordField) -> None:
    if len(field.data.encode("utf-8", "replace")) > passwords.LARGEST_BYTES:
        raise ValidationError("No password here is that long.")
