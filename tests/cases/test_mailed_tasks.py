"""An official in an office with bad internet works a case by answering its mail."""

from __future__ import annotations

import pytest

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.mailed_words import Order, understood
from centro.cases.models import Case, MailedTask
from centro.channels.accounts import STAMP
from centro.channels.models import OutboundMessage
from centro.channels.threading import reply_address
from centro.contacts.models import Conversation
from centro.places.stamps import renew_stamp
from tests import make
from tests.channels.mails import bring, mail, mailbox, picture

BOX = "311@centro311.example"
ROSA = "rosa@entidad.example"


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture
def account():
    made = mailbox(BOX)
    renew_stamp(STAMP)
    return made


@pytest.fixture
def case() -> Case:
    """A case in the hands of Rosa, who works by mail."""
    agency = make.agency()
    rosa = make.user(Role.OFFICIAL, unit=agency.units.get(), email=ROSA, works_by_mail=True)
    made = make.case(agency=agency, reporter=make.reporter())
    Case.objects.filter(pk=made.pk).update(official=rosa, unit=agency.units.get())
    made.refresh_from_db()
    return made


def sent_to(case: Case, name: str = "task_mailed") -> OutboundMessage:
    return OutboundMessage.objects.filter(reference=case.number, name=name).latest("pk")


def answer(account, case: Case, text: str, **more):
    to = reply_address(BOX, sent_to(case).pk)
    more.setdefault("sender", f"Rosa <{ROSA}>")
    return bring(account, mail(text, to=to, subject="Re: Caso", **more))


def test_a_case_goes_out_once_for_each_turn(account, case):
    assert actions.mail_tasks() == 1
    assert actions.mail_tasks() == 0
    sent = sent_to(case)
    assert (sent.address, sent.account) == (ROSA, account)
    assert case.description in sent.body
    assert "RESUELTO" in sent.body
    assert "correo.example" not in sent.body  # who reported is not told by mail
    assert MailedTask.objects.count() == 1


def test_a_sealed_case_never_leaves_by_mail(account, case):
    Case.objects.filter(pk=case.pk).update(confidentiality="sealed")
    assert actions.mail_tasks() == 0
    Case.objects.filter(pk=case.pk).update(confidentiality="open")


def test_a_liaison_gets_what_nobody_has(account):
    agency = make.agency()
    liaison = make.user(Role.LIAISON, agency, email="enlace@e.example", works_by_mail=True)
    case = make.case(agency=agency)
    if case.official is not None:
        pytest.fail("the case has an official already")
    assert actions.mail_tasks() == 1
    assert sent_to(case).address == liaison.email


def test_solved_with_photos(account, case):
    actions.mail_tasks()
    files = {"tapado.jpg": ("image/jpeg", picture())}
    answer(account, case, "RESUELTO: Se tapó el hueco con asfalto.\n\n> Caso", files=files)
    case.refresh_from_db()
    assert (case.status, case.solution) == ("resolved", "Se tapó el hueco con asfalto.")
    assert case.photos.get().evidence
    assert "1 fotos" in sent_to(case, "task_done").body


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NOTA: falta material", "noted"),
        ("Mañana voy con la cuadrilla", "noted"),
        ("Pregunta - ¿de qué color es la casa?", "question_asked"),
        ("AVANCE: ya pedimos las piezas", "interim_reply"),
    ],
)
def test_other_words_do_other_things(account, case, text: str, kind: str):
    actions.mail_tasks()
    answer(account, case, text)
    assert case.timeline.filter(kind=kind).exists()
    assert OutboundMessage.objects.filter(name="task_done").count() == 1


def test_a_liaison_gives_it_to_a_colleague_and_an_official_does_not(account, case):
    luis = make.user(Role.OFFICIAL, unit=case.unit, email="luis@entidad.example")
    actions.mail_tasks()
    answer(account, case, "ASIGNAR: luis@entidad.example")
    case.refresh_from_db()
    assert case.official != luis
    assert "enlace" in sent_to(case, "task_refused").body
    make.user(Role.LIAISON, case.agency, email="enlace@entidad.example", works_by_mail=True)
    Case.objects.filter(pk=case.pk).update(official=None)
    actions.mail_tasks()
    answer(account, case, "ASIGNAR: luis@entidad.example", sender="enlace@entidad.example")
    case.refresh_from_db()
    assert case.official == luis


@pytest.mark.parametrize("how", ["another sender", "not verified", "a post that ended"])
def test_nobody_else_works_it(account, case, how: str):
    actions.mail_tasks()
    more = {}
    if how == "another sender":
        more["sender"] = "intruso@entidad.example"
    elif how == "not verified":
        account.options = {"authserv": "mx.centro311.example"}
        account.save()
        more["Authentication_Results"] = "mx.centro311.example; dmarc=fail"
    else:
        case.official.assignments.all().delete()
    answer(account, case, "RESUELTO: nada, solo quiero cerrarlo", **more)
    case.refresh_from_db()
    assert case.status != "resolved"
    if how != "a post that ended":
        assert Conversation.objects.get().state == "waiting"
        assert not OutboundMessage.objects.filter(name__startswith="task_done").exists()


def test_a_server_that_is_trusted_vouches_for_the_sender(account, case):
    account.options = {"authserv": "mx.centro311.example"}
    account.save()
    actions.mail_tasks()
    said = "mx.centro311.example; dkim=pass; dmarc=pass"
    answer(account, case, "RESUELTO: se tapó el hueco", Authentication_Results=said)
    case.refresh_from_db()
    assert case.status == "resolved"


def test_what_cannot_be_done_is_said_and_nothing_is_done(account, case):
    actions.mail_tasks()
    answer(account, case, "RESUELTO")
    case.refresh_from_db()
    assert case.status == "assigned"
    assert "qué se hizo" in sent_to(case, "task_refused").body


def test_their_absence_notice_does_nothing(account, case):
    actions.mail_tasks()
    before = OutboundMessage.objects.count()
    answer(account, case, "RESUELTO: estaré fuera", Auto_Submitted="auto-replied")
    case.refresh_from_db()
    assert case.status == "assigned"
    assert OutboundMessage.objects.count() == before


@pytest.mark.parametrize(
    ("text", "order", "rest"),
    [
        ("RESUELTO: listo", Order.SOLVE, "listo"),
        ("resuelto\nse tapó", Order.SOLVE, "se tapó"),
        ("Solución – cambiamos el tubo", Order.SOLVE, "cambiamos el tubo"),
        ("  NOTA.  x", Order.NOTE, "x"),
        ("Resuelto el tema vamos mañana", Order.NOTE, "Resuelto el tema vamos mañana"),
        ("", Order.NOTE, ""),
    ],
)
def test_the_first_word_orders(text: str, order: Order, rest: str):
    said = understood(text)
    assert (said.order, said.text) == (order, rest)
