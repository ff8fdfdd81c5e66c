"""Digests: one mail an hour, at a decent hour, nothing lost and nothing twice."""

from __future__ import annotations

import pytest
from django.db import connection

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions import send_digests
from centro.cases.actions.notices import notices_for
from centro.cases.models import Case, Notice
from centro.cases.rungs import Told
from centro.channels.models import OutboundMessage
from tests import make
from tests.cases.test_concurrency import at_once
from tests.moments import Frozen


def reader(role: Role = Role.LIAISON, **fields) -> User:
    return make.user(role, **{"email": "enlace@entidad.example", "first_name": "Ana"} | fields)


def told(user: User, case: Case, kind: str = "rung", **data) -> Notice:
    """A notice as the actions write it."""
    usual = {"rung": 2, "share": 100} if kind in {"rung", "warning"} else {}
    made = notices_for([Told(user.pk)], case, Notice.Kind(kind), **usual | data)
    return Notice.objects.bulk_create(made)[0]


def mails() -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(name="digest").order_by("pk"))


def test_all_that_somebody_must_know_comes_in_one_mail(frozen: Frozen):
    user, other = reader(), reader(email="otro@entidad.example")
    one, two = make.case(), make.case()
    notices = [told(user, one), told(user, two, "passed_on", rungs=[1, 2]), told(other, one)]
    assert send_digests() == 2
    first, second = mails()
    assert (first.address, second.address) == (user.email, other.email)
    for part in (one.number, two.number, one.service.name, "/mesa/avisos/"):
        assert part in first.body
    assert first.subject == "Avisos de sus casos: 2"
    for notice, mail in zip(notices, (first, first, second), strict=True):
        notice.refresh_from_db()
        assert (notice.message, notice.sent_at) == (mail, frozen.now)


def test_a_mail_is_grouped_by_kind_and_entity(frozen: Frozen):
    user = reader(Role.PRESIDENCY)
    one, two = make.case(), make.case()
    for case, kind in ((one, "warning"), (two, "rung"), (one, "rung"), (two, "warning")):
        told(user, case, kind)
    send_digests()
    (mail,) = mails()
    headings = [line for line in mail.body.splitlines() if line.endswith((one.agency.acronym, two.agency.acronym))]  # fmt: skip
    assert headings == [
        f"Subió hasta usted · {one.agency.acronym}",
        f"Subió hasta usted · {two.agency.acronym}",
        f"Vence pronto · {one.agency.acronym}",
        f"Vence pronto · {two.agency.acronym}",
    ]
    assert f'href="http://127.0.0.1:8311/mesa/casos/{one.number}/"' in mail.html
    assert "Atención ciudadana" in mail.html


def test_nobody_is_written_to_twice_within_an_hour(frozen: Frozen):
    user, case = reader(), make.case()
    told(user, case)
    send_digests()
    told(user, case, "warning")
    frozen.on(minutes=59)
    assert send_digests() == 0
    frozen.on(minutes=1)
    assert send_digests() == 1
    assert not Notice.objects.filter(sent_at=None).exists()


@pytest.mark.parametrize(
    ("at", "sent"),
    [("22:00", 0), ("23:59", 0), ("02:00", 0), ("05:59", 0), ("06:00", 1), ("21:59", 1)],
)
def test_the_night_is_quiet(at: str, sent: int, frozen: Frozen):
    frozen.to(f"2026-03-03 {at}")
    told(reader(), make.case())
    assert send_digests() == sent


def test_what_came_at_night_is_told_in_the_morning(frozen: Frozen):
    frozen.to("2026-03-03 23:00")
    user = reader()
    told(user, make.case())
    send_digests()
    frozen.to("2026-03-04 06:00")
    assert send_digests() == 1


def test_what_is_urgent_is_told_at_night_and_the_rest_waits(frozen: Frozen):
    frozen.to("2026-03-03 02:00")
    user = reader()
    urgent, calm = make.case(service=make.service(priority="urgent")), make.case()
    told(user, urgent)
    waits = told(user, calm)
    assert send_digests() == 1
    (mail,) = mails()
    assert urgent.number in mail.body
    assert calm.number not in mail.body
    waits.refresh_from_db()
    assert waits.sent_at is None


