"""A hub, and pushes that count how often they are drawn."""

import pytest

from app.live.hub import Hub
from app.live.limits import StreamLimits
from tests.support.recording_transport import PushCounter, markup
from tests.support.topic_rules import RULES


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, RULES, shortest=0.02, limits=StreamLimits(connections=20))


@pytest.fixture
def counter() -> PushCounter:
    return PushCounter()
