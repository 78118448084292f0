"""The page of the Redis contract agrees with the code."""

import ast
from pathlib import Path

import pytest

from app.settings import channel_names
from app.settings.sections import ROOT
from app.settings.sources import BadSetting
from app.wire.channels import OUTGOING, USES, Channels, Meaning
from app.wire.codec.readers import SHAPES
from tests.support import generators
from tests.support.event_kinds import CHANNEL_EVENTS

contract = generators.load("redis_contract")


def refusals(path: Path) -> set[str]:
    """Reasons as they stand in the code, wherever a refusal is made of words."""
    makers = {"UnreadableMessage", "Rejected", "missing"}
    return {
        str(argument.value)
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in makers
        for node in call.args
        for argument in ast.walk(node)
        if isinstance(argument, ast.Constant)
    }


def test_the_contract_page_equals_its_generator() -> None:
    assert contract.PLACE.read_text(encoding="utf-8") == contract.page(), "make docs writes it anew"


def test_every_rejection_reason_is_explained_and_used() -> None:
    reasons = set[str]().union(*(refusals(path) for path in (ROOT / "app" / "wire" / "codec").glob("*.py")))
    needed = {spelling.needed for shape in SHAPES.values() for spelling in shape.fields.values()} - {""}

    assert reasons | needed == set(contract.REASONS)


def test_every_channel_can_be_named_by_the_environment() -> None:
    assert [channel_names.field(key) for key in channel_names.ChannelNames.model_fields] == list(Channels._fields)
    assert channel_names.VARIABLES["REDIS_PATTERN_CHANNEL"] == "redis.pattern_channel"
    assert channel_names.ChannelNames(error_channel="mine").channels() == {"errors": "mine"}


def test_channel_names_keep_both_notations_and_are_unique() -> None:
    names = [*Channels(), *(out.name for out in OUTGOING)]

    assert len(set(names)) == len(names)
    assert {name.removeprefix("tickstock")[0] for name in names} == {".", ":"}


def test_only_channels_with_the_same_meaning_share_a_name() -> None:
    shared = Channels(session_started="mine", session_stopped="mine")

    assert shared.meanings()["mine"] is Meaning.SESSIONS
    with pytest.raises(BadSetting, match="cannot carry errors too"):
        Channels(errors=Channels().monitoring).meanings()


@pytest.mark.parametrize("kind", CHANNEL_EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_and_its_fields_are_on_the_page(kind: type) -> None:
    page = contract.page()

    assert f"\n### {kind.__name__}\n" in page
    assert set(SHAPES[kind].fields) | {"at", "published_at", "arrived_at", "source", "work"} >= set(
        SHAPES[kind].kind.__struct_fields__
    ) - {"status"}
    assert {use.kind for use in USES.values()} == {"log", "state"}