def test_the_hours_of_the_night_are_a_setting(frozen: Frozen, settings):
    settings.QUIET_FROM, settings.QUIET_UNTIL = "01:00", "03:00"
    told(reader(), make.case())
    frozen.to("2026-03-03 02:00")
    assert send_digests() == 0
    frozen.to("2026-03-03 03:00")
    assert send_digests() == 1


def test_who_has_no_address_reads_at_the_desk_alone(frozen: Frozen):
    notice = told(reader(email=""), make.case())
    assert send_digests() == 0
    notice.refresh_from_db()
    assert (notice.sent_at, notice.message, notice.seen_at) == (frozen.now, None, None)


def test_what_was_read_at_the_desk_is_not_mailed(frozen: Frozen):
    user = reader()
    told(user, make.case())
    assert actions.mark_notices_seen(user=user) == 1
    assert send_digests() == 0
    told(user, make.case())
    assert send_digests() == 1


def test_a_digest_is_in_its_reader_s_language(frozen: Frozen):
    told(reader(language="en"), make.case())
    send_digests()
    (mail,) = mails()
    assert mail.subject == "Notices about your cases: 1"
    assert "It climbed up to you" in mail.body


def test_a_digest_says_on_whose_behalf(frozen: Frozen):
    user, case = reader(), make.case()
    absent = make.user(Role.LIAISON, first_name="Berta", last_name="Ríos")
    made = notices_for([Told(user.pk, absent.pk)], case, Notice.Kind.RUNG, rung=2, share=100)
    Notice.objects.bulk_create(made)
    send_digests()
    assert "en lugar de Berta Ríos" in mails()[0].body


def test_a_mail_lists_forty_cases_and_counts_the_rest(frozen: Frozen):
    user, case = reader(), make.case()
    for _ in range(43):
        told(user, case)
    send_digests()
    (mail,) = mails()
    assert mail.body.count(case.number) == 40
    assert "Y 3 más" in mail.body


def test_a_mail_about_a_sealed_case_tells_its_number_alone(frozen: Frozen):
    officer, president = reader(Role.DENUNCIATIONS), reader(Role.PRESIDENCY, email="p@x.example")
    case = make.case(confidentiality="sealed")
    told(officer, case)
    told(president, case)
    send_digests()
    for mail in mails():
        assert case.number in mail.body
        assert case.service.name not in mail.body
        assert case.agency.acronym not in mail.body
    assert [f"/casos/{case.number}/" in mail.body for mail in mails()] == [True, False]


def test_who_lost_a_case_to_its_seal_is_not_reminded_of_it(frozen: Frozen):
    case = make.case()
    user = reader()
    told(user, case)
    by = actor_of(make.user(Role.SUPERVISOR))
    actions.set_confidentiality(case=case, level="sealed", text="Es contra ellos.", by=by)
    assert send_digests() == 0
    assert not Notice.objects.filter(sent_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_digest_at_once_write_once(empty_queue: None, settings):
    settings.QUIET_FROM = settings.QUIET_UNTIL = "00:00"
    users = [reader(email=f"enlace{n}@x.example") for n in range(6)]
    case = make.case()
    for user in users:
        told(user, case)
    sent = at_once(send_digests, send_digests, send_digests)
    assert sum(sent) == len(mails()) == len(users)
    assert sorted(mail.address for mail in mails()) == [user.email for user in users]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'outbound'")
        assert cursor.fetchone()[0] == len(users)


def test_an_instruction_comes_with_its_words_and_its_own_address(frozen: Frozen):
    user = reader(Role.HEAD)
    data = {"instruction": 7, "text": "Arreglen la tubería.", "until": frozen.now.isoformat()}
    Notice.objects.create(user=user, kind="instruction", urgent=True, data=data)
    send_digests()
    (mail,) = mails()
    said = (
        "Instrucción de la Presidencia\n\n• Arreglen la tubería. Responda a más tardar el lunes 2"
    )
    assert said in mail.body
    assert "/mesa/instrucciones/7/" in mail.body
