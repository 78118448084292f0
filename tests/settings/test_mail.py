"""Mail settings that cannot work are refused at the start, by name and without secrets."""

from pathlib import Path

import pytest

from app.settings.load import load
from app.settings.sources import BadSetting

RELAY = {"MAIL_HOST": "smtp.example.org", "MAIL_FROM": "desk@example.org"}
SUBMISSION = {**RELAY, "MAIL_USER": "desk", "MAIL_PASSWORD": "hunter2"}

GOOD = {
    "nothing": {},
    "submission": SUBMISSION,
    "tls": {**SUBMISSION, "MAIL_PORT": "465", "MAIL_TLS": "tls"},
    "a port of their own": {**SUBMISSION, "MAIL_PORT": "2465", "MAIL_TLS": "tls"},
    "on this machine": {**SUBMISSION, "MAIL_HOST": "127.0.0.1", "MAIL_PORT": "25", "MAIL_TLS": "none"},
    "a relay that knows us": {**RELAY, "MAIL_PORT": "25", "MAIL_TLS": "none"},
    "in figures": {**SUBMISSION, "MAIL_HOST": "2001:db8::1"},
}

BAD = {
    "a password for nobody": ("MAIL_PASSWORD", {**RELAY, "MAIL_PASSWORD": "hunter2"}),
    "a password for nowhere": ("MAIL_PASSWORD", {"MAIL_PASSWORD": "hunter2"}),
    "a name for nowhere": ("MAIL_USER", {"MAIL_USER": "desk", "MAIL_PASSWORD": "hunter2"}),
    "a name alone": ("mail.password", {**RELAY, "MAIL_USER": "desk"}),
    "no sender": ("mail.sender", {"MAIL_HOST": "smtp.example.org"}),
    "an address for a host": ("MAIL_HOST", {**SUBMISSION, "MAIL_HOST": "smtp://hunter2@smtp.example.org"}),
    "a host with its port": ("MAIL_HOST", {**SUBMISSION, "MAIL_HOST": "smtp.example.org:587"}),
    "starttls at 465": ("mail.tls", {**SUBMISSION, "MAIL_PORT": "465"}),
    "in clear at 465": ("MAIL_TLS", {**RELAY, "MAIL_PORT": "465", "MAIL_TLS": "none"}),
    "tls at 587": ("MAIL_TLS", {**SUBMISSION, "MAIL_TLS": "tls"}),
    "a password in clear": ("MAIL_TLS", {**SUBMISSION, "MAIL_TLS": "none"}),
}


@pytest.mark.parametrize("environ", GOOD.values(), ids=GOOD)
def test_valid_mail_settings_are_accepted(tmp_path: Path, environ: dict[str, str]) -> None:
    assert load({"DATA_DIR": str(tmp_path), **environ}, tmp_path).settings.mail.host == environ.get("MAIL_HOST", "")


@pytest.mark.parametrize(("name", "environ"), BAD.values(), ids=BAD)
def test_invalid_mail_settings_are_refused_by_name(tmp_path: Path, name: str, environ: dict[str, str]) -> None:
    with pytest.raises(BadSetting) as refusal:
        load({"DATA_DIR": str(tmp_path), **environ}, tmp_path)

    assert str(refusal.value).startswith(f"{name}: ")
    assert "hunter2" not in str(refusal.value)
