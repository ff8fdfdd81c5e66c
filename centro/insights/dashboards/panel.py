"""What a dashboard is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django_stubs_ext import StrOrPromise

from centro.insights.registry import METRICS, Metric


class Look(Enum):
    """How a panel shows the rows of its metric."""

    NUMBER = "number"  # one row: a large number and those beside it
    BARS = "bars"  # a table whose rows are bars
    LINE = "line"  # values along months or weeks, with the table behind
    MAP = "map"  # places in shades, with the table beside
    TABLE = "table"
    RANGES = "ranges"  # a middle with an interval, side by side


@dataclass(frozen=True)
class Panel:
    """One metric on a page. `value` is the column that is drawn or shown large."""

    name: str
    look: Look
    value: str = "total"
    most: int = 0  # rows that are shown at first; 0 for all
    title: StrOrPromise = ""  # where it is not the metric's own

    @property
    def metric(self) -> Metric:
        return METRICS[self.name]


@dataclass(frozen=True)
class Dashboard:
    """A page of panels. `of_country` says that it makes no sense for a part of it."""

    slug: str
    title: StrOrPromise
    about: StrOrPromise
    panels: tuple[Panel, ...]
    of_country: bool = False

    @property
    def has_lines(self) -> bool:
        """Whether it shows a time axis, on which notes can stand."""
        return any(panel.look == Look.LINE for panel in self.panels)
