"""What people do beside the figures."""

from __future__ import annotations

from centro.insights.actions.annotations import annotate_days, remove_annotation
from centro.insights.actions.plan import (
    PLANNERS,
    IndicatorData,
    add_indicator,
    add_objective,
    begin_plan,
    change_indicator,
    change_objective,
    close_plan,
    comment_indicator,
    enter_measurement,
    retire_indicator,
    retire_objective,
    set_targets,
)
from centro.insights.actions.reports import (
    send_due_reports,
    subscribe_report,
    unsubscribe_report,
)

__all__ = [
    "PLANNERS",
    "IndicatorData",
    "add_indicator",
    "add_objective",
    "annotate_days",
    "begin_plan",
    "change_indicator",
    "change_objective",
    "close_plan",
    "comment_indicator",
    "enter_measurement",
    "remove_annotation",
    "retire_indicator",
    "retire_objective",
    "send_due_reports",
    "set_targets",
    "subscribe_report",
    "unsubscribe_report",
]
