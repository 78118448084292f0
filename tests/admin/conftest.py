"""A served desk with a signed-in administrator."""

from collections.abc import AsyncIterator

import pytest

from app.accounts import bootstrap
from app.identity import Role
from app.settings.load import Settings
from tests.pipeline.conftest import EMAIL, PASSWORD, Desk, settings

__all__ = ["settings"]


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    served = Desk(settings)
    await served.start()
    await bootstrap.create_user(served.context.pools.own, EMAIL, Role.ADMIN, PASSWORD)
    await served.sign_in()
    yield served
    await served.stop()
