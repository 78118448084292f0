"""Scripts and styles: their origin and their size."""

import hashlib
import re
from pathlib import Path

from app.web import assets

STATIC = Path(__file__).parents[2] / "static"


def test_vendored_scripts_have_the_recorded_hashes() -> None:
    vendor = STATIC / "vendor"
    listed = dict(re.findall(r"\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|", (vendor / "VERSIONS.md").read_text()))
    scripts = [*vendor.glob("*.js"), *vendor.glob("*/*.js")]
    digests = {path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in scripts}

    assert digests == listed


def test_scripts_and_styles_stay_below_their_size_limits() -> None:
    files = assets.Assets()

    assert len(files("app.css").bodies["br"]) <= 6_000
    assert len(files("live.js").bodies["br"]) <= 2_600
    assert len(files("stream.js").bodies["br"]) <= 9_300


def test_the_scripts_of_a_page_evaluate_no_text() -> None:
    script = assets.Assets()("stream.js").bodies["identity"].decode()

    assert re.findall(r"\beval\(|\bFunction\b|\.constructor\(", script) == []
