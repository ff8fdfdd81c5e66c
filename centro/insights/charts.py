"""Drawings of rows, made on the server: numbers for a template to put into SVG.

Each stands beside a table with the same numbers, so a drawing may be silent to those who listen.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from centro.places.outlines import land_of

# Units of the drawing of a line: the template stretches it.
WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 32, 14, 24
# How wide the flag of a mark is, and how high the row of flags it stands in.
_FLAG, _FLAG_ROW = 22, 20
SHADES = 5


@dataclass(frozen=True, slots=True)
class Dot:
    """A value on a line: where, and what it says."""

    x: str
    y: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across, or a word below."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Span:
    """Something that happened, from one position among the values to another; a half is between two."""

    first: float
    last: float
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A span as drawn: where it begins, how wide it is, and its label in a flag above the line."""

    x: str
    width: str  # "0.0" for one position
    flag_y: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """Values along time. `path` breaks where a value is missing; `marks` are days with a name.

    `top` is below nought where flags need room above.
    """

    path: str
    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    floor: int = HEIGHT - _BOTTOM
    marks: tuple[Mark, ...] = ()
    top: int = 0

    @property
    def view_box(self) -> str:
        return f"0 {self.top} {self.width} {self.height - self.top}"


def draw_line(
    labels: Sequence[str],
    values: Sequence[float | None],
    written: Sequence[str],
    spans: Sequence[Span] = (),
) -> Line | None:
    """A line through the values from nought up, with what happened; None for fewer than two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    top = _round_up(max(known)) or 1
    step = (WIDTH - _LEFT - _RIGHT) / max(len(values) - 1, 1)
    scale = (HEIGHT - _TOP - _BOTTOM) / top
    dots, path, drawing = [], [], False
    for n, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        x, y = _units(_LEFT + n * step), _units(HEIGHT - _BOTTOM - value * scale)
        path.append(f"{'L' if drawing else 'M'}{x} {y}")
        drawing = True
        dots.append(Dot(x, y, labels[n], written[n]))
    across = tuple(
        Tick(_units(HEIGHT - _BOTTOM - top * share * scale), _short(top * share))
        for share in (0, 0.5, 1)
    )
    every = math.ceil(len(labels) / 7)
    below = tuple(Tick(_units(_LEFT + n * step), labels[n]) for n in range(0, len(labels), every))
    marks, rows = _marks(spans, step)
    return Line(
        "".join(path), tuple(dots), across, below, marks=tuple(marks), top=-rows * _FLAG_ROW
    )


def _marks(spans: Sequence[Span], step: float) -> tuple[list[Mark], int]:
    """The marks, and in how many rows their flags stand so that none covers another."""
    marks: list[Mark] = []
    ends: list[float] = []  # where the last flag of each row ends
    for span in sorted(spans, key=lambda one: (one.first, one.last)):
        x = _LEFT + span.first * step
        row = next((n for n, end in enumerate(ends) if end <= x), len(ends))
        ends[row : row + 1] = [x + _FLAG]
        width, middle = (span.last - span.first) * step, -row * _FLAG_ROW - 6
        marks.append(Mark(_units(x), _units(width), str(middle), span.label, span.words))
    return marks, len(ends)


def shares_of(values: Sequence[float | None], most: float | None = None) -> list[int]:
    """Each value as whole per cent of the largest (or of `most`), for the length of a bar."""
    top = most or max((value for value in values if value is not None), default=0)
    return [round(100 * value / top) if value and top else 0 for value in values]


@dataclass(frozen=True, slots=True)
class Area:
    """A place on a map: its outline, its shade from 0 (nothing) to SHADES, and what it says."""

    path: str
    shade: int
    key: int | None
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Key:
    """A shade and the values it stands for."""

    shade: int
    label: str


@dataclass(frozen=True, slots=True)
class Map:
    """Places in shades. Units are thousandths of a degree."""

    view_box: str
    areas: tuple[Area, ...]
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place to be shaded, by its official code."""

    key: int
    name: str
    value: float | None
    written: str


def draw_map(within: str, places: Mapping[str, Place]) -> Map | None:
    """The parts of a place (or the provinces), shaded by fifths of those that have a value."""
    land = land_of(within)
    if not land.paths:
        return None
    values = sorted(place.value for place in places.values() if place.value)
    bounds = _bounds(values)
    areas = []
    for code, path in land.paths.items():
        place = places.get(code)
        shade = bisect_right(bounds, place.value) if place and place.value else 0
        areas.append(
            Area(
                path,
                min(shade, SHADES),
                place.key if place else None,
                place.name if place else "",
                place.written if place else "",
            )
        )
    x, y, width, height = land.box
    margin = max(width, height) * 0.02
    box = (x - margin, y - margin, width + 2 * margin, height + 2 * margin)
    return Map(" ".join(str(round(n)) for n in box), tuple(areas), _keys(values, bounds))


def _bounds(values: Sequence[float]) -> list[float]:
    """The least value of each shade: as many places in one as in another, equals together."""
    if not values:
        return []
    found = {values[len(values) * n // SHADES] for n in range(SHADES)}
    return sorted(found)


def _keys(values: Sequence[float], bounds: Sequence[float]) -> tuple[Key, ...]:
    found = []
    for n, low in enumerate(bounds):
        inside = [v for v in values if low <= v and (n + 1 == len(bounds) or v < bounds[n + 1])]
        first, last = _short(low), _short(inside[-1])
        found.append(Key(n + 1, first if first == last else f"{first} – {last}"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Range:
    """A middle with its interval, in per cent of the widest."""

    low: str
    middle: str
    high: str


def draw_ranges(rows: Sequence[tuple[float, float, float]]) -> list[Range]:
    """Intervals on one scale from nought to the highest end."""
    top = max((high for _low, _middle, high in rows), default=0) or 1
    return [
        Range(*(_units(100 * value / top) for value in (low, middle, high)))
        for low, middle, high in rows
    ]


def _units(value: float) -> str:
    """A place in a drawing, written as SVG wants it in every language."""
    return f"{value:.1f}"


def _round_up(value: float) -> float:
    """The next number that reads well on an axis: 1, 2, 2.5 or 5 times a power of ten."""
    if value <= 0:
        return 0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def _short(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:g} k"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value < 100 else f"{value:,.0f}"
