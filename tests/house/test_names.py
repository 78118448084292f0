"""A name is the noun or the verb that an engineer would search for, and no two public classes share one."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

PARTICIPLES = frozenset(
    """
    asked begun brought called carried chosen counted drawn felt found given gone got heard held kept known laid looked
    made meant met named noted opened owed paid passed quoted refused removed said seen shown stored taken thought told
    tried understood unheard unkept unseen untold wanted written
    """.split()  # noqa: SIM905
)
"""As a whole name each of these says what happened to something and not what it is."""

PUBLIC_FIELDS = {
    "app/quotes/api.py": {"heard"},
    "app/wire/events/runs.py": {"found"},
    "bench/scale/results.py": {"met"},
}
"""Fields of published JSON and of recorded results, whose names stay."""

PLACES = ("app", "bench", "tests", "quart_sse", ".ci")


def names(node: ast.AST) -> Iterator[str]:
    """What the node gives a name to."""
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.id if isinstance(node, ast.Name) else node.attr
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg


def participles(path: Path) -> list[str]:
    return [
        f"{tree.name(path)}:{node.lineno} {name}"
        for node in ast.walk(tree.parsed(path))
        for name in names(node)
        if name.strip("_").lower() in PARTICIPLES - PUBLIC_FIELDS.get(tree.name(path), set())
        and isinstance(node, ast.expr | ast.stmt | ast.arg)
    ]


@pytest.mark.parametrize("place", PLACES)
def test_no_name_is_a_bare_participle(place: str) -> None:
    files = [path for path in (tree.ROOT / place).rglob("*.py") if "versions" not in path.parts]
    assert files

    bare = [line for path in files for line in participles(path)]
    assert bare == [], "use the noun that the value is: PARTICIPLES lists what is no name"


def test_the_rule_detects_participles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "ROOT", tmp_path)
    module = tmp_path / "module.py"
    module.write_text("def told(asked):\n    _found = asked\n    self.kept = rows = 1\n\nclass Heard: ...\n")

    assert [line.split()[1] for line in participles(module)] == ["told", "Heard", "asked", "_found", "kept"]


def test_no_two_public_classes_share_a_name() -> None:
    modules: dict[str, list[str]] = defaultdict(list)
    for path in tree.modules():
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(tree.name(path))

    assert {name: where for name, where in modules.items() if len(where) > 1} == {}


def test_packages_hold_no_logic_of_their_own() -> None:
    """An __init__.py has a docstring and names what is imported from its modules, nothing else."""
    for path in tree.shipped():
        if path.name == "__init__.py":
            statements = [
                node
                for node in tree.parsed(path).body
                if not isinstance(node, ast.ImportFrom)
                and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
                and not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
            ]
            assert [ast.unparse(node)[:60] for node in statements] == [], tree.name(path)
