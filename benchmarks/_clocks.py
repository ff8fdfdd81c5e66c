"""Gives every case of a filled database to its entity again, with clocks that run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import connection

from centro.cases import hands
from centro.cases.actions.clocks import calendar_and_term
from centro.cases.models import Case, SlaClock
from centro.catalog.agreements import policy_for
from centro.catalog.calendars import calendars_of, version_in_force

METRICS = (SlaClock.Metric.SOLUTION, SlaClock.Metric.FIRST_RESPONSE, SlaClock.Metric.STINT)
# Cases are as old as this at most; of every twenty one waits for the citizen.
_OLDEST = timedelta(days=14)
_WAITS = 20
_CHUNK = 5000
_REOPEN = """
    UPDATE cases_case SET reason = 'working', status = 'in_progress', closed_at = NULL,
        waiting_until = NULL, resolved_at = NULL, answer_by = NULL, satisfied = NULL, solution = '',
        opened_at = now() - interval '14 days' * ((id * 7919) % 9973) / 9973.0,
        spoken_at = now() - interval '14 days' * ((id * 7919) % 9973) / 9973.0
    WHERE agency_id IS NOT NULL
"""


def run_clocks() -> int:
    """Let three clocks run for each case that has an entity. Returns how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("TRUNCATE cases_slaclock CASCADE")  # the lives they had go with them
        cursor.execute(_REOPEN)
    cases = Case.objects.exclude(agency=None).select_related("service", "place").order_by("pk")
    made = iter(_clocks(cases.defer("search").iterator(chunk_size=_CHUNK)))
    count = 0
    while chunk := list(islice(made, _CHUNK)):
        SlaClock.objects.bulk_create(chunk)
        count += len(chunk)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET due_at = c.due_at FROM cases_slaclock c"
            " WHERE c.case_id = cases_case.id AND c.metric = 'solution'"
        )
        cursor.execute("VACUUM (FULL, ANALYZE) cases_slaclock")
        cursor.execute("VACUUM (FULL, ANALYZE) cases_case")
    return count


def _clocks(cases: Iterable[Case]) -> Iterator[SlaClock]:
    calendars: dict[str, Any] = {}
    for case in cases:
        policy = policy_for(case.service, case.place, case.priority)
        for metric in METRICS:
            code, term = calendar_and_term(policy, metric)
            assert term is not None
            if code not in calendars:
                version = version_in_force(code)
                calendars[code] = version, calendars_of(version)
            version, calendar = calendars[code]
            clock = SlaClock(
                case=case, metric=metric, policy=policy, calendar=version, agency_id=case.agency_id,
                term_amount=term.amount, term_unit=term.unit.value, started_at=case.opened_at,
                stint=1 if metric == SlaClock.Metric.STINT else 0,
            )  # fmt: skip
            hands.start(clock, calendar(case.place))
            yield clock
