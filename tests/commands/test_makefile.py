"""`make run` plays the invented market; another one is a word away, with data of its own."""

import os
import subprocess

import pytest

from tests.commands.conftest import ROOT

INHERITED = ("DATA_DIR", "MARKET", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
"""Variables of the make that runs the tests."""


def run_line(*words: str) -> str:
    """The command that `make run` would execute."""
    environ = {name: value for name, value in os.environ.items() if name not in INHERITED}
    done = subprocess.run(
        ["make", "--dry-run", "run", *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ((), set()),
        (("MARKET=invented",), {"TICKSTOCK_INGEST_PROVIDER=invented"}),
        (("MARKET=replay",), {"TICKSTOCK_INGEST_PROVIDER=replay", "DATA_DIR=.data-replay"}),
        (("MARKET=replay", "DATA_DIR=/srv/desk"), {"TICKSTOCK_INGEST_PROVIDER=replay", "DATA_DIR=/srv/desk"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_another_market_has_data_of_its_own(words: tuple[str, ...], settings: set[str]) -> None:
    line = run_line(*words)

    assert {word for word in line.split() if "=" in word} == settings
    assert line.endswith("-m app.cli run --with-parent")
