"""Looks at what we ship: known holes, licences, a list of parts, and scripts of others. `make audit`."""

import argparse
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "config" / "requirements.txt"
VENDORED = ROOT / "static" / "vendor"
REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)==([\w.+!-]+)", re.M)
SUM = re.compile(r"^\| ([\w./-]+) \|.*\| ([0-9a-f]{64}) \|$", re.M)
COPYLEFT = re.compile(r"\bA?GPL|Affero|(?<!Lesser )(?<!Library or Lesser )General Public License", re.I)
LESSER = re.compile(r"LGPL|Lesser General Public|Library or Lesser", re.I)
VULNERABLE = re.compile(r"Found \d+ known vulnerabilit")
SILENT = re.compile(
    r"could not be audited|Could not connect|ServiceError|Connection|Max retries|[Tt]imed? ?out|HTTP error"
)
SECONDS = 300
FINE, WRONG, UNASKED = 0, 1, 3
"""Exit codes; UNASKED with --strict, where all that could be looked at is fine and the service did not answer."""


def locked(requirements: Path) -> dict[str, str]:
    return dict(REQUIREMENT.findall(requirements.read_text()))


def copyleft(texts: list[str]) -> str:
    """What in these licences binds whoever runs us; "" for nothing. One of several that are offered is enough."""
    offered = [part for text in texts for part in re.split(r"\bOR\b|;", text)]
    bound = [part.strip() for part in offered if COPYLEFT.search(part) and not LESSER.search(part)]
    return bound[0] if bound and len(bound) == len(offered) else ""


def licences(package: Distribution) -> list[str]:
    spdx = package.metadata.get("License-Expression") or ""
    classified = [each for each in package.metadata.get_all("Classifier") or () if each.startswith("License ::")]
    names = [each.rpartition(" :: ")[2] for each in classified if not each.endswith(":: OSI Approved")]
    return [spdx] if spdx else names or (package.metadata.get("License") or _first_line(package)).splitlines()[:1]


def _first_line(package: Distribution) -> str:
    """Of the licence that came with it: some say nowhere else what it is."""
    files = [each for each in package.files or () if re.search(r"licen[cs]e|copying", each.name, re.I)]
    return files[0].read_text().strip() if files else ""


def licence_faults(requirements: Path) -> Iterator[str]:
    for name in locked(requirements):
        try:
            package_licences = licences(distribution(name))
        except PackageNotFoundError:
            # Locked for another system or version of Python.
            continue
        if not package_licences:
            yield f"{name}: says nothing"
        if bound := copyleft(package_licences):
            yield f"{name}: {bound}"


def vendored_faults(directory: Path) -> Iterator[str]:
    sums = dict(SUM.findall((directory / "VERSIONS.md").read_text()))
    scripts = [*directory.glob("*.js"), *directory.glob("*/*.js")]
    for name in sorted({path.relative_to(directory).as_posix() for path in scripts} | sums.keys()):
        path = directory / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
        if digest != sums.get(name):
            yield f"{name}: {digest}, VERSIONS.md says {sums.get(name, 'nothing')}"


def known_holes(requirements: Path) -> int:
    command = ["-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    done = run(*command, "--timeout=15", "--requirement", str(requirements))
    end = verdict(done.returncode, done.stderr)
    words = {
        FINE: "none",
        WRONG: f"\n{done.stdout}{done.stderr}",
        UNASKED: f"COULD NOT BE ASKED: {(done.stderr.strip().splitlines() or [''])[-1][:300]}",
    }
    print(f"known holes: {words[end]}")
    return end


def verdict(returncode: int, output: str) -> int:
    """Strict, pip-audit fails alike where it found something and where it could ask nobody; else it passes for both."""
    if returncode == FINE:
        return FINE
    return WRONG if VULNERABLE.search(output) or not SILENT.search(output) else UNASKED


def parts_list(requirements: Path, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["-m", "cyclonedx_py", "requirements", str(requirements), "--pyproject", str(ROOT / "pyproject.toml")]
    done = run(*command, "--output-reproducible", "--of", "JSON", "-o", str(target))
    print(f"parts: {target}" if done.returncode == FINE else f"parts: failed\n{done.stderr[-2000:]}")
    return FINE if done.returncode == FINE else WRONG


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)


def report(what: str, faults: Iterator[str]) -> int:
    lines = list(faults)
    print(f"{what}: {'; '.join(lines) if lines else 'fine'}")
    return WRONG if lines else FINE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requirements", type=Path, default=LOCKED)
    parser.add_argument("--vendored", type=Path, default=VENDORED)
    parser.add_argument("--sbom", type=Path, default=ROOT / "dist" / "sbom.cdx.json")
    parser.add_argument("--strict", action="store_true", help="fail where the vulnerability service does not answer")
    options = parser.parse_args()
    ends = [
        report("licences", licence_faults(options.requirements)),
        report("scripts of others", vendored_faults(options.vendored)),
        parts_list(options.requirements, options.sbom),
        known_holes(options.requirements),
    ]
    return ending(ends, strict=options.strict)


def ending(ends: list[int], *, strict: bool) -> int:
    if WRONG in ends:
        return WRONG
    return UNASKED if strict and UNASKED in ends else FINE


if __name__ == "__main__":
    sys.exit(main())
