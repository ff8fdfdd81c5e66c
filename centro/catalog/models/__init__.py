"""What can be asked of the State, who answers for it, and within which terms."""

from __future__ import annotations

from centro.catalog.models.calendars import BusinessCalendar, CalendarVersion
from centro.catalog.models.language import Saying
from centro.catalog.models.policies import Policy, PolicyVersion, RungHolder
from centro.catalog.models.routing import RoutingPlan, RoutingRule
from centro.catalog.models.services import (
    CaseKind,
    Confidentiality,
    Holiday,
    Priority,
    Question,
    ServiceType,
)

__all__ = [
    "BusinessCalendar",
    "CalendarVersion",
    "CaseKind",
    "Confidentiality",
    "Holiday",
    "Policy",
    "PolicyVersion",
    "Priority",
    "Question",
    "RoutingPlan",
    "RoutingRule",
    "RungHolder",
    "Saying",
    "ServiceType",
]
