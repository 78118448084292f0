"""Documents name files, headings, commands and settings that exist; the generated one is what its generator prints."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hatchling.builders.wheel import WheelBuilder

from app.cli import main
from app.settings.load import DOCUMENTED, setting_paths
from app.settings.sources import REDIS_PARTS, RENAMED, SECRET_FILES
from bench.fanout import page as fanout_page
from bench.fanout import results as fanout_results
from bench.scale import page as scale_page
from bench.scale import results as scale_results
from tests.house import markdown, tree
from tests.support import generators

ROOT = tree.ROOT
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
OPERATORS = [path for path in PAGES if path.stem not in {"redis-contract", "contributing", "architecture", "security"}]
EXAMPLE = "spreads"
"""The feature that docs/contributing.md adds as an example."""

PLACE = re.compile(r"(?<![\w/.-])((?:app|tests|config|bench|docs|templates|partials|static|quart_sse|\.ci)/[\w./*-]+)")
DOCUMENT = re.compile(r"\bdocs/[\w-]+\.md\b")
MODULE = re.compile(r"(?<![\w/.])(bench(?:\.[a-z_]+)+)\b")
TARGET = re.compile(r"(?<![\w-])make ([a-z][a-z-]*)")
COMMAND = re.compile(r"(?<![/\w])tickstock ([a-z][a-z-]*(?: [a-z][a-z-]*)*)")
VARIABLE = re.compile(r"(?!TEST_)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT|HOST|ENGINE|INGEST|REGISTRATION)(?:=.*)?")
TEST = re.compile(r"def (test_\w+)")
OUTSIDE = {"SSL_CERT_FILE"}
"""Variables of other programs."""

pages = pytest.mark.parametrize("page", PAGES, ids=tree.name)


def missing(link: str, page: Path) -> bool:
    """Whether a relative link leads nowhere."""
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return True
    return bool(anchor) and anchor not in markdown.read(target).anchors


@pages
def test_links_lead_to_files_and_headings(page: Path) -> None:
    links = [link for link in markdown.read(page).links if not re.match(r"[a-z]+:", link)]

    assert [link for link in links if missing(link, page)] == []


@pages
def test_named_files_exist(page: Path) -> None:
    places = [place for code in markdown.read(page).inline for place in PLACE.findall(code) if EXAMPLE not in place]

    assert [place for place in places if not any(ROOT.glob(place.rstrip("/.")))] == []


@pages
def test_named_tests_exist(page: Path) -> None:
    files = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    mentions = {name for code in markdown.read(page).inline for name in re.findall(r"(?<![\w/])test_\w+\.py", code)}

    assert {name for name in mentions if EXAMPLE not in name} - files == set()


@pages
def test_named_test_functions_exist(page: Path) -> None:
    functions = {name for path in (ROOT / "tests").rglob("test_*.py") for name in TEST.findall(path.read_text())}
    codes = [code for code in markdown.read(page).inline if "/" not in code]
    mentions = {name for code in codes for name in re.findall(r"(?<![\w/])test_[a-z_]+\b(?!\.py)", code)}

    assert {name for name in mentions if EXAMPLE not in name} - functions == set()


@pages
def test_named_benchmarks_exist(page: Path) -> None:
    modules = {module.replace(".", "/") for code in markdown.read(page).code for module in MODULE.findall(code)}

    assert [each for each in modules if not (ROOT / each).is_dir() and not (ROOT / f"{each}.py").is_file()] == []


@pages
def test_named_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    mentions = {target for code in markdown.read(page).code for target in TARGET.findall(code)}

    assert mentions - targets == set()


@pages
def test_named_commands_exist(page: Path) -> None:
    mentions = {words for code in markdown.read(page).code for words in COMMAND.findall(code)}

    assert [words for words in mentions if not is_command(words.split())] == []


def is_command(words: list[str]) -> bool:
    """Whether the words begin with a command; what follows it are arguments."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return True
        if word not in command.commands:
            return False
        command = command.commands[word]
    return True


