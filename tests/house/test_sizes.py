"""Bounds for files and functions, and names and docstrings of modules."""

import ast
import re
from pathlib import Path

from tests.house import tree

FILE, FUNCTION, TEMPLATE, STYLESHEET, CONFTEST = 300, 50, 60, 200, 150

SAYS_NOTHING = re.compile(r"(^|_)(manager|service|handler|helpers?|utils?|misc|common|v\d+|old|backup|new)\.py$")


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_python_files_stay_small() -> None:
    places = ("tests", "bench", "quart_sse/tests")
    files = [*tree.shipped(), *(path for place in places for path in (tree.ROOT / place).rglob("*.py"))]

    assert {tree.name(path): lines(path) for path in files if lines(path) > FILE} == {}


def test_functions_stay_small() -> None:
    long = {
        f"{tree.name(path)}:{function.name}": function.end_lineno - function.lineno + 1
        for path in tree.shipped()
        for function in tree.functions(path)
        if function.end_lineno and function.end_lineno - function.lineno + 1 > FUNCTION
    }
    assert long == {}


def test_templates_and_stylesheets_stay_small() -> None:
    templates = [*(tree.ROOT / "templates").rglob("*.html"), *(tree.ROOT / "partials").rglob("*.html")]
    styles = list((tree.ROOT / "static" / "css").rglob("*.css"))
    assert templates
    assert styles

    assert {tree.name(path): lines(path) for path in templates if lines(path) > TEMPLATE} == {}
    assert {tree.name(path): lines(path) for path in styles if lines(path) > STYLESHEET} == {}
    assert lines(tree.ROOT / "tests" / "conftest.py") <= CONFTEST


def test_no_file_is_named_manager_helper_or_utils() -> None:
    assert [tree.name(path) for path in tree.shipped() if SAYS_NOTHING.search(path.name)] == []


def test_every_module_has_a_one_line_docstring() -> None:
    for path in tree.shipped():
        if path.name == "__init__.py" and not path.read_text().strip():
            continue
        docstring = ast.get_docstring(tree.parsed(path))
        assert docstring, tree.name(path)
        assert len(docstring.splitlines()[0]) <= 120, tree.name(path)


def test_no_file_has_a_todo_or_a_stub() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    for path in [
        *tree.shipped(),
        *(tree.ROOT / "templates").rglob("*.html"),
        *(tree.ROOT / "partials").rglob("*.html"),
    ]:
        assert not marks.search(path.read_text()), tree.name(path)
