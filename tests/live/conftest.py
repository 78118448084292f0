"""A hub, and pushes that count how often they are drawn."""

import pytest

from app.live.bounds import Bounds
from app.live.hub import Hub
from tests.live.paper import Drawn, markup


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, shortest=0.02, bounds=Bounds(readers=20))


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()
