"""Not one case without an answer: a complaint that everybody ignores climbs to the President."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from django.utils.timezone import localtime
from playwright.sync_api import expect

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.cases.actions import escalate_due, send_digests
from centro.cases.models import Case, Escalation, Notice
from centro.catalog.agreements import forget_agreements
from centro.catalog.models import Holiday, PolicyVersion
from centro.channels.delivery import deliver_message
from centro.channels.models import OutboundMessage
from centro.ops import cli
from tests import make
from tests.e2e.axe import assert_accessible
from tests.e2e.test_story import answer, country, do, report, sign_in
from tests.moments import Frozen, panama

if TYPE_CHECKING:
    from tests.browser import Visitors

# Two working days from Thursday 3 December at 10:00, over a weekend, a bridge and a holiday, end on
# Wednesday 9 at 16:00: 22 open hours. The rungs by the standard shares of them, in local time.
MOMENTS = {
    1: "2026-12-09 10:30",
    2: "2026-12-09 16:00",
    3: "2026-12-11 11:00",
    4: "2026-12-14 14:00",
    5: "2026-12-17 12:00",
}
# The worker is down while the second rung is reached, and comes back at night.
DOWN = (panama("2026-12-09 15:00"), panama("2026-12-09 23:00"))


class Country:
    """The water company with somebody at each rung, and the President above."""

    def __init__(self) -> None:
        Holiday.objects.create(day=date(2026, 12, 7), name="Puente", kind="bridge")
        Holiday.objects.create(day=date(2026, 12, 8), name="Día de las Madres", kind="national")
        self.water, _works, self.service = country()
        agreement = PolicyVersion.objects.filter(policy__service=self.service)
        agreement.update(solution_amount=2, response_amount=2)
        forget_agreements()
        # The official with the fewest cases gets it at once.
        type(self.water).objects.filter(pk=self.water.pk).update(distribution="load")
        unit = self.water.units.get()
        self.first = self.person(Role.OFFICIAL, "primera", unit=unit)
        self.second = self.person(Role.OFFICIAL, "segundo", unit=unit)
        self.liaison = self.person(Role.LIAISON, "enlace", of=self.water)
        self.executive = self.person(Role.EXECUTIVE, "ejecutiva", of=self.water)
        self.head = self.person(Role.HEAD, "jefe", of=self.water)
        self.president = self.person(Role.PRESIDENCY, "presidenta")

    @staticmethod
    def person(role: Role, name: str, **post: Any) -> User:
        return make.user(role, email=f"{name}@estado.example", first_name=name.title(), **post)


def live(frozen: Frozen, until: str) -> None:
    """Time passes, half an hour at a time, with the worker's sweeps wherever it is not down."""
    end = panama(until)
    while frozen.now < end:
        frozen.to(min(frozen.now + timedelta(minutes=30), end))
        if DOWN[0] <= frozen.now < DOWN[1]:
            continue
        escalate_due()
        send_digests()
        for message in OutboundMessage.objects.filter(status="queued"):
            deliver_message(message_id=message.pk)


def test_a_complaint_ignored_by_everyone_climbs_to_the_president_and_is_solved(
    visitors: Visitors, frozen: Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen.to("2026-12-03 10:00")
    people = Country()
    number, code = report(visitors())
    case = Case.objects.numbered(number).get()
    assert localtime(case.due_at) == panama("2026-12-09 16:00")

    # Nobody does anything. Each rung comes at its moment, and each person hears of it once.
    live(frozen, "2026-12-18 09:00")
    fired = Escalation.objects.filter(case=case, cycle=1).order_by("rung")
    assert {e.rung: localtime(e.moment) for e in fired} == {
        rung: panama(moment) for rung, moment in MOMENTS.items()
    }
    told = Notice.objects.filter(case=case, kind__in=["rung", "warning"])
    assert Counter(told.values_list("user", flat=True)) == {
        user.pk: 1
        for user in (case.official, people.liaison, people.executive, people.head, people.president)
    }
    assert not told.filter(message=None).exists(), "each was written to"
    hours = {localtime(m.created_at).hour for m in OutboundMessage.objects.filter(name="digest")}
    assert all(6 <= hour < 22 for hour in hours), hours

    # The President has five minutes and a telephone.
    president = sign_in(visitors, people.president, viewport={"width": 360, "height": 740})
    president.goto("/mesa/presidencia/")
    expect(president.get_by_role("main")).to_contain_text("Fuga de agua")
    assert_accessible(president)
    president.get_by_role("button", name=re.compile("Instruir a IDAAN")).click()
    expect(president.get_by_role("main")).to_contain_text("Qué pasó con las últimas")
    assert_accessible(president)

    # The head reads the instruction; the official solves at last.
    live(frozen, "2026-12-18 10:00")
    head = sign_in(visitors, people.head)
    head.goto("/mesa/instrucciones/")
    expect(head.get_by_role("main")).to_contain_text("Fuga de agua")
    assert_accessible(head)
    worker = people.first if case.official == people.first else people.second
    other = people.second if worker == people.first else people.first
    solver = sign_in(visitors, worker)
    solver.goto(f"/mesa/casos/{number}/")
    solver.get_by_text("¿Por qué esta fecha?").first.click()
    why = solver.locator("#case")
    expect(why).to_contain_text("Día de las Madres")
    expect(why).to_contain_text("Puente")
    assert_accessible(solver)
    do(solver, number, "Resolver", text="Cerramos la llave de paso.")

    # The citizen reads why the date is what it is, and says no.
    citizen = answer(visitors, number, code)
    citizen.get_by_text("¿Por qué esta fecha?").first.click()
    expect(citizen.get_by_role("main")).to_contain_text("Día de las Madres")
    assert_accessible(citizen)
    citizen.get_by_text("No, ", exact=False).first.click()
    citizen.get_by_role("textbox").first.fill("La tubería sigue rota.")
    citizen.get_by_role("button", name="Reabrir el caso").click()
    expect(citizen.get_by_role("main")).to_contain_text("La tubería sigue rota.")
    case.refresh_from_db()
    assert (case.cycle, case.official) == (2, other)

    # One rung higher from the start: the liaison hears of it at once.
    live(frozen, "2026-12-18 12:00")
    assert Notice.objects.filter(case=case, kind="reopened", user=people.liaison).exists()
    do(sign_in(visitors, other), number, "Resolver", text="Cambiamos el tramo de tubería.")
    citizen = answer(visitors, number, code)
    citizen.get_by_role("button", name="Sí, está resuelto").click()
    expect(citizen.get_by_role("main")).to_contain_text("Cerrado")
    case.refresh_from_db()
    assert (case.status, case.reason, case.satisfied) == ("closed", "satisfied", True)

    monkeypatch.setattr("centro.ops.environment.prepare", lambda **_: None)
    done = CliRunner().invoke(cli.centro, ["explain", number], catch_exceptions=False)
    said = json.loads(done.output)
    assert said["cycle"] == 2
    assert [rung["rung"] for rung in said["rungs"]] == [2, 3, 4, 5], "it began one rung higher"
