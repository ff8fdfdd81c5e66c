"""Why this date: each fact that makes a deadline is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions.clocks import retarget_clocks
from centro.cases.explaining import explanation_of
from centro.cases.models import Case
from centro.catalog.calendars import version_in_force
from centro.catalog.models import (
    BusinessCalendar,
    CalendarVersion,
    Holiday,
    Policy,
    PolicyVersion,
    ServiceType,
)
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.calendar import Unit
from centro.kernel.clock import now
from centro.ops import cli
from centro.places.models import Place
from centro.places.stamps import forget_copies
from tests import make
from tests.moments import Frozen, panama

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def case(frozen: Frozen) -> Case:
    """Opened on Thursday 5 March 2026, with five working days and a holiday on Monday."""
    Holiday.objects.create(day=date(2026, 3, 9), name="Día de prueba", kind="national")
    frozen.to("2026-03-05 10:00")
    return make.case()


def decree(day: str, name: str, hours: Sequence[Sequence[int]] = ()) -> None:
    """A day of its own in the calendar of offices, in force for the clocks under way too."""
    old = version_in_force(BusinessCalendar.OFFICE)
    CalendarVersion.objects.filter(pk=old.pk).update(state="past")
    special = {"day": day, "name": name, "hours": hours, "places": []}
    CalendarVersion.objects.create(
        calendar_id=old.calendar_id,
        number=old.number + 1,
        week=old.week,
        special=[*old.special, special],
        state="in_force",
    )
    forget_copies()
    for case in Case.objects.all():
        retarget_clocks(case, at=now(), cause="calendar")


def agree(service: ServiceType, place: Place | None, priority: str, **term: Any) -> None:
    """An agreement of its own for a region and a priority."""
    policy, _made = Policy.objects.get_or_create(service=service, place=place, priority=priority)
    policy.versions.update(state="past")
    PolicyVersion.objects.create(
        policy=policy,
        number=2,
        calendar=version_in_force(BusinessCalendar.OFFICE).calendar,
        response_amount=1,
        solution_amount=term["amount"],
        solution_unit=term["unit"].value,
        state="in_force",
    )
    forget_copies()


def told(case: Case) -> str:
    case.refresh_from_db()
    return "\n".join(explanation_of(case).sentences())


def test_start_term_hours_days_and_date_are_told(case: Case):
    words = told(case)
    assert "desde que la persona habló: jue 5 mar 2026, 10:00" in words
    assert "5 días hábiles" in words
    assert "8:00–16:00" in words
    assert "Día de prueba" in words
    assert "2 días de descanso semanal" in words
    assert "la fecha límite es el vie 13 mar 2026, 4:00" in words


def test_a_pause_is_told_with_its_reason_and_its_end(case: Case, frozen: Frozen):
    liaison = actor_of(make.user(Role.LIAISON, case.agency))
    until = panama("2026-03-11 16:00")
    actions.ask_citizen(case=case, text="¿Qué casa?", until=until, by=liaison)
    assert "está detenido desde el jue 5 mar" in told(case)
    frozen.to("2026-03-10 09:00")
    actions.add_information(case=case, text="La azul", by=citizen())
    words = told(case)
    assert "se detuvo del jue 5 mar" in words
    # From Thursday at 10 to Tuesday at 9, over a weekend and a holiday.
    assert "(15 horas hábiles)" in words
    assert "Falta información de la persona" in words
    assert "la fecha límite es el mar 17 mar 2026, 3:00" in words


def test_a_correction_is_told_with_the_date_it_took_away(case: Case):
    other = make.service(agency=case.agency, working_days=2)
    actions.reclassify_case(case=case, service=other, text="Era otra cosa", by=SYSTEM)
    words = told(case)
    assert "Se corrigió la clasificación" in words
    assert "Antes vencía el vie 13 mar" in words
    assert "2 días hábiles" in words
    assert "Antes eran 5 días hábiles" in words


def test_a_change_of_the_calendar_is_told_and_the_day_is_named(case: Case, frozen: Frozen):
    frozen.to("2026-03-10 09:00")
    decree("2026-03-11", "Duelo nacional")
    words = told(case)
    assert "Cambió el calendario: mar 10 mar" in words
    assert "Antes vencía el vie 13 mar" in words
    assert "mié 11 mar (Duelo nacional)" in words
    assert "la fecha límite es el lun 16 mar 2026, 4:00" in words


def test_a_day_with_other_hours_is_named():
    decree("2026-03-04", "Media jornada", [[480, 720]])
    assert "Con otro horario: mié 4 mar (Media jornada) 8:00–12:00" in told(make.case())


def test_a_region_and_a_priority_of_the_agreement_are_named():
    there = make.place("Boquete", level="district")
    service = make.service()
    agree(service, there, "medium", amount=6, unit=Unit.WORKING_HOURS)
    words = told(make.case(service=service, place=make.place(parent=there)))
    assert f"6 horas hábiles · {there.full_name} · Media" in words
    assert "Sólo cuentan las horas en que se atiende" in words


def test_calendar_days_end_with_the_day_on_a_calendar_that_never_closes():
    service = make.service()
    agree(service, None, "", amount=3, unit=Unit.CALENDAR_DAYS)
    words = told(make.case(service=service))
    assert "3 días calendario" in words
    assert "vence al terminar el último" in words
    assert "todos los días, a toda hora" in words


def test_a_reopened_case_is_told_from_its_reopening_and_since_when_it_is_open(
    case: Case, frozen: Frozen
):
    liaison = actor_of(make.user(Role.LIAISON, case.agency))
    actions.resolve_case(case=case, text="Listo", by=liaison)
    assert "se resolvió a tiempo" in told(case)
    frozen.to("2026-03-10 09:00")
    actions.reopen_case(case=case, text="No es cierto", by=citizen())
    words = told(case)
    assert "desde que el caso se reabrió: mar 10 mar" in words
    assert "Se abrió por primera vez el jue 5 mar" in words
    assert "va por la vuelta 2" in words
    assert "En total, 5 días" in words
    assert explanation_of(case).total() in words


def test_english_readers_are_told_in_english(case: Case):
    with translation.override("en"):
        words = told(case)
    assert "5 working days" in words
    assert "vence" not in words


def test_a_case_that_ended_without_a_solution_has_no_date_any_more(case: Case):
    actions.withdraw_case(case=case, by=citizen())
    assert "quedó sin efecto" in told(case)


def test_one_statement_tells_it_all(case: Case):
    explanation_of(case).sentences()
    with CaptureQueriesContext(connection) as captured:
        explanation_of(case).sentences()
    assert len(captured) == 1


def test_the_command_prints_the_dates_and_their_reasons(
    case: Case, frozen: Frozen, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("centro.ops.environment.prepare", lambda **_: None)
    frozen.to("2026-03-13 17:00")
    actions.escalate_due()
    done = CliRunner().invoke(cli.centro, ["explain", case.number], catch_exceptions=False)
    said = json.loads(done.output)
    assert (said["case"], said["due_at"]) == (case.number, "2026-03-13T16:00:00-05:00")
    assert [(rung["rung"], rung["fired_at"] is not None) for rung in said["rungs"]] == [
        (1, True), (2, True), (3, False), (4, False), (5, False)
    ]  # fmt: skip
    assert said["rungs"][1]["moment"] == said["due_at"]
    solution = said["clocks"][0]
    assert (solution["metric"], solution["consumed_seconds"]) == ("solution", 46 * 3600)
    assert solution["target_seconds"] == 46 * 3600
    assert {"day": "2026-03-09", "name": "Día de prueba"} in said["skipped_days"]
    assert any("la fecha límite" in reason for reason in said["reasons"])
    assert CliRunner().invoke(cli.centro, ["explain", "nada"]).exit_code == 1


def test_the_command_takes_a_number_as_it_was_typed_and_counts_on_the_end_of_a_wait(
    case: Case, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("centro.ops.environment.prepare", lambda **_: None)
    until = panama("2026-03-12 16:00")
    actions.hold_case(case=case, reason="weather", until=until, by=SYSTEM)
    typed = case.number.removeprefix("311-").replace("-", "").lstrip("0")
    done = CliRunner().invoke(cli.centro, ["explain", typed], catch_exceptions=False)
    said = json.loads(done.output)
    (pause,) = said["pauses"]
    assert (pause["reason"], pause["until"]) == ("weather", "2026-03-12T16:00:00-05:00")
    assert (pause["over"], pause["seconds"]) == (False, 38 * 3600)
    assert said["rungs"][1]["moment"] == said["due_at"] == "2026-03-20T14:00:00-05:00"
