"""What people type to sign in and to become the first admin."""

import re

from wtforms import EmailField, Form, HiddenField, PasswordField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, Length, ValidationError  # type: ignore[import-untyped]

from app.accounts import passwords

EMAIL = re.compile(r"[^@\s\x00-\x20\x7f]{1,64}@[^@\s\x00-\x20\x7f]{1,189}")


def normal_email(text: str | None) -> str:
    return (text or "").strip().lower()


def is_email(text: str) -> bool:
    return EMAIL.fullmatch(text) is not None


class SignIn(Form):  # type: ignore[misc]
    email = EmailField("E-mail", filters=[normal_email], validators=[DataRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[DataRequired("Type your password.")])
    next = HiddenField(validators=[Length(max=2000)])

    def validate_email(self, field: EmailField) -> None:
        if not is_email(field.data):
            raise ValidationError("This is not an e-mail address.")

    def validate_password(self, field: PasswordField) -> None:
        if len(field.data.encode("utf-8", "replace")) > passwords.LARGEST_BYTES:
            raise ValidationError("No password here is that long.")


class Welcome(Form):  # type: ignore[misc]
    email = EmailField("E-mail", filters=[normal_email], validators=[DataRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[DataRequired("Choose a password.")])

    def validate_email(self, field: EmailField) -> None:
        if not is_email(field.data):
            raise ValidationError("This is not an e-mail address.")

    def validate_password(self, field: PasswordField) -> None:
        if reason := passwords.weakness(field.data, self.email.data):
            raise ValidationError(reason)
