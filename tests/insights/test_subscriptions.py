"""Figures by mail: when, to whom, with whose sight, exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.agencies.scopes import actor_of
from centro.catalog.calendars import office_calendar
from centro.channels.actions import send_message
from centro.channels.models import OutboundMessage
from centro.insights import tasks
from centro.insights.actions import (
    annotate_days,
    send_due_reports,
    subscribe_report,
    unsubscribe_report,
)
from centro.insights.actions import reports as sending
from centro.insights.actions.reports import MOST_FOR_ONE, next_after, period_of
from centro.insights.dashboards import dashboard_named
from centro.insights.facts import refresh_facts
from centro.insights.models import ReportSubscription
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotFound
from tests import make
from tests.cases.test_concurrency import at_once
from tests.moments import Frozen, panama
from tests.repo import ROOT

Every, Ended = ReportSubscription.Every, ReportSubscription.Ended
MONDAY = "2026-03-09 07:00"


def reader(role: Role = Role.DIRECTOR, of=None, **fields: Any) -> User:
    n = User.objects.count()
    return make.user(role, of, **{"email": f"lee{n}@centro.example", "first_name": "Ana"} | fields)


def follow(user: User, slug: str = "nacional", **fields: Any) -> ReportSubscription:
    board = dashboard_named(slug)
    assert board is not None
    usual: dict[str, Any] = {"words": {}, "months": 3, "every": "week"}
    return subscribe_report(dashboard=board, by=actor_of(user), **usual | fields)


def mails() -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(name="figures_report").order_by("pk"))


def send(frozen: Frozen, when: str | datetime) -> int:
    return send_due_reports(frozen.to(when))


# ---- Asking for it ----
def test_it_is_kept_with_its_filters_and_its_next_date(frozen: Frozen):
    service = make.service()
    words = {"servicio": service.code, "tipo": "complaint", "desde": "2026-01", "otra": "x"}
    kept = follow(reader(), words=words)
    assert kept.query == f"servicio={service.code}&tipo=complaint"
    assert kept.next_at == panama(MONDAY)
    assert (kept.active, kept.ended, kept.last_sent_at) == (True, "", None)


def test_asking_again_changes_how_often(frozen: Frozen):
    user = reader()
    first = follow(user)
    again = follow(user, every="month")
    assert (again.pk, again.every, again.next_at) == (first.pk, "month", panama("2026-04-01 07:00"))
    assert follow(user, months=12).pk != first.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": 0}, {"months": -1}, {"months": 100_000}, {"every": "minute"}, {"every": ""},
        {"words": {"entidad": "NO HAY"}}, {"words": {"servicio": "'; DROP"}},
        {"words": {"lugar": "\x01"}}, {"words": {"via": "humo"}}, {"words": {"tipo": "x" * 900}},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(wrong: dict[str, Any]):
    with pytest.raises(Invalid):
        follow(reader(), **wrong)
    assert not ReportSubscription.objects.exists()


def test_without_an_address_or_with_too_many_it_is_refused():
    with pytest.raises(Invalid):
        follow(reader(email=""))
    user = reader()
    for n in range(MOST_FOR_ONE):
        follow(user, months=n + 1)
    with pytest.raises(Invalid):
        follow(user, months=100)
    assert follow(user, months=1, every="month").active


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("slug", ["nacional", "presidencia"])
def test_who_may_follow_what(role: Role, slug: str):
    user = reader(role)
    country = {Role.SUPERVISOR, Role.QUALITY, Role.DIRECTOR, Role.PRESIDENCY, Role.AUDITOR}
    if role in country or (role in make.AGENCY_ROLES and slug == "nacional"):
        assert follow(user, slug).active
    else:
        with pytest.raises(NotFound):
            follow(user, slug)


def test_another_entity_cannot_be_followed():
    own, other = make.agency(), make.agency()
    user = reader(Role.LIAISON, own)
    assert follow(user, words={"entidad": own.acronym}).active
    with pytest.raises(Invalid):
        follow(user, words={"entidad": other.acronym})


def test_ending_is_for_oneself_and_twice_is_once():
    user = reader()
    kept = follow(user)
    for by in (SYSTEM, actor_of(reader())):
        unsubscribe_report(subscription=kept, by=by)
        kept.refresh_from_db()
        assert kept.active
    for _ in range(2):
        unsubscribe_report(subscription=kept, by=actor_of(user))
    kept.refresh_from_db()
    assert (kept.active, kept.ended) == (False, Ended.ASKED)
    assert follow(user).pk != kept.pk


# ---- When it leaves ----
@pytest.mark.parametrize(
    ("moment", "every", "expected"),
    [
        ("2026-03-02 06:59", "week", "2026-03-09 07:00"),
        ("2026-03-08 23:59", "week", "2026-03-09 07:00"),
        ("2026-03-09 07:00", "week", "2026-03-16 07:00"),
        ("2026-12-31 23:59", "month", "2027-01-01 07:00"),
        ("2026-01-31 12:00", "month", "2026-02-01 07:00"),
        ("2026-02-01 07:00", "month", "2026-03-01 07:00"),
    ],
)
def test_the_next_date(moment: str, every: str, expected: str):
    assert next_after(panama(moment), every) == panama(expected)


@pytest.mark.parametrize(
    ("every", "day", "months", "first", "last"),
    [
        ("week", date(2026, 3, 9), 1, date(2026, 3, 1), date(2026, 3, 31)),
        ("week", date(2026, 3, 9), 12, date(2025, 4, 1), date(2026, 3, 31)),
        ("month", date(2026, 3, 2), 1, date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2026, 1, 2), 12, date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_months_it_is_about(every: str, day: date, months: int, first: date, last: date):
    assert period_of(ReportSubscription(every=every, months=months), day) == (first, last)


def test_it_leaves_once_when_it_is_due(frozen: Frozen):
    refresh_facts()
    kept = follow(reader())
    assert send(frozen, "2026-03-09 06:59") == 0
    assert send(frozen, "2026-03-09 07:00") == 1
    assert send(frozen, "2026-03-09 08:00") == 0
    kept.refresh_from_db()
    assert (kept.last_sent_at, kept.next_at) == (panama(MONDAY), panama("2026-03-16 07:00"))
    assert len(mails()) == 1


def test_after_a_long_silence_it_leaves_once(frozen: Frozen):
    refresh_facts()
    kept = follow(reader())
    assert send(frozen, "2026-03-25 11:00") == 1
    kept.refresh_from_db()
    assert kept.next_at == panama("2026-03-30 07:00")


def test_a_day_on_which_offices_are_closed_waits(frozen: Frozen):
    refresh_facts()
    follow(reader(), every="month")
    frozen.to("2026-08-01 07:00")  # a Saturday
    assert not office_calendar().is_working_day(date(2026, 8, 1))
    ReportSubscription.objects.update(next_at=panama("2026-08-01 07:00"))
    for quiet in ("2026-08-01 07:00", "2026-08-02 12:00", "2026-08-03 06:00"):
        assert send(frozen, quiet) == 0
    assert send(frozen, "2026-08-03 07:00") == 1
    assert localtime(ReportSubscription.objects.get().next_at).date() == date(2026, 9, 1)


def test_at_night_nothing_leaves(frozen: Frozen):
    refresh_facts()
    follow(reader())
    assert send(frozen, "2026-03-09 19:00") == 0
    assert send(frozen, "2026-03-10 02:00") == 0
    assert send(frozen, "2026-03-10 07:30") == 1


def test_the_job_sends_what_is_due(frozen: Frozen):
    refresh_facts()
    follow(reader())
    frozen.to(MONDAY)
    tasks.send_reports(timestamp=0)
    assert len(mails()) == 1


# ---- What it says ----
def test_what_the_mail_says(frozen: Frozen):
    service = make.service(name="Hueco\n## Falso $own <b>")
    make.case(service=service, reporter=make.reporter())
    make.case(reporter=make.reporter())
    refresh_facts()
    annotate_days(day=date(2026, 3, 4), words="Tormenta", by=actor_of(reader()))
    user = reader()
    follow(user, words={"tipo": "complaint"})
    frozen.to(MONDAY)
    refresh_facts()
    send_due_reports(frozen.now)
    (mail,) = mails()
    assert mail.address == user.email
    assert mail.subject == "Cifras: Nacional"
    for part in (
        "Buen día, Ana.", "Del 1 ene 2026 al 31 mar 2026", "Tipo: Queja",
        "Efectividad: 0.0 % (antes: —)", "Hueco ## Falso $own <b>: 1", "4 mar 2026: Tormenta",
        "/mesa/cifras/nacional/?tipo=complaint&desde=2026-01&hasta=2026-03",
        "/mesa/cifras/correo/",
    ):  # fmt: skip
        assert part in mail.body
    assert "Hueco ## Falso $own &lt;b&gt;" in mail.html
    assert "<h2" in mail.html


def test_the_link_opens_the_same_figures_for_who_is_signed_in(frozen: Frozen):
    make.case()
    refresh_facts()
    user = reader()
    follow(user, words={"tipo": "complaint"})
    send(frozen, MONDAY)
    line = next(x for x in mails()[0].body.splitlines() if "/mesa/cifras/nacional/?" in x)
    path = line[line.index("/mesa/") :]
    client = Client()
    assert client.get(path).status_code == 302
    client.force_login(user)
    text = client.get(path).content.decode()
    assert "Del 1 ene 2026 al 31 mar 2026" in text
    assert '<option value="complaint" selected>' in text


def test_it_is_in_the_language_of_its_reader(frozen: Frozen):
    refresh_facts()
    follow(reader(language="en"))
    send(frozen, MONDAY)
    assert "These are the figures" in mails()[0].body


# ---- With whose sight ----
def test_each_gets_the_numbers_of_their_own_sight(frozen: Frozen):
    one, two = make.agency(), make.agency()
    for agency, n in ((one, 1), (two, 2)):
        service = make.service(agency=agency, name=f"Asunto {agency.acronym}")
        for _ in range(n):
            make.case(service=service)
    refresh_facts()
    follow(reader(Role.LIAISON, one), "entidad")
    follow(reader(Role.HEAD, two), "entidad")
    follow(reader(), "entidad")
    assert send(frozen, MONDAY) == 3
    first, second, third = (mail.body for mail in mails())
    assert "Servicios solicitados: 1 " in first
    assert two.acronym not in first
    assert "Servicios solicitados: 2 " in second
    assert one.acronym not in second
    assert "Servicios solicitados: 3 " in third


def end_post(user: User) -> None:
    Assignment.objects.filter(user=user).update(ends=date(2026, 3, 5))


def test_who_holds_no_post_any_more_gets_nothing_and_it_ends(frozen: Frozen):
    refresh_facts()
    user = reader()
    kept = follow(user)
    end_post(user)
    assert send(frozen, MONDAY) == 0
    kept.refresh_from_db()
    assert (kept.active, kept.ended, mails()) == (False, Ended.SIGHT, [])


def test_who_may_not_sign_in_any_more_gets_nothing(frozen: Frozen):
    refresh_facts()
    user = reader()
    kept = follow(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert send(frozen, MONDAY) == 0
    kept.refresh_from_db()
    assert kept.ended == Ended.SIGHT


def test_who_moves_to_an_entity_loses_the_country_and_other_entities(frozen: Frozen):
    refresh_facts()
    old, new = make.agency(), make.agency()
    user = reader()
    country = follow(user, "presidencia")
    other = follow(user, "entidad", words={"entidad": old.acronym})
    own = follow(user, "entidad", words={"entidad": new.acronym})
    end_post(user)
    Assignment.objects.create(user=user, role=Role.HEAD, agency=new, starts=date(2026, 3, 6))
    assert send(frozen, MONDAY) == 1
    for kept, ended in ((country, Ended.SIGHT), (other, Ended.SIGHT), (own, "")):
        kept.refresh_from_db()
        assert kept.ended == ended


@pytest.mark.parametrize(
    ("change", "ended"),
    [({"query": "servicio=YA-NO"}, Ended.FILTER), ({"dashboard": "ya-no"}, Ended.SIGHT)],
)
def test_what_no_longer_exists_ends_it(frozen: Frozen, change: dict[str, str], ended: str):
    refresh_facts()
    user = reader()
    kept = follow(user)
    ReportSubscription.objects.update(**change)
    assert send(frozen, MONDAY) == 0
    kept.refresh_from_db()
    assert (kept.active, kept.ended) == (False, ended)
    client = Client()
    client.force_login(user)
    page = client.get(reverse("desk:reports_mail"))
    assert str(kept.get_ended_display()) in page.content.decode()


def test_who_lost_the_address_is_passed_over(frozen: Frozen):
    refresh_facts()
    user = reader()
    kept = follow(user)
    User.objects.filter(pk=user.pk).update(email="")
    assert send(frozen, MONDAY) == 0
    kept.refresh_from_db()
    assert (kept.active, kept.last_sent_at) == (True, None)
    assert kept.next_at == panama("2026-03-16 07:00")


# ---- Exactly once ----
def test_one_s_fault_does_not_keep_back_the_others(frozen: Frozen, monkeypatch: pytest.MonkeyPatch):
    refresh_facts()
    broken, whole = follow(reader()), follow(reader())
    usual = send_message

    def fails(**values: Any) -> OutboundMessage:
        message = usual(**values)
        if values["address"] == broken.user.email:
            raise OSError("the disk is gone")
        return message

    monkeypatch.setattr(sending, "send_message", fails)
    assert send(frozen, MONDAY) == 1
    assert [mail.address for mail in mails()] == [whole.user.email]
    monkeypatch.setattr(sending, "send_message", usual)
    assert send(frozen, "2026-03-09 08:00") == 1
    assert [mail.address for mail in mails()] == [whole.user.email, broken.user.email]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_once(frozen: Frozen):
    refresh_facts()
    for _ in range(6):
        follow(reader())
    frozen.to(MONDAY)
    office_calendar()
    sent = at_once(*[lambda: send_due_reports(frozen.now)] * 3)
    assert sum(sent) == len(mails()) == 6
    assert len({mail.address for mail in mails()}) == 6


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_is_one_report(frozen: Frozen):
    user = reader()
    found = at_once(*[lambda: follow(User.objects.get(pk=user.pk))] * 3)
    assert len({one.pk for one in found}) == ReportSubscription.objects.count() == 1


CHILD = """
import sys, django
django.setup()
from datetime import datetime
from centro.insights.actions import send_due_reports
print("ready", flush=True)
sys.stdin.readline()
send_due_reports(datetime.fromisoformat(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_two_workers_of_whom_one_is_killed_send_once_to_everybody(seed: int, settings: Any):
    refresh_facts()
    for _ in range(60):
        follow(reader())
    # Near the real present: the children have no other clock.
    moment = localtime(now()).replace(hour=12)
    ReportSubscription.objects.update(next_at=moment - timedelta(days=1))
    while not sending.is_time_to_send(moment):
        moment += timedelta(days=1)
    children = [child(moment, settings) for _ in range(2)]
    for one in children:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    time.sleep(random.Random(seed).uniform(0.05, 0.6))
    os.kill(children[seed % 2].pid, signal.SIGKILL)
    for one in children:
        one.communicate(timeout=120)
    for _ in range(50):  # until the server has noticed that one is gone
        send_due_reports(moment)
        if not ReportSubscription.objects.due(moment).exists():
            break
        time.sleep(0.1)
    addresses = [mail.address for mail in mails()]
    assert sorted(addresses) == sorted(set(addresses))
    assert len(addresses) == 60


def child(moment: datetime, settings: Any) -> subprocess.Popen[str]:
    kept = connection.settings_dict
    url = f"postgresql://{kept['USER']}:{kept['PASSWORD']}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
    started = subprocess.Popen(
        [sys.executable, "-c", CHILD, moment.isoformat()],
        env=os.environ
        | {
            "DATABASE_URL": url,
            "DATABASE_POOL": "0",
            "DJANGO_SETTINGS_MODULE": "centro.config.settings",
            "FACTS_ROOT": str(settings.FACTS_ROOT),
        },
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


# ---- At the desk ----
def test_asking_and_ending_at_the_desk(frozen: Frozen):
    refresh_facts()
    user, client = reader(), Client()
    client.force_login(user)
    page = reverse("desk:dashboard", args=["nacional"])
    where = reverse("desk:report_subscribe", args=["nacional"])
    assert f"{where}?tipo=complaint" in client.get(page, {"tipo": "complaint"}).content.decode()
    form = client.get(where, {"tipo": "complaint", "desde": "2026-02"}).content.decode()
    for part in ("Los últimos 2 meses", "Queja", user.email):
        assert part in form
    done = client.post(f"{where}?tipo=complaint&desde=2026-02", {"every": "month"}, follow=True)
    assert "Los últimos 2 meses" in done.content.decode()
    kept = ReportSubscription.objects.get()
    assert (kept.query, kept.months, kept.every) == ("tipo=complaint", 2, "month")
    client.post(reverse("desk:report_end", args=[kept.pk]))
    assert "no recibe informes" in client.get(reverse("desk:reports_mail")).content.decode()


@pytest.mark.parametrize("every", ["", "minute", "week\x00", "🙂"])
def test_garbage_at_the_desk(every: str):
    client = Client()
    client.force_login(reader())
    where = reverse("desk:report_subscribe", args=["nacional"])
    response = client.post(where + "?desde=ayer&entidad=%00&lugar=..&via=%F0", {"every": every})
    assert response.status_code == 422
    assert not ReportSubscription.objects.exists()


def test_somebody_else_s_report_does_not_exist():
    kept = follow(reader())
    client = Client()
    client.force_login(reader())
    assert client.post(reverse("desk:report_end", args=[kept.pk])).status_code == 404
    assert "Nacional" not in client.get(reverse("desk:reports_mail")).content.decode()
    kept.refresh_from_db()
    assert kept.active
