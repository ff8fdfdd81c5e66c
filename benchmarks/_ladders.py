"""Databases full of clocks that run, for the sweep of the ladder.

One real case for each of a few dozen service types, opened and given to an official by the real
actions, then as many like it as are asked for, by INSERT … SELECT. Each has three clocks that
run (solution, first response, stint) and await a moment within the next year.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection

from benchmarks._base import doing
from benchmarks._filling import _take_off
from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment, Unit
from centro.cases import actions
from centro.cases.models import Case, SlaClock
from centro.catalog.models import ServiceType
from centro.kernel.actor import SYSTEM
from centro.places.models import Place

CLOCKS_A_CASE = 3
_MODELS = 60
_TABLES = ["cases_case", "cases_slaclock"]
_LATER = "now() + interval '2 days' + interval '363 days' * ((of.id * 7919) % 99991) / 99991.0"


def fill_ladder(clocks: int) -> None:
    """Fill the database of this process, which has a country and no case."""
    cases = max(clocks // CLOCKS_A_CASE, _MODELS)
    with doing("  the first of each type"):
        _make_models()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        held = _take_off(cursor, _TABLES)
        with doing(f"  {cases} cases"):
            cursor.execute(_CASES.format(columns=_columns(Case)), [cases - _MODELS, _MODELS])
        with doing("  their clocks"):
            columns = _columns(SlaClock, "case_id", "next_at")
            values = ", ".join(f"model.{name}" for name in columns.split(", "))
            cursor.execute(_CLOCKS.format(columns=columns, values=values, later=_LATER))
        with doing("  indexes and constraints"):
            for statement in held:
                cursor.execute(statement)
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("ANALYZE")


_CASES = """
    INSERT INTO cases_case ({columns})
    SELECT {columns} FROM generate_series(1, %s) AS i
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM cases_case) AS model
        ON model.number = i %% %s
"""
_CLOCKS = """
    INSERT INTO cases_slaclock ({columns}, case_id, next_at)
    SELECT {values}, of.id, {later}
    FROM cases_case of
    JOIN (SELECT service_id AS of_service, k.* FROM cases_slaclock k
        JOIN cases_case m ON m.id = k.case_id) AS model ON model.of_service = of.service_id
    WHERE of.id > (SELECT max(case_id) FROM cases_slaclock)
"""


def _columns(model: Any, *without: str) -> str:
    names = (field.column for field in model._meta.concrete_fields)
    return ", ".join(name for name in names if name not in {"id", *without})


def _make_models() -> None:
    """A case of each of the first service types, in the hands of an official of its entity."""
    place = Place.objects.filter(level="corregimiento", active=True).order_by("code").first()
    found = ServiceType.objects.filter(
        active=True, agency__active=True, agency__jurisdiction=None, confidentiality="open"
    )
    staff: dict[int, User] = {}
    for service in found.select_related("agency").order_by("code")[:_MODELS]:
        matter = actions.Matter(service=service, description="Hay un hueco.", place=place)
        case = actions.open_case(matter=matter, channel="web", anonymous=True, by=SYSTEM)
        agency = service.agency
        assert agency is not None
        if agency.pk not in staff:
            staff[agency.pk] = _make_staff(agency)
        unit = Unit.objects.filter(agency=agency, active=True).order_by("pk").first()
        Case.objects.filter(pk=case.pk).update(
            unit=unit, official=staff[agency.pk], status="in_progress", reason="working"
        )
    SlaClock.objects.update(next_at=None)
    SlaClock.objects.filter(metric="interim").delete()


def _make_staff(agency: Agency) -> User:
    """Somebody at each rung of an entity. Returns the official."""
    password = make_password(None)
    made = []
    for role in (Role.OFFICIAL, Role.LIAISON, Role.EXECUTIVE, Role.HEAD):
        user = User.objects.create(username=f"ladder.{agency.slug}.{role}", password=password)
        Assignment.objects.create(user=user, role=role, agency=agency)
        made.append(user)
    return made[0]


def make_due(rungs: int) -> None:
    """Let so many solution clocks, spread over all cases, reach their first rung just now."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEAN)
        cursor.execute(
            "WITH due AS (SELECT id, row_number() OVER (ORDER BY (id * 7919) %% 99991, id) AS n"
            " FROM cases_slaclock WHERE metric = 'solution')"
            " UPDATE cases_slaclock k SET next_rung = 1,"
            " next_at = now() - interval '1 minute' * (n %% 50) FROM due"
            " WHERE due.id = k.id AND n <= %s",
            [rungs],
        )
        cursor.execute("VACUUM ANALYZE cases_slaclock")


_CLEAN = """
    DELETE FROM cases_notice;
    DELETE FROM cases_escalation;
    DELETE FROM cases_timelineentry WHERE kind LIKE 'escalated%';
"""


def what_came() -> dict[str, int]:
    """How many rungs are recorded, and what somebody was told or the timeline says twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM cases_escalation),"
            " (SELECT count(*) - count(DISTINCT (escalation_id, user_id)) FROM cases_notice)"
            " + (SELECT count(*) - count(DISTINCT (case_id, cycle, data->>'rung'))"
            "    FROM cases_timelineentry WHERE kind LIKE 'escalated%')"
            " + (SELECT count(*) - count(DISTINCT (case_id, cycle, rung)) FROM cases_escalation)"
        )
        rungs, twice = cursor.fetchone()
    return {"rungs": rungs, "duplicates": twice}
