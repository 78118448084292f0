"""What people type to sign in and to become the first admin."""

import re

from wtforms import EmailField, Form, HiddenField, PasswordField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError  # type: ignore[import-untyped]

from app.accounts import passwords

SESSION = re.compile(r"[0-9a-f]{64}")
EMAIL = re.compile(r"[^@\s\x00-\x20\x7f]{1,64}@[^@\s\x00-\x20\x7f]{1,189}")


def normal_email(text: str | None) -> str:
    return (text or "").strip().lower()


def is_email(text: str) -> bool:
    return EMAIL.fullmatch(text) is not None


def is_session(text: str) -> bool:
    """Whether it has the form of a session's hash."""
    return SESSION.fullmatch(text) is not None


class SignIn(Form):  # type: ignore[misc]
    email = EmailField("E-mail", filters=[normal_email], validators=[DataRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[DataRequired("Type your password.")])
    next = HiddenField(validators=[Length(max=2000)])

    def validate_email(self, field: EmailField) -> None:
        if not is_email(field.data):
            raise ValidationError("This is not an e-mail address.")

    def validate_password(self, field: PasswordField) -> None:
        _refuse_endless(field)


class Address(Form):  # type: ignore[misc]
    email = EmailField("E-mail", filters=[normal_email], validators=[DataRequired("Type your e-mail address.")])

    def validate_email(self, field: EmailField) -> None:
        if not is_email(field.data):
            raise ValidationError("This is not an e-mail address.")


class Welcome(Form):  # type: ignore[misc]
    email = EmailField("E-mail", filters=[normal_email], validators=[DataRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[DataRequired("Choose a password.")])

    def validate_email(self, field: EmailField) -> None:
        if not is_email(field.data):
            raise ValidationError("This is not an e-mail address.")

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.email.data):
            raise ValidationError(reason)


class ChangePassword(Form):  # type: ignore[misc]
    current = PasswordField("Current password", validators=[DataRequired("Type the password you have now.")])
    new = PasswordField("New password", validators=[DataRequired("Choose a new password.")])
    again = PasswordField("New password again", validators=[EqualTo("new", "These two are not the same.")])

    def __init__(self, sent: object = None, email: str = "") -> None:
        super().__init__(sent)
        self.account = email

    def validate_current(self, field: PasswordField) -> None:
        _refuse_endless(field)

    def validate_new(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.account):
            raise ValidationError(reason)
        if field.data == self.current.data:
            raise ValidationError("This is the one you typed above. Choose another.")


def _refuse_endless(field: PasswordField) -> None:
    if len(field.data.encode("utf-8", "replace")) > passwords.LARGEST_BYTES:
        raise ValidationError("No password here is that long.")
