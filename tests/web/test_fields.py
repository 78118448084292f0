"""Which text is accepted as an e-mail address."""

import pytest

from app.delivery.channel import Message
from app.delivery.email.transport import build_message
from app.web.forms.fields import is_email, normal_email

VALID = ["a@b", "alice@example.org", "o'brien+desk@example.co.uk", "zofie@příklad.example", "x" * 64 + "@example.org"]
INVALID = [
    "",
    "alice",
    "alice@",
    "@example.org",
    "a@b@c",
    "a b@example.org",
    "a@b.example\r\nBcc: c@d.example",
    "x;=1+1@example.org",
    "a@b.example, c@d.example",
    "<a@b.example>",
    "gro.elpmaxe@\u202ealice",
    "a\u200b@example.org",
    "a\x85@example.org",
    "\ud800@example.org",
    "x" * 65 + "@example.org",
    "a@" + "x" * 253,
]


@pytest.mark.parametrize("text", VALID)
def test_an_accepted_e_mail_address_can_be_used_in_a_header(text: str) -> None:
    assert is_email(normal_email(f" {text.upper()} "))
    assert build_message(Message("1", text, "subject", "text"), "desk@example.org")["To"]


@pytest.mark.parametrize("text", INVALID, ids=ascii)
def test_text_that_is_not_exactly_one_address_is_refused(text: str) -> None:
    assert not is_email(text)
