"""Scripts and styles: their origin and their size."""

import hashlib
import re
from pathlib import Path

from app.web import assets

STATIC = Path(__file__).parents[2] / "static"


def test_vendored_scripts_have_the_recorded_hashes() -> None:
    listed = dict(re.findall(r"\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|", (STATIC / "vendor/VERSIONS.md").read_text()))
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (STATIC / "vendor").glob("*.js")}

    assert digests == listed


def test_scripts_and_styles_stay_below_their_size_limits() -> None:
    files = assets.Assets()

    assert len(files("app.css").bodies["br"]) <= 6_000
    assert len(files("live.js").bodies["br"]) <= 2_450
