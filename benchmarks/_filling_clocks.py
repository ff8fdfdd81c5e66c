"""The clocks of a database that is filled by bulk SQL: every solution, all that go on, every rung.

Business time is looked up in small tables: `pick_day` knows the opening of each local day and the
open seconds before it, so that a moment has a position in the open time of its calendar and a
position has its moment. Closures of single provinces are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from centro.catalog.agreements import policy_for
from centro.catalog.calendars import calendar_at, version_in_force
from centro.catalog.models import BusinessCalendar, PolicyVersion, ServiceType
from centro.kernel.calendar import Calendar, Term, Unit, term_end
from centro.kernel.clock import now

TABLES = ["cases_slaclock", "cases_escalation"]
DAYS_BEHIND, DAYS_AHEAD = 1_100, 900
Row = tuple[Any, ...]
_Key = tuple[str, int, str]  # calendar, amount, unit


class Terms:
    """The tables from which the SQL picks, each with its columns."""

    def __init__(self) -> None:
        self.calendars = {
            code: calendar_at(version_in_force(code), None)
            for code in (BusinessCalendar.OFFICE, BusinessCalendar.ALWAYS)
        }
        self.numbers = {code: n for n, code in enumerate(self.calendars)}
        self.terms: dict[_Key, int] = {}
        self.policies = list(self._policies())

    def tables(self) -> Iterator[tuple[str, str, Iterator[Row] | list[Row]]]:
        """(name, columns, rows) of each."""
        yield (
            "pick_day",
            "cal int, day date, opens timestamptz, size int, before bigint",
            self._days(),
        )
        yield (
            "pick_policy",
            "service_id bigint, policy_id bigint, shares int[], solution int, response int",
            self.policies,
        )
        yield (
            "pick_term",
            "term int, cal int, version_id bigint, amount int, unit text",
            self._terms(),
        )
        yield "pick_due", "term int, day date, due timestamptz, pos bigint", self._dues()

    def _policies(self) -> Iterator[Row]:
        for service in ServiceType.objects.filter(active=True).order_by("code"):
            policy = policy_for(service, None, service.priority)
            solution = self._term(policy, policy.solution_amount, policy.solution_unit)
            response = self._term(policy, policy.response_amount, policy.response_unit)
            yield service.pk, policy.pk, policy.shares, solution, response

    def _term(self, policy: PolicyVersion, amount: int, unit: str) -> int:
        around = unit == Unit.CALENDAR_DAYS
        code = BusinessCalendar.ALWAYS if around else policy.calendar.code
        return self.terms.setdefault((code, amount, unit), len(self.terms))

    def _terms(self) -> Iterator[Row]:
        for (code, amount, unit), number in self.terms.items():
            yield number, self.numbers[code], version_in_force(code).pk, amount, unit

    def _days(self) -> Iterator[Row]:
        for code, calendar in self.calendars.items():
            passed = 0
            for day in _dates():
                opens, size = _opening(calendar, day)
                yield self.numbers[code], day, opens, size, passed
                passed += size

    def _dues(self) -> Iterator[Row]:
        """When a term in days ends that began on a day; one in hours depends on the hour."""
        passed = {(number, day): before + size for number, day, _o, size, before in self._days()}
        for (code, amount, unit), number in self.terms.items():
            if unit == Unit.WORKING_HOURS:
                continue
            calendar = self.calendars[code]
            for day in _dates():
                noon = datetime.combine(day, time(12), calendar.zone)
                due = term_end(calendar, noon, Term(amount, Unit(unit)))
                last = (due - timedelta(seconds=1)).astimezone(calendar.zone).date()
                # A term ends at closing time: all of its last day has been open by then.
                known = passed.get((self.numbers[code], last))
                if known is not None:
                    yield number, day, due, known


def _dates() -> Iterator[date]:
    first = now().date() - timedelta(days=DAYS_BEHIND)
    return (first + timedelta(days=n) for n in range(DAYS_BEHIND + DAYS_AHEAD))


def _opening(calendar: Calendar, day: date) -> tuple[datetime, int]:
    """When a day opens and for how many seconds; a closed one for none."""
    midnight = datetime.combine(day, time(), calendar.zone)
    hours = calendar.hours_on(day)
    if not hours:
        return midnight, 0
    if len(hours) > 1:
        raise ValueError(f"the benchmarks know one opening a day: {day}")
    size = (hours[0].closes - hours[0].opens) * 60
    return midnight + timedelta(minutes=hours[0].opens), size


INDEXES = (
    "CREATE UNIQUE INDEX ON pick_day (cal, day)",
    "CREATE UNIQUE INDEX ON pick_day (cal, before) WHERE size > 0",
    "CREATE UNIQUE INDEX ON pick_policy (service_id)",
    "CREATE UNIQUE INDEX ON pick_due (term, day)",
)
# Joined to whatever has a service and a moment: `due`, and the positions of start and end.
DUE_OF = """
        JOIN pick_policy pp_{n} ON pp_{n}.service_id = {of}.service_id
        JOIN pick_term t_{n} ON t_{n}.term = pp_{n}.{metric}
        JOIN pick_day d_{n} ON d_{n}.cal = t_{n}.cal AND d_{n}.day = ({of}.{at} AT TIME ZONE '{zone}')::date
        CROSS JOIN LATERAL (SELECT d_{n}.before + least(greatest(
            floor(extract(epoch FROM {of}.{at} - d_{n}.opens)), 0), d_{n}.size)::bigint AS pos) s_{n}
        LEFT JOIN pick_due u_{n} ON u_{n}.term = t_{n}.term AND u_{n}.day = d_{n}.day
        LEFT JOIN LATERAL (
            SELECT opens + interval '1 second' * (s_{n}.pos + t_{n}.amount * 3600 - before) AS due
            FROM pick_day WHERE u_{n}.due IS NULL AND cal = t_{n}.cal AND size > 0
                AND before < s_{n}.pos + t_{n}.amount * 3600 ORDER BY before DESC LIMIT 1) h_{n} ON true
        CROSS JOIN LATERAL (SELECT coalesce(u_{n}.due, h_{n}.due) AS due,
            coalesce(u_{n}.pos, s_{n}.pos + t_{n}.amount * 3600) AS pos) e_{n}
