"""The invented market as it is shipped."""

from app.finance.invented import companies
from app.finance.invented.prices import InventedPrices
from app.finance.invented.schedule import FIRST_SESSION
from app.settings.sections import InventedSection

FIRST = FIRST_SESSION
SECTION = InventedSection()
INSTRUMENTS = companies.read(SECTION.path)
SPACING = SECTION.speed / SECTION.ticks_per_second


def prices(seed: int = SECTION.seed) -> InventedPrices:
    return InventedPrices(INSTRUMENTS, seed)
