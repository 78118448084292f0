"""Imports point down inside app/wire and app/engine as well."""

import pytest

from app.engine.loads.providers.vendors import VENDORS
from tests.house import tree

WIRE = (
    {"cache", "jobs", "log", "rules"},
    {"pubsub", "users"},
    {"ticks", "state"},
    {"codec"},
    {"events", "client", "coalesced_script"},
    {"channels", "breaker", "backoff", "lua"},
)
ENGINE = (
    {"process"},
    {"coverage"},
    {"jobs"},
    {"startup", "eod", "rules"},
    {"bars"},
    {"loads"},
    {"storage"},
    {"analysis", "universes"},
    {"market_time", "monitoring"},
)
"""From the top; a part may import from any layer below its own."""


def part(package: str, module: str) -> str:
    """app.wire.log.entries -> log; "" outside of the package, and for what it says itself."""
    return module.removeprefix(package).strip(".").partition(".")[0] if module.startswith(package + ".") else ""


def edges(package: str) -> set[tuple[str, str]]:
    """(importing part, imported part) of each import from another part of the package."""
    parts = set[tuple[str, str]]()
    for path in tree.modules():
        source = part(package, tree.name(path).removesuffix(".py").replace("/", "."))
        for module, name, _ in tree.imports(path):
            target = name if module == package else part(package, module)
            if source and source != "__init__" and target and target != source:
                parts.add((source, target))
    return parts


@pytest.mark.parametrize(("package", "layers"), [("app.wire", WIRE), ("app.engine", ENGINE)])
def test_imports_inside_a_package_point_down(package: str, layers: tuple[set[str], ...]) -> None:
    rank = {name: index for index, layer in enumerate(layers) for name in layer}
    imported = edges(package)
    assert imported

    assert {(source, target) for source, target in imported if rank[target] <= rank[source]} == set()


def test_a_history_provider_is_imported_only_by_its_own_folder() -> None:
    """Loads ask the interface; `vendors.py` imports the module by its name."""
    folder = "app.engine.loads.providers."
    vendors = {module.removeprefix(folder).partition(".")[0] for module in VENDORS.values()}
    assert vendors

    assert [
        f"{tree.name(path)}: {module}"
        for path in tree.modules()
        for module, name, _ in tree.imports(path)
        for vendor in vendors
        if f"{module}.{name}.".startswith(f"{folder}{vendor}.")
        and not tree.name(path).startswith(f"app/engine/loads/providers/{vendor}/")
    ] == []