"""


def due_of(of: str, at: str, zone: str, metric: str = "solution") -> str:
    """The joins that give `e_{metric}.due` for a row `of` with a service and a moment `at`."""
    return DUE_OF.format(of=of, at=at, zone=zone, metric=metric, n=metric)


_COLUMNS = """case_id, metric, cycle, stint, agency_id, policy_id, calendar_id, term_amount, term_unit,
    started_at, target_seconds, consumed_seconds, resumed_at, due_at, state, stopped_at, on_time,
    base_rung, next_at, next_rung"""
# Every solution clock; those that run await the first rung that has not come yet.
_SOLUTIONS = """
    INSERT INTO cases_slaclock ({columns})
    SELECT c.id, 'solution', 1, 0, NULL, pp_solution.policy_id, t_solution.version_id,
        t_solution.amount, t_solution.unit, c.spoken_at, e_solution.pos - s_solution.pos,
        CASE WHEN c.closed_at IS NULL AND c.resolved_at IS NULL THEN 0
            ELSE (e_solution.pos - s_solution.pos) / 2 END,
        CASE WHEN running THEN c.spoken_at END, e_solution.due,
        CASE WHEN running THEN 'running' WHEN c.resolved_at IS NULL THEN 'cancelled' ELSE 'stopped' END,
        c.resolved_at, c.resolved_at <= e_solution.due, 0, aimed.moment, aimed.rung
    FROM cases_case c
    CROSS JOIN LATERAL (SELECT c.status IN ('received', 'assigned', 'in_progress', 'waiting')) r(running)
    {joins}
    LEFT JOIN LATERAL (
        SELECT rung, moment FROM generate_series(1, 5) AS rung
        CROSS JOIN LATERAL (SELECT s_solution.pos
            + ceil((e_solution.pos - s_solution.pos) * pp_solution.shares[rung] / 100.0)::bigint) w(pos)
        CROSS JOIN LATERAL (SELECT opens + interval '1 second' * (w.pos - before) AS moment
            FROM pick_day WHERE cal = t_solution.cal AND size > 0 AND before < w.pos
            ORDER BY before DESC LIMIT 1) m
        WHERE running AND moment > now() ORDER BY rung LIMIT 1) aimed ON true
