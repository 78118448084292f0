"""The stream of a page while a server is down."""

from pydantic import SecretStr

from app.settings.load import Settings
from app.settings.sections import RedisSection
from tests.pipeline.conftest import Own


def on(own: Own, settings: Settings) -> Settings:
    return settings.model_copy(update={"redis": RedisSection(url=SecretStr(own.url))})
