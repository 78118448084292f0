"""What a feature adds is registered wherever that is necessary: styles, topics, reactions to events."""

import ast
import re

from app.web.assets import STYLES
from tests.house import tree
from tests.support.topic_rules import RULES

STREAMS = sorted((tree.ROOT / "app").glob("*/stream.py"))


def public_functions(start: str) -> set[str]:
    """`<feature>.<function>` of every function of a stream.py whose name begins like that."""
    return {
        f"{path.parent.name}.{node.name}"
        for path in STREAMS
        for node in tree.parsed(path).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(start)
    }


def names_in(module: str) -> set[str]:
    return {ast.unparse(node) for node in ast.walk(tree.parsed(tree.ROOT / module)) if isinstance(node, ast.Attribute)}


def test_every_stylesheet_is_part_of_one_that_is_served() -> None:
    files = {path.stem for path in (tree.ROOT / "static" / "css").glob("*.css")}

    assert files == {name for names in STYLES.values() for name in names}, "add it to STYLES in app/web/assets.py"


def test_the_topics_of_every_feature_are_in_the_registry() -> None:
    assert public_functions("topics")
    assert public_functions("topics") - names_in("app/pipeline/topics.py") == set(), "call it in families()"


def test_every_reaction_to_an_event_is_in_the_relay() -> None:
    assert public_functions("on_")
    assert public_functions("on_") - names_in("app/pipeline/relay.py") == set(), "add it to the reactions"


def test_every_topic_is_in_the_table_of_the_streams_page() -> None:
    text = (tree.ROOT / "docs" / "streams.md").read_text()
    listed = {name.partition(":")[0] for name in re.findall(r"^\| `([a-z]+[^`]*)` \| (?:state|log) \|", text, re.M)}

    assert listed == set(RULES._families)
