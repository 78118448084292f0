"""A chart as an image by itself: the drawing of the page in pixels, with every label at its place."""

from collections.abc import Iterator
from typing import NamedTuple

from app.identity import View
from app.quotes.charts.candles import HEIGHT, PRICES
from app.quotes.charts.grid import SLOT
from app.quotes.charts.lettering import shortened, text_width
from app.quotes.charts.model import ChartModel
from app.quotes.charts.panes import PANE, DrawnPane
from app.quotes.charts.pixel_paths import inside, to_pixels
from app.quotes.charts.plot import ChartPlot, draw_plot
from app.quotes.charts.sentences import describe, title
from app.web import numbers

LEFT, TOP = 16, 70
WIDTH = 960
"""Of the plot, about: a bar has a whole number of tenths of a pixel."""
PANE_GAP = 22
TIMES = 26
MARKS = 52
"""Middle of the row of marks."""
SIZE = 13
TAG = 20
SAMPLE = 16
"""Pixels of line before a curve's name in the key."""


class PicturePath(NamedTuple):
    """`style`: classes. `stroke`: its width, 0 for that of its class."""

    style: str
    path: str
    stroke: float = 0


class PictureText(NamedTuple):
    """In pixels; `y` is the line on which it stands."""

    text: str
    x: float
    y: float
    style: str = ""
    anchor: str = "start"


class PictureMark(NamedTuple):
    """`shape`: bull, bear or many."""

    x: float
    letter: str
    shape: str


class PlacedPaths(NamedTuple):
    """Paths whose origin is at `top` and LEFT."""

    top: int
    paths: tuple[PicturePath, ...]


class ChartPicture(NamedTuple):
    """`tag`: top of the box behind the last price, `edge`: right edge of the plot."""

    title: str
    summary: str
    width: int
    height: int
    parts: tuple[PlacedPaths, ...]
    texts: tuple[PictureText, ...]
    marks: tuple[PictureMark, ...]
    tag: float
    edge: float


def chart_picture(model: ChartModel, view: View) -> ChartPicture | None:
    """None without bars."""
    plot = draw_plot(model)
    return _PictureLayout(plot, view).picture() if plot else None


