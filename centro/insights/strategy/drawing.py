"""The drawing of an indicator: its targets as steps of a line, what was measured as another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from centro.insights.charts import Dot, Tick
from centro.insights.strategy.standing import Cell

# Units of the drawing: small, so that its words can be read on a telephone.
WIDTH, HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 30, 16, 32
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Years:
    """Two lines on one scale from nought: `aimed` is drawn broken, `came` whole."""

    aimed: str
    came: str
    aims: tuple[Dot, ...]
    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    floor: int = HEIGHT - _BOTTOM


def draw_years(cells: Sequence[Cell]) -> Years | None:
    """Targets and measurements of the years; None where there are fewer than two numbers."""
    values = [float(v) for cell in cells for v in (cell.aim, cell.value) if v is not None]
    if len(values) < 2:
        return None
    top = _round_up(max(values)) or 1.0
    step = (WIDTH - _LEFT - _RIGHT) / max(len(cells) - 1, 1)
    rise = (HEIGHT - _TOP - _BOTTOM) / top

    def dots(numbers: Sequence[float | None], words: Sequence[str]) -> list[Dot | None]:
        return [
            None
            if number is None
            else Dot(
                _units(_LEFT + n * step),
                _units(HEIGHT - _BOTTOM - number * rise),
                str(cells[n].year),
                words[n],
            )
            for n, number in enumerate(numbers)
        ]

    aims = dots([_float(c.aim) for c in cells], [c.target for c in cells])
    came = dots([_float(c.value) for c in cells], [c.measured for c in cells])
    return Years(
        _path(aims),
        _path(came),
        tuple(dot for dot in aims if dot),
        tuple(dot for dot in came if dot),
        tuple(
            Tick(_units(HEIGHT - _BOTTOM - top * share * rise), _short(top * share))
            for share in (0, 0.5, 1)
        ),
        tuple(Tick(_units(_LEFT + n * step), str(cell.year)) for n, cell in enumerate(cells)),
    )


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


def _path(dots: Sequence[Dot | None]) -> str:
    """Through all that are there; it breaks where one is missing."""
    parts, drawing = [], False
    for dot in dots:
        if dot is not None:
            parts.append(f"{'L' if drawing else 'M'}{dot.x} {dot.y}")
        drawing = dot is not None
    return "".join(parts)


def _short(value: float) -> str:
    return f"{value / 1000:,g} k" if value >= 10_000 else f"{value:,g}"


def _units(value: float) -> str:
    return f"{value:.1f}"


def _round_up(value: float) -> float:
    """The next number that reads well on an axis."""
    if value <= 0:
        return 0
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(step * power for step in _STEPS if step * power >= value)
