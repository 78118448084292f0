"""docs/security.md names tests for each requirement; none is missing, and every test exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = dict(re.findall(r"^\| (R-\d+) \| (.+) \|$", PAGE, re.M))
TEST_REFERENCE = re.compile(r"`([\w/]+\.py)::(\w+)`")
REQUIREMENTS = [f"R-{number:02}" for number in range(1, 103)]


def file_of(path: str) -> Path:
    """`path` as the page names it: below tests/, or below the repository for the package that has its own."""
    return ROOT / path if path.startswith("quart_sse/") else ROOT / "tests" / path


@cache
def known_in(path: str) -> frozenset[str]:
    place = file_of(path)
    tree = ast.parse(place.read_text() if place.is_file() else "")
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_requirement_has_one_row() -> None:
    assert list(ROWS) == REQUIREMENTS
    assert len(re.findall(r"^\| R-", PAGE, re.M)) == len(REQUIREMENTS)


@pytest.mark.parametrize("row", REQUIREMENTS)
def test_a_row_names_tests_that_exist(row: str) -> None:
    references = TEST_REFERENCE.findall(ROWS[row])

    assert references
    assert [name for name in references if not file_of(name[0]).is_file() or name[1] not in known_in(name[0])] == []
