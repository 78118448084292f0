"""Dependencies: all locked and listed, none with a copyleft licence, none changed."""

import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = [ROOT / "config" / name for name in ("requirements.txt", "requirements-dev.txt")]


def audit_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


audit = audit_module()


@pytest.mark.parametrize("requirements", REQUIREMENTS, ids=lambda path: path.stem)
def test_every_dependency_is_locked_with_its_hashes(requirements: Path) -> None:
    text = requirements.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert len(lines) > 20
    assert [line for line in lines if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


def test_no_runtime_dependency_has_a_copyleft_licence() -> None:
    assert list(audit.licence_faults(REQUIREMENTS[0])) == []


LICENCES = {
    "MIT": "",
    "LGPL-3.0-or-later": "",
    "GNU Lesser General Public License v3 (LGPLv3)": "",
    "GNU Library or Lesser General Public License (LGPL)": "",
    "MIT OR GPL-3.0-only": "",
    "GPL-3.0-only": "GPL-3.0-only",
    "AGPL-3.0-or-later": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GNU General Public License v2 (GPLv2)",
    "GNU Affero General Public License v3": "GNU Affero General Public License v3",
}


@pytest.mark.parametrize(("licence", "bound"), LICENCES.items())
def test_a_copyleft_licence_is_detected(licence: str, bound: str) -> None:
    assert audit.copyleft([licence]) == bound


ENDS = {
    "": (0, audit.FINE),
    "No known vulnerabilities found": (0, audit.FINE),
    "Found 2 known vulnerabilities in 1 package": (1, audit.WRONG),
    "ERROR:pip_audit._cli:x: Dependency not found on PyPI and could not be audited: x (1.0)": (1, audit.UNASKED),
    "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed": (
        1,
        audit.UNASKED,
    ),
    "ERROR:pip_audit._cli:invalid requirements input": (1, audit.WRONG),
}


@pytest.mark.parametrize(("output", "ends"), ENDS.items())
def test_an_unreachable_vulnerability_database_is_not_a_pass(output: str, ends: tuple[int, int]) -> None:
    assert audit.verdict(ends[0], output) == ends[1]


def test_third_party_scripts_are_unchanged() -> None:
    assert list(audit.vendored_faults(ROOT / "static" / "vendor")) == []


def test_a_changed_added_or_missing_third_party_script_is_named(tmp_path: Path) -> None:
    vendor = shutil.copytree(ROOT / "static" / "vendor", tmp_path / "vendor")
    names = sorted(path.name for path in vendor.glob("*.js"))
    (vendor / names[0]).write_bytes((vendor / names[0]).read_bytes() + b"\n")
    (vendor / names[1]).unlink()
    (vendor / "more.js").write_text("alert(1)")

    assert [fault.partition(":")[0] for fault in audit.vendored_faults(vendor)] == sorted([*names[:2], "more.js"])


def test_the_sbom_names_every_locked_package(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "sbom.json"

    assert audit.parts_list(REQUIREMENTS[0], target) == audit.FINE

    listed = json.loads(target.read_text())
    assert listed["bomFormat"] == "CycloneDX"
    parts = {part["name"].lower().replace("_", "-"): part["version"] for part in listed["components"]}
    assert parts == {name.lower().replace("_", "-"): version for name, version in audit.locked(REQUIREMENTS[0]).items()}


def test_the_exit_status_of_the_audit_command_reports_its_findings() -> None:
    fine, wrong, unasked = audit.FINE, audit.WRONG, audit.UNASKED

    assert [audit.ending([fine, unasked], strict=strict) for strict in (False, True)] == [fine, unasked]
    assert [audit.ending([fine, wrong, unasked], strict=strict) for strict in (False, True)] == [wrong, wrong]
    assert audit.ending([fine, fine], strict=True) == fine
    assert (fine, wrong != fine, unasked != fine) == (0, True, True)