@pytest.mark.parametrize("page", OPERATORS, ids=tree.name)
def test_named_variables_are_settings(page: Path) -> None:
    settings = {f"TICKSTOCK_{path.replace('.', '_').upper()}" for path in setting_paths() | RENAMED.keys()}
    settings |= {*DOCUMENTED, *REDIS_PARTS, *SECRET_FILES, *(f"{name}_FILE" for name in SECRET_FILES)}
    mentions = {match[1] for code in markdown.read(page).inline if (match := VARIABLE.fullmatch(code))}

    assert mentions - settings - OUTSIDE == set()


def test_code_and_settings_name_documents_that_exist() -> None:
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "bench").rglob("*.py"), *(ROOT / "config").glob("*.*")]
    mentions = {
        name for path in sources if path.is_file() for name in DOCUMENT.findall(path.read_text(encoding="utf-8"))
    }

    assert mentions
    assert [name for name in mentions if not (ROOT / name).is_file()] == []


def test_every_page_is_linked_in_the_readme() -> None:
    linked = {link.partition("#")[0] for link in markdown.read(ROOT / "README.md").links}

    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - linked == set()


@pytest.mark.parametrize("name", ["configuration", "rules_page"])
def test_a_page_equals_its_generator(name: str) -> None:
    generator = generators.load(name)

    assert generator.PLACE.read_text(encoding="utf-8") == generator.page(), "make docs writes it anew"


def test_the_benchmark_pages_equal_their_recorded_results() -> None:
    text = fanout_page.PLACE.read_text(encoding="utf-8")
    (source,) = re.findall(r"bench/results/fanout-\S+\.json", text)

    assert text == fanout_page.page(fanout_results.load(ROOT / source), source)
    assert scale_page.PLACE.read_text(encoding="utf-8") == scale_page.page(scale_results.load_all())


def folders() -> Iterator[str]:
    """app/<part> and app/<part>/<folder> of every module."""
    for path in (ROOT / "app").rglob("*.py"):
        parents = path.relative_to(ROOT).parts[:-1]
        yield from ("/".join(parents[:depth]) for depth in (2, 3) if len(parents) >= depth)


def test_the_tree_in_the_architecture_page_equals_the_folders() -> None:
    (block,) = [
        fence.text for fence in markdown.read(ROOT / "docs" / "architecture.md").fences if fence.text.startswith("app/")
    ]
    listed = [line.split()[0] for line in block.splitlines()]

    assert set(listed) ^ set(folders()) == set(), "add or remove a line in docs/architecture.md, Layout"
    assert listed == sorted(listed)
    assert [line for line in block.splitlines() if len(line.split()) < 2] == []


def test_the_notice_names_every_third_party_file() -> None:
    notice = (ROOT / "NOTICE").read_text()
    versions = dict(re.findall(r"^\| (\S+\.js) \| (\S+) \|", (ROOT / "static/vendor/VERSIONS.md").read_text(), re.M))
    vendored = [path for path in (ROOT / "static" / "vendor").iterdir() if path.name != "VERSIONS.md"]
    others = [*vendored, *(ROOT / "config" / "bootstrap").glob("*.whl"), *(ROOT / "config/history").glob("*.gz")]
    others += (ROOT / "config/fonts").glob("Inter-*")

    assert [tree.name(path) for path in others if tree.name(path) not in notice] == []
    assert set(versions.values()) == set(re.findall(r"^htmx (\S+) and its extensions$", notice, re.M))


def test_licence_and_notice_are_in_the_wheel(tmp_path: Path) -> None:
    builder = WheelBuilder(str(ROOT))
    (wheel,) = builder.build(directory=str(tmp_path), versions=["standard"])

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()

    assert "License-Expression: MIT" in metadata
    assert {name.rpartition("licenses/")[2] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}


@pytest.mark.parametrize(
    ("words", "there"),
    [("run", True), ("data load bars", True), ("data", True), ("data lod", False), ("fly", False)],
)
def test_the_command_check_follows_subcommands(words: str, there: bool) -> None:
    assert is_command(words.split()) is there


def test_anchors_are_made_as_on_github() -> None:
    assert markdown.anchors("# A `b`, c\n## stream of a page, five symbols\n## x\n## x\n") == [
        "a-b-c",
        "stream-of-a-page-five-symbols",
        "x",
        "x-1",
    ]
