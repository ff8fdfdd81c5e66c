"""What people keep beside the figures: the strategic plan, reports they asked for, notes in time."""

from __future__ import annotations

from centro.insights.models.annotations import Annotation
from centro.insights.models.plan import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST_PLAN,
    LONGEST_TEXT,
    MOST_TOLERANCE,
    Better,
    Comment,
    Indicator,
    Measurement,
    Objective,
    Plan,
    Target,
    Unit,
)
from centro.insights.models.reports import ReportSubscription

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "LONGEST_PLAN",
    "LONGEST_TEXT",
    "MOST_TOLERANCE",
    "Annotation",
    "Better",
    "Comment",
    "Indicator",
    "Measurement",
    "Objective",
    "Plan",
    "ReportSubscription",
    "Target",
    "Unit",
]