"""
_RUNGS = """
    INSERT INTO cases_escalation (case_id, cycle, rung, clock_id, agency_id, share, moment, fired_at,
        nobody, promise)
    SELECT k.case_id, 1, rung, k.id, c.agency_id, v.shares[rung], m.moment,
        date_trunc('minute', m.moment) + interval '1 minute', false, ''
    FROM cases_slaclock k
    JOIN cases_case c ON c.id = k.case_id
    JOIN catalog_policyversion v ON v.id = k.policy_id
    JOIN pick_term t ON t.version_id = k.calendar_id AND t.amount = k.term_amount AND t.unit = k.term_unit
    JOIN pick_day d ON d.cal = t.cal AND d.day = (k.started_at AT TIME ZONE '{zone}')::date
    CROSS JOIN LATERAL (SELECT d.before + least(greatest(
        floor(extract(epoch FROM k.started_at - d.opens)), 0), d.size)::bigint AS pos) s
    CROSS JOIN LATERAL generate_series(1, coalesce(k.next_rung, 6) - 1) AS rung
    CROSS JOIN LATERAL (SELECT s.pos + ceil(k.target_seconds * v.shares[rung] / 100.0)::bigint) w(pos)
    CROSS JOIN LATERAL (SELECT opens + interval '1 second' * (w.pos - before) AS moment
        FROM pick_day WHERE cal = t.cal AND size > 0 AND before < w.pos
        ORDER BY before DESC LIMIT 1) m
    WHERE k.metric = 'solution' AND k.state = 'running'
"""
# Whoever has begun has answered the citizen; the others are warned once, at the end of the term.
_RESPONSES = """
    INSERT INTO cases_slaclock ({columns})
    SELECT c.id, 'first_response', 1, 0, NULL, pp_response.policy_id, t_response.version_id,
        t_response.amount, t_response.unit, c.spoken_at, e_response.pos - s_response.pos, 0,
        CASE WHEN running THEN c.spoken_at END, e_response.due,
        CASE WHEN running THEN 'running' ELSE 'stopped' END,
        CASE WHEN NOT running THEN answered END,
        CASE WHEN NOT running THEN answered <= e_response.due END, 0,
        CASE WHEN running AND e_response.due > now() THEN e_response.due END, NULL
    FROM cases_case c
    CROSS JOIN LATERAL (SELECT c.status IN ('received', 'assigned'),
        c.spoken_at + least(now() - c.spoken_at, interval '3 days') * 0.5) r(running, answered)
    {joins}
    WHERE c.closed_at IS NULL
"""
_STINTS = """
    INSERT INTO cases_slaclock ({columns})
    SELECT k.case_id, 'stint', 1, 1, c.agency_id, k.policy_id, k.calendar_id, k.term_amount,
        k.term_unit, k.started_at, k.target_seconds, k.consumed_seconds, k.resumed_at, k.due_at,
        k.state, k.stopped_at, k.on_time, 0,
        CASE WHEN k.state = 'running' AND k.due_at > now() THEN k.due_at END, NULL
    FROM cases_slaclock k JOIN cases_case c ON c.id = k.case_id
    WHERE k.metric = 'solution' AND c.closed_at IS NULL
"""


def statements(zone: str) -> list[tuple[str, str]]:
    """What to run once the cases are there."""
    solution, response = (due_of("c", "spoken_at", zone, m) for m in ("solution", "response"))
    return [
        ("solution clocks", _SOLUTIONS.format(columns=_COLUMNS, joins=solution)),
        ("rungs", _RUNGS.format(zone=zone)),
        ("first responses", _RESPONSES.format(columns=_COLUMNS, joins=response)),
        ("stints", _STINTS.format(columns=_COLUMNS)),
    ]
