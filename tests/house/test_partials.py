"""Pushed bytes equal the page's bytes: one partial, one typed function of the same name, no behaviour inside."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import meta

from tests.house import tree

PARTIALS = sorted((tree.ROOT / "partials").rglob("*.html"))
FIELD = Path("partials/forms/field.html")
"""What a person types into may have the focus, where the page that draws it says so."""
IMAGES = {"partials/charts/picture.html", "partials/charts/share_card.html"}
"""Documents by themselves, which have their styles inside."""
MODULES = sorted(tree.APP.rglob("partials.py"))
TEMPLATES = sorted((tree.ROOT / "templates").rglob("*.html"))


def relative_path(path: Path) -> str:
    return path.relative_to(tree.ROOT).as_posix()


def function_for(path: Path) -> ast.FunctionDef | None:
    """The function in <feature>/partials.py that bears the partial's name."""
    feature, thing = path.parent.name, path.stem.replace("-", "_")
    module = next((each for each in MODULES if each.parent.name == feature), None)
    if module is None:
        return None
    return next((f for f in tree.functions(module) if isinstance(f, ast.FunctionDef) and f.name == thing), None)


@pytest.mark.parametrize("path", PARTIALS, ids=relative_path)
def test_a_partial_has_one_typed_function_whose_parameters_are_its_variables(path: Path) -> None:
    function = function_for(path)
    assert function is not None, f"no function draws {relative_path(path)}"
    from app.web import html
    from app.web.forms.partials import FUNCTIONS

    callable_names = {*html.environment.globals, *(each.__name__ for each in FUNCTIONS)}
    free = meta.find_undeclared_variables(html.environment.parse(path.read_text())) - callable_names
    parameters = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]}

    assert free == parameters
    assert function.returns is not None


@pytest.mark.parametrize("path", PARTIALS, ids=relative_path)
def test_a_partial_contains_no_script_no_htmx_and_no_live_region(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"<script|\shx-|\sdata-hx-|\son[a-z]+=|aria-live|role=\"(status|alert)\"", text)
    assert "autofocus" not in text or path.relative_to(tree.ROOT) == FIELD
    assert "<hx-partial" not in text


@pytest.mark.parametrize("path", PARTIALS, ids=relative_path)
def test_a_partial_has_one_root_element_with_an_id_or_is_the_cells_of_a_row_that_has_one(path: Path) -> None:
    text = re.sub(r"{#.*?#}|{%.*?%}", "", path.read_text(), flags=re.S).strip()
    root = re.match(r"<([a-z]+)\b([^>]*)>", text)
    assert root, relative_path(path)
    if path.stem in ("cells", "spark"):
        assert re.fullmatch(r"(<td\b[^>]*>((?!</?td\b).)*</td>)+", text, flags=re.S), relative_path(path)
        return
    assert re.search(r'\bid="{{', root[2]) or re.search(r'\bid="[a-z0-9_-]+"', root[2]), relative_path(path)
    assert text.endswith(f"</{root[1]}>") or root[1] in {"input", "path", "img"}, relative_path(path)


@pytest.mark.parametrize("path", [*PARTIALS, *TEMPLATES], ids=relative_path)
def test_a_template_escapes_everything_and_quotes_every_attribute(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\|\s*safe\b|autoescape|render_template_string", text)
    assert not re.search(r"\s[a-z-]+={{", text), "an attribute without quotes"
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", text)
    assert "<style" not in text or relative_path(path) in IMAGES


@pytest.mark.parametrize("path", [*PARTIALS, *TEMPLATES], ids=relative_path)
def test_every_form_field_is_drawn_by_the_field_partial(path: Path) -> None:
    """Besides that are what nobody types into, the search and the view, which stand on every page."""
    if path.parent.name in {"forms", "frame"}:
        return
    controls = re.findall(r"<(?:input|select|textarea)\b[^>]*>", path.read_text())

    assert [each for each in controls if not re.search(r'type="hidden"|\s(hidden|readonly)>|name="q"', each)] == []


def test_every_partial_function_has_its_template() -> None:
    for module in MODULES:
        for function in tree.functions(module):
            if function.name.startswith("_"):
                continue
            partial = tree.ROOT / "partials" / module.parent.name / f"{function.name}.html"
            assert partial.exists(), f"{tree.name(module)}:{function.name} draws nothing of that name"


def test_only_push_writes_htmx_partials() -> None:
    for path in tree.modules():
        if tree.name(path) != "app/web/html.py":
            assert "<hx-partial" not in path.read_text(), tree.name(path)


def test_only_the_base_template_opens_the_stream() -> None:
    opening = [relative_path(path) for path in [*PARTIALS, *TEMPLATES] if "hx-sse:connect" in path.read_text()]

    assert opening == ["templates/base.html"]


def test_only_html_and_filters_mark_markup_as_safe() -> None:
    users = [tree.name(path) for path in tree.modules() if re.search(r"\bMarkup\(", path.read_text())]

    assert set(users) <= {"app/web/html.py", "app/web/filters.py"}
