"""Business time: when an office is open, how long it was, and when a term ends.

Pure values and functions; the terms in words are in docs/explanation/terms.md.
"""

from centro.kernel.calendar.business import (
    Calendar,
    add_seconds,
    around_the_clock,
    seconds_between,
)
from centro.kernel.calendar.hours import (
    ALWAYS_WEEK,
    Day,
    Hours,
    Minutes,
    SpecialDay,
    Week,
    office_week,
)
from centro.kernel.calendar.terms import (
    Skipped,
    Term,
    Unit,
    share_moment,
    skipped_days,
    term_end,
)

__all__ = [
    "ALWAYS_WEEK",
    "Calendar",
    "Day",
    "Hours",
    "Minutes",
    "Skipped",
    "SpecialDay",
    "Term",
    "Unit",
    "Week",
    "add_seconds",
    "around_the_clock",
    "office_week",
    "seconds_between",
    "share_moment",
    "skipped_days",
    "term_end",
]
