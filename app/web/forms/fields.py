"""What several forms ask for, in one way."""

from collections.abc import Callable, Iterable
from typing import Any

from wtforms import EmailField  # type: ignore[import-untyped]
from wtforms.validators import DataRequired, ValidationError  # type: ignore[import-untyped]

from app.settings.sections import ADDRESS
from app.web.filters import words

LONGEST_NAME, LONGEST_ADDRESS = 64, 254


def stripped(text: str | None) -> str:
    return (text or "").strip()


def normal_email(text: str | None) -> str:
    return stripped(text).lower()


def is_email(text: str) -> bool:
    """One that a letter may go to, and that reads as what it is wherever it is shown."""
    lengths = len(text) <= LONGEST_ADDRESS and len(text.partition("@")[0]) <= LONGEST_NAME
    return lengths and text.isprintable() and ADDRESS.fullmatch(text) is not None


def email_field(ask: str = "Type your e-mail address.") -> EmailField:
    return EmailField("E-mail", filters=[normal_email], validators=[DataRequired(ask), _one_address])


def _one_address(_form: Any, field: EmailField) -> None:
    if not is_email(field.data):
        raise ValidationError("This is not an e-mail address.")


def first_error(form: Any) -> str:
    """Of a form that did not validate: the parameter and what is wrong with it."""
    return next(f"{field.name}: {field.errors[0]}" for field in form if field.errors)


def search_choices(
    names: Iterable[str], value: str | None, label: Callable[[str], str] = words
) -> list[tuple[str, str]]:
    """(value, label) pairs of a search: all of them, each name, and `value`, where it is none of them."""
    offered = dict.fromkeys(name for name in (*names, value) if name)
    return [("", "all"), *((str(name), label(name)) for name in offered)]