class _PictureLayout:
    def __init__(self, plot: ChartPlot, view: View) -> None:
        self._plot, self._view, self._model = plot, view, plot.model
        self._pitch = max(1, WIDTH * 10 // plot.slots) / 10
        self._width = self._pitch * plot.slots
        self._edge = LEFT + self._width

    def picture(self) -> ChartPicture:
        plot = self._plot
        axis = [*self._axis(), *(text for place, pane in self._panes() for text in self._pane_axis(pane, place))]
        bottom = TOP + HEIGHT + len(plot.panes) * (PANE + PANE_GAP)
        widest = max(text_width(text.text, SIZE, "SemiBold") for text in axis)
        width = round(self._edge + widest + 24)
        head, samples = self._head(width)
        return ChartPicture(
            title=title(self._model),
            summary=" ".join(describe(self._model, self._view)),
            width=width,
            height=bottom + TIMES,
            parts=(
                PlacedPaths(TOP, tuple(self._price_paths())),
                *(PlacedPaths(place, tuple(self._pane_paths(pane))) for place, pane in self._panes()),
                PlacedPaths(0, samples),
            ),
            texts=(*head, *self._labels(bottom), *axis),
            marks=tuple(PictureMark(self._x(bar), mark.letter, mark.shape) for bar, mark in plot.marks.items()),
            tag=self._y(plot.last.value) - TAG / 2,
            edge=round(self._edge, 1),
        )

    def _price_paths(self) -> Iterator[PicturePath]:
        plot, body = self._plot, round(5 * self._pitch / SLOT, 1)
        rules = "".join(f"M0 {plot.scale.y(rule.value)}h{self._width:g}" for rule in plot.rules)
        yield PicturePath("l", rules)
        for each in plot.levels:
            yield PicturePath("lv", f"M0 {plot.scale.y(each.level.price)}h{self._width:g}")
        yield self._path("bars", plot.volumes + plot.last.volume, body)
        for curve in plot.curves:
            yield self._path(curve.style, curve.path)
        if plot.line:
            yield self._path("own", plot.line)
            return
        for candle in (*plot.candles, plot.last.candle):
            ticks = self._model.settings.style == "bars"
            yield self._path(candle.tone, candle.wicks)
            yield self._path(candle.tone, candle.bodies, 1 if ticks else body)
            if candle.hole and body > 3:
                yield self._path("hole", inside(candle.bodies), body - 2)

    def _pane_paths(self, pane: DrawnPane) -> Iterator[PicturePath]:
        rules = "".join(f"M0 {round(rule.at)}h{self._width:g}" for rule in pane.rules)
        yield PicturePath("l", rules)
        for curve in pane.histogram:
            yield self._path("bars", curve.path, round(5 * self._pitch / SLOT, 1))
        for curve in pane.curves:
            yield self._path(curve.style, curve.path)

    def _path(self, style: str, path: str, stroke: float = 0) -> PicturePath:
        return PicturePath(style, to_pixels(path, self._pitch), stroke)

    def _head(self, width: int) -> tuple[list[PictureText], tuple[PicturePath, ...]]:
        """The title, and below it the key: a sample of each line, its name and its last value, as far as they fit."""
        heading = shortened(title(self._model), SIZE, width - 2 * LEFT, "SemiBold")
        texts, samples, left = [PictureText(heading, LEFT, 16, "o")], [], float(LEFT)
        for entry in self._plot.key:
            words = f"{entry.name} {self._value(entry.value)}"
            right = left + SAMPLE + 6 + text_width(words, SIZE)
            if right > width - LEFT:
                break
            samples.append(PicturePath(entry.style, f"M{left - LEFT:.1f} 32h{SAMPLE}"))
            texts.append(PictureText(words, round(left + SAMPLE + 6, 1), 36))
            left = right + 18
        return texts, tuple(samples)

    def _axis(self) -> Iterator[PictureText]:
        plot, left = self._plot, round(self._edge + 8, 1)
        for rule in plot.labels:
            yield PictureText(self._value(rule.value), left, self._y(rule.value) + 4)
        yield PictureText(self._value(plot.last.value), left, self._y(plot.last.value) + 4, "k")
        yield PictureText(numbers.volume(plot.largest, self._view), left, TOP + PRICES + 30)

    def _pane_axis(self, pane: DrawnPane, top: int) -> Iterator[PictureText]:
        left = round(self._edge + 8, 1)
        for rule in pane.labels:
            yield PictureText(numbers.ratio(rule.value, self._view), left, top + rule.at + 4)
        for last in pane.last:
            yield PictureText(numbers.ratio(last.value, self._view), left, top + last.at + 4, "o")

    def _labels(self, bottom: int) -> Iterator[PictureText]:
        plot = self._plot
        for number, each in enumerate(plot.extremes):
            x = LEFT + each.across * self._width / 100
            yield PictureText(
                self._value(each.value), round(x, 1), self._y(each.value) + (13 if number else -4), "o", each.anchor
            )
        for level in plot.levels:
            yield PictureText(
                f"{level.level.name} {self._value(level.level.price)}", LEFT + 4, self._y(level.level.price) - 3
            )
        for place, pane in self._panes():
            yield PictureText(pane.pane.name, LEFT, place - 4)
        for label in plot.times:
            x = LEFT + label.across * self._width / 100
            yield PictureText(label.text, round(x, 1), bottom + 17, "", "middle")

    def _panes(self) -> Iterator[tuple[int, DrawnPane]]:
        for number, pane in enumerate(self._plot.panes):
            yield TOP + HEIGHT + PANE_GAP + number * (PANE + PANE_GAP), pane

    def _value(self, value: float) -> str:
        if self._plot.percent:
            return numbers.percent(value / 100, self._view)
        return numbers.price(value, self._model.instrument, self._view)

    def _x(self, bar: int) -> float:
        return round(LEFT + (bar + 0.5) * self._pitch, 1)

    def _y(self, value: float) -> int:
        return TOP + self._plot.scale.y(value)
