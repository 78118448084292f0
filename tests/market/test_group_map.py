"""The map of sectors: which symbols have a box, what it says, and what of it is pushed."""

from typing import NamedTuple

import pytest

from app.identity import NumberForm, View
from app.market.overview.board import OverviewBoard
from app.market.overview.stored import NOTHING_STORED
from app.market.sectors import stream
from app.market.sectors.group_map import MOST_SYMBOLS, MapCell, cells
from app.market.sectors.stream import SECTORS, UNIVERSES
from app.quotes.quote import SymbolQuote
from tests.support.quote_samples import AWKWARD, quote


class Drawing(NamedTuple):
    view: stream.GroupView
    cells: dict[str, MapCell]


def drawing(*quotes: SymbolQuote, sectors: dict[str, str] | None = None, topic: str = SECTORS) -> Drawing:
    board = OverviewBoard(lambda: quotes, lambda *_days: 1.0)
    universes = {
        "etf:all": [quote.symbol for quote in quotes],
        "etf:first": [quotes[0].symbol] if quotes else [],
        "etf:none": ["NONE"],
    }
    board.stored_figures = NOTHING_STORED._replace(sectors=sectors or {}, universes=universes)
    group_view = stream.groups(topic, board.current())
    return Drawing(group_view, {cell.id: cell for cell in cells(group_view.map)})


def test_the_heaviest_symbols_have_a_box_and_the_others_share_one() -> None:
    quotes = [quote(f"S{place:03}", 85.5, volume=1_000_000 - place) for place in range(500)]
    (cell,) = drawing(*quotes, sectors={each.symbol: "Technology" for each in quotes}).cells.values()

    assert (cell.label, cell.path) == ("500 symbols", "/scan?q=sector:Technology&sort=-change&v=1")


def test_many_sectors_of_many_symbols_have_few_boxes() -> None:
    quotes = [quote(f"S{place:04}", 85.5, volume=10**12 // (place + 1)) for place in range(5000)]
    sectors = {each.symbol: f"Sector {place % 11}" for place, each in enumerate(quotes)}

    group_view, drawn_cells = drawing(*quotes, sectors=sectors)

    assert len(group_view.map) == 11
    assert 11 < len(drawn_cells) <= 11 * (MOST_SYMBOLS + 1)
    assert sum(cell.width * cell.height for cell in drawn_cells.values()) <= 100 * 100


def test_boxes_link_to_symbols_and_say_their_change() -> None:
    group_view, drawn_cells = drawing(*[quote(symbol, 85.5) for symbol in AWKWARD])
    markup = stream.drawn_map(SECTORS, group_view.map, View(numbers=NumberForm.COMMA))

    assert [cell.path for cell in drawn_cells.values()] == ["/s/BRK.B", "/s/BF%2FB", "/s/X%3ABTCUSD"]
    assert '<a href="/s/BF%2FB" aria-labelledby="map-bf__2f_b">' in markup
    assert '<g id="map-brk__2e_b" class="rise m3">' in markup
    assert "+1,8%" in markup


@pytest.mark.parametrize(
    ("price", "shade"), [(84.0, "m0"), (84.03, "m0"), (84.1, "rise m1"), (83.5, "fall m2"), (60.0, "fall m3")]
)
def test_the_shade_is_by_the_change(price: float, shade: str) -> None:
    (cell,) = drawing(quote("BRK.B", price)).cells.values()

    assert cell.shade == shade


def test_without_a_previous_close_a_box_has_no_change() -> None:
    group_view, _ = drawing(quote("BRK.B", previous_close=None))

    assert '<text class="pc" x="6" y="32">-</text>' in stream.drawn_map(SECTORS, group_view.map, View())


def test_nothing_traded_makes_no_map() -> None:
    assert drawing(quote("BRK.B", volume=0)).view.map == []
    assert drawing().view.map == []


def test_universes_have_one_box_each() -> None:
    group_view, drawn_cells = drawing(quote("BRK.B"), quote("BF/B"), topic=UNIVERSES)

    assert {(cell.label, cell.path) for cell in drawn_cells.values()} == {
        ("etf:all", "/scan?in=etf:all&v=1"),
        ("etf:first", "/scan?in=etf:first&v=1"),
    }
    assert [row.name for row in group_view.rows] == ["etf:all", "etf:first"]


def test_a_pushed_box_is_what_the_page_draws() -> None:
    group_view, _ = drawing(quote("BRK.B", 85.5))
    (push,) = stream.pushes(SECTORS, group_view, ["map-brk__2e_b"])

    assert (push.key, push.op) == ("map-brk__2e_b", "replace")
    assert push.draw(View()) in stream.drawn_map(SECTORS, group_view.map, View())
