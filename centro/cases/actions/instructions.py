"""What the Presidency tells an entity to do, and what the entity answers. Each has its own clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from centro.accounts.roles import Role
from centro.agencies.absences import stand_ins
from centro.agencies.models import Agency
from centro.agencies.scopes import leaders_of
from centro.cases import rules
from centro.cases.actions import step
from centro.cases.models import Case, Incident, Instruction, Notice, TimelineEntry
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed

LONGEST_TERM = 30
State = Instruction.State


@transaction.atomic
def instruct_agency(
    *,
    agency: Agency,
    cases: Sequence[Case],
    text: str,
    days: int,
    incident: Incident | None = None,
    by: Actor,
) -> Instruction:
    """The Presidency tells an entity to act on its unsolved cases, within `days` working days.

    Its head and executive liaisons get an urgent notice, each case a line. A case that an
    instruction in force covers is left out, so that two taps are one instruction; NotNow when
    nothing remains. Sealed cases are never part of one.
    """
    if Role.PRESIDENCY not in by.roles or by.id is None:
        raise NotAllowed(_("Sólo la Presidencia da instrucciones."))
    text = rules.require_text(text, _("la instrucción"))
    if not 1 <= days <= LONGEST_TERM:
        raise Invalid(_("El plazo va de 1 a %(n)s días hábiles.") % {"n": LONGEST_TERM}, days=days)
    moment = now()
    fitting = _lock_fitting(agency, cases)
    if not fitting:
        raise rules.NotNow(
            _("Ya no queda nada que instruir aquí: está resuelto, o ya tiene una instrucción.")
        )
    instruction = Instruction.objects.create(
        agency=agency,
        incident=incident,
        text=text,
        given_by_id=by.id,
        given_at=moment,
        due_at=step.end_of_working_days(days),
        **_common(fitting),
    )
    through = Instruction.cases.through
    through.objects.bulk_create([through(instruction=instruction, case=case) for case in fitting])
    until = instruction.due_at.isoformat()
    _write(instruction, fitting, "instructed", by, text=text, until=until)
    _notify(instruction)
    return instruction


def _lock_fitting(agency: Agency, cases: Sequence[Case]) -> list[Case]:
    """Those that the entity still has to solve and that no instruction covers, under their locks."""
    wanted = Case.objects.unsolved().filter(pk__in=[case.pk for case in cases], agency=agency)
    locked = wanted.select_for_update(of=("self",)).select_related("service", "place__district")
    found = [case for case in locked.order_by("pk") if not case.is_sealed]
    in_force = Instruction.objects.in_force(now()).filter(cases__in=found)
    covered = set(in_force.values_list("cases__pk", flat=True))
    return [case for case in found if case.pk not in covered]


def _common(cases: Sequence[Case]) -> dict[str, Any]:
    """The service type and the place of all of them, where there is one."""
    services = {case.service for case in cases}
    places = {case.place for case in cases}
    if len(places) > 1:
        places = {place.district if place else None for place in places}
    return {
        "service": services.pop() if len(services) == 1 else None,
        "place": places.pop() if len(places) == 1 else None,
    }


def _notify(instruction: Instruction) -> None:
    """Urgent, to the head and the executive liaisons, or to whoever answers while they are away."""
    leaders = [leader.pk for leader in leaders_of(instruction.agency)]
    away = stand_ins(leaders)
    told: dict[int, int | None] = {one: None for one in leaders if one not in away}
    for leader, instead in away.items():
        if instead is not None:
            told.setdefault(instead, leader)
    data = {
        "instruction": instruction.pk,
        "until": instruction.due_at.isoformat(),
        "text": instruction.text,
    }
    Notice.objects.bulk_create(
        Notice(user_id=user, instead_of_id=of, kind=Notice.Kind.INSTRUCTION, urgent=True, data=data)
        for user, of in told.items()
    )


@transaction.atomic
def answer_instruction(*, instruction: Instruction, text: str, by: Actor) -> Instruction:
    """The entity tells the Presidency what it did. The cases stay what they are."""
    instruction = _lock_open(instruction)
    instruction.answer = rules.require_text(text, _("la respuesta"))
    instruction.answered_by_id, instruction.answered_at = by.id, now()
    instruction.state = State.ANSWERED
    instruction.save(update_fields=["answer", "answered_by", "answered_at", "state"])
    _write(instruction, _cases_of(instruction), "instruction_answered", by, text=instruction.answer)
    return instruction


@transaction.atomic
def withdraw_instruction(*, instruction: Instruction, by: Actor) -> Instruction:
    """The Presidency takes it back."""
    if Role.PRESIDENCY not in by.roles:
        raise NotAllowed(_("Sólo la Presidencia retira una instrucción."))
    instruction = _lock_open(instruction)
    instruction.state = State.WITHDRAWN
    instruction.save(update_fields=["state"])
    _write(instruction, _cases_of(instruction), "instruction_withdrawn", by)
    return instruction


def _lock_open(instruction: Instruction) -> Instruction:
    locked = Instruction.objects.select_for_update(of=("self",)).select_related("agency")
    found = locked.get(pk=instruction.pk)
    if found.state != State.OPEN:
        raise rules.NotNow(
            _("La instrucción ya está «%(now)s».") % {"now": found.get_state_display().lower()}
        )
    return found


def _cases_of(instruction: Instruction) -> list[Case]:
    return list(instruction.cases.only("pk", "cycle").order_by("pk"))


def _write(
    instruction: Instruction, cases: Sequence[Case], kind: str, by: Actor, **data: Any
) -> None:
    """One line on each case of the instruction."""
    told = {"agency": instruction.agency.acronym, "instruction": instruction.pk, **data}
    TimelineEntry.objects.bulk_create([case.entry(kind, by=by, **told) for case in cases])
