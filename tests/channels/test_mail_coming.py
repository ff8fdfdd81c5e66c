"""What a mail does once it is here: to conversations, to cases, to addresses, and to queues."""

from __future__ import annotations

from typing import Any

import pytest

from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case, CaseConversation
from centro.channels.accounts import STAMP
from centro.channels.adapters.email import CHANNEL, instance_mark
from centro.channels.channel import Access, Outgoing
from centro.channels.filtering import FLOOD
from centro.channels.models import Account, InboundItem, InboundMessage, OutboundMessage, RawEvent
from centro.channels.reading import replay_event, store_raw
from centro.channels.threading import reply_address
from centro.contacts.models import Conversation
from centro.kernel.actor import citizen
from centro.people.models import ContactPoint
from centro.places.stamps import renew_stamp
from tests import make
from tests.cases.test_life import solved
from tests.channels.mails import bounce, bring, mail, mailbox, picture, take_in

BOX = "311@centro311.example"


@pytest.fixture
def account() -> Account:
    made = mailbox(BOX)
    renew_stamp(STAMP)
    return made


@pytest.fixture(autouse=True)
def _healthy():
    """Whatever a mail does, every promise of the domain still holds after it."""
    yield
    assert check_everything() == []


def letter_of(case: Case, name: str = "case_opened") -> OutboundMessage:
    """A letter of ours to the citizen of a case, as if it had left."""
    found = OutboundMessage.objects.filter(reference=case.number, name=name).latest("pk")
    found.status, found.sent_at = "sent", found.created_at
    found.external_id = f"<centro-{found.pk}@centro311.example>"
    found.save()
    return found


# ---- Where it goes ----


def test_a_first_mail_begins_a_conversation_that_waits(account):
    message = bring(account, mail())
    (talk,) = Conversation.objects.all()
    assert message.entry.conversation == talk
    assert (talk.state, talk.subject, talk.channel) == ("waiting", "Sin agua", "email")
    assert talk.waiting_since == message.received_at
    assert talk.person is None


def test_the_same_mail_brought_twice_is_one_message(account):
    body = mail()
    assert bring(account, body) is not None
    assert bring(account, body) is None
    # Another way, other traces of it: the same message all the same.
    bring(account, b"Received: from elsewhere\r\n" + body)
    assert InboundMessage.objects.count() == 1
    outcomes = InboundItem.objects.order_by("raw").values_list("outcome", flat=True)
    assert list(outcomes) == ["message", "again"]


def test_another_mail_under_the_same_id_is_not_lost(account):
    bring(account, mail("Uno", Message_ID="<igual@x.example>"))
    bring(account, mail("Dos", Message_ID="<igual@x.example>"))
    assert sorted(InboundMessage.objects.values_list("body", flat=True)) == ["Dos", "Uno"]


def test_an_answer_to_the_signed_address_goes_into_the_case(account):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case)
    to = reply_address(BOX, sent.pk)
    message = bring(account, mail("Es frente a la tienda.", to=to, subject="Re: su caso"))
    entry = case.timeline.get(kind="information_added")
    assert (entry.text, entry.data["inbound"]) == ("Es frente a la tienda.", message.pk)
    assert Conversation.objects.get().state == "waiting" or not Conversation.objects.filter(
        state="waiting"
    )
    assert CaseConversation.objects.get().case == case


def test_an_answer_by_references_alone_needs_the_address_we_wrote_to(account):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case)
    stranger = bring(
        account, mail("Soy yo", sender="otra@correo.example", In_Reply_To=sent.external_id)
    )
    assert (stranger.answers, stranger.answers_surely) == (sent, False)
    assert not case.timeline.filter(kind="information_added").exists()
    ana = bring(account, mail("Soy Ana", In_Reply_To=sent.external_id, subject="Re"))
    assert ana.answers_surely
    assert case.timeline.filter(kind="information_added").count() == 1


def test_a_forged_signature_is_only_an_address(account):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case)
    forged = reply_address(BOX, sent.pk)[:-25] + "a" * 3 + "@centro311.example"
    message = bring(account, mail("Dice que soy yo", sender="x@y.example", to=forged))
    assert message.answers is None
    assert not case.timeline.filter(kind="information_added").exists()


def test_the_number_of_a_case_is_enough_from_its_person_alone(account):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    bring(account, mail("Otra persona", sender="x@y.example", subject=f"Caso {case.number}"))
    assert not case.timeline.filter(kind="information_added").exists()
    bring(account, mail("Sigue igual", subject=f"Caso {case.number}"))
    assert case.timeline.get(kind="information_added").text == "Sigue igual"
    bring(
        account,
        mail(f"Vecina, con la clave {case.code}", sender="x@y.example", subject=case.number),
    )
    assert case.timeline.filter(kind="information_added").count() == 2


def test_photos_of_an_answer_become_photos_of_the_case_and_others_are_refused_in_words(account):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    to = reply_address(BOX, letter_of(case).pk)
    files = {
        "pozo.jpg": ("image/jpeg", picture()),
        "plano.pdf": ("application/pdf", b"%PDF-1.4 plano"),
        "virus.exe": ("application/octet-stream", b"MZ\x90\x00"),
    }
    message = bring(account, mail("Vea", to=to, files=files))
    assert case.photos.count() == 1
    states = {a.name: (a.state, bool(a.reason)) for a in message.attachments.all()}
    assert states == {
        "pozo.jpg": ("kept", False), "plano.pdf": ("kept", False), "virus.exe": ("refused", True)
    }  # fmt: skip


# ---- Was it solved? ----


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Sí", "closed"),
        ("SI, gracias", "closed"),
        ("ya está resuelto, muchas gracias", "closed"),
        ("No", "in_progress"),
        ("NO, sigue el hueco", "in_progress"),
        ("Sí, pero sigue goteando", "resolved"),
        ("¿Cuándo vienen?", "resolved"),
    ],
)
def test_a_plain_yes_or_no_answers_the_question(account, text: str, status: str):
    case = solved(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case, "case_resolved")
    quoted = f"{text}\n\nEl jue, 26 nov 2026 a las 9:00, Centro (<{BOX}>) escribió:\n> Sí o no"
    bring(account, mail(quoted, to=reply_address(BOX, sent.pk)))
    case.refresh_from_db()
    assert case.status == status


def test_a_mail_about_a_case_that_is_over_waits_for_somebody(account):
    case = solved(reporter=make.reporter(email="ana@correo.example"))
    actions.confirm_case(case=case, by=citizen())
    bring(account, mail("Volvió a romperse", subject=case.number))
    talk = Conversation.objects.get()
    assert talk.state == "waiting"
    assert CaseConversation.objects.get(conversation=talk).case == case


# ---- What no person wrote ----


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"subject": "Fuera de la oficina"},
        {"X_Centro_311": instance_mark()},
        {"List_Id": "<l.example>"},
    ],
)
def test_what_no_person_wrote_moves_nothing(account, headers: dict[str, Any]):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case)
    message = bring(account, mail("Estoy de viaje", to=reply_address(BOX, sent.pk), **headers))
    assert message.nature != "plain"
    assert message.findings[-2]["why"]
    assert not Conversation.objects.filter(state="waiting").exists()
    assert not case.timeline.filter(kind="information_added").exists()


def test_two_of_our_own_instances_do_not_write_to_each_other_for_ever(account, settings: Any):
    """Each gets the other's automatic letter, and neither answers it."""
    other = "311@otro.example"
    settings.EMAIL_HOST = "127.0.0.1"
    letter = Outgoing(7, BOX, "Recibimos su mensaje", "Gracias", name="case_opened")
    from centro.channels.adapters.email import _mail

    settings.SITE_URL = "https://otro.example"
    body = _mail(Access(9, "otro", other), letter).message().as_bytes()
    settings.SITE_URL = "https://centro.example"
    before = OutboundMessage.objects.count()
    message = bring(account, body)
    assert message.nature == "automatic"
    assert OutboundMessage.objects.count() == before
    assert not Conversation.objects.filter(state="waiting").exists()


def test_of_ten_thousand_mails_of_one_sender_all_are_kept_and_few_are_queued(account):
    for n in range(FLOOD + 10):
        bring(account, mail(f"Mensaje {n}", subject=f"{n}"))
    natures = list(InboundMessage.objects.order_by("pk").values_list("nature", flat=True))
    assert natures.count("plain") == FLOOD
    assert natures[-1] == "flood"
    assert Conversation.objects.filter(state="waiting").count() == FLOOD
    assert RawEvent.objects.filter(state="done").count() == FLOOD + 10


# ---- What comes back ----


def test_a_bounce_marks_the_address_and_the_letter_and_a_word_from_it_heals_it(account):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case)
    bring(account, bounce(reply_address(BOX, sent.pk), "ana@correo.example"))
    point = ContactPoint.objects.get(value="ana@correo.example")
    sent.refresh_from_db()
    assert point.failing_since is not None
    assert "5.1.1" in point.failure
    assert sent.status == "failed"
    assert not Conversation.objects.filter(state="waiting").exists()
    bring(account, mail("Ya arreglé mi correo"))
    point.refresh_from_db()
    assert point.failing_since is None


@pytest.mark.parametrize("how", ["to no signed address", "only delayed"])
def test_a_bounce_that_proves_nothing_marks_nothing(account, how: str):
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    sent = letter_of(case)
    if how == "only delayed":
        to = reply_address(BOX, sent.pk)
        body = bounce(to, "ana@correo.example", status="4.4.1", action="delayed")
    else:
        body = bounce(BOX, "ana@correo.example")
    bring(account, body)
    sent.refresh_from_db()
    assert sent.status == "sent"
    assert ContactPoint.objects.get(value="ana@correo.example").failing_since is None


# ---- What cannot be read ----


def test_what_is_no_mail_is_a_dead_letter_that_can_be_replayed(account, monkeypatch):
    raw_id = store_raw(account=account, body=b"\x00\xff\xfe", way="lmtp")
    raw = take_in(raw_id)
    assert (raw.state, bool(raw.error)) == ("dead", True)
    assert bytes(raw.body or b"") == b"\x00\xff\xfe"
    replay_event(raw=raw)
    assert take_in(raw_id).state == "dead"


def test_a_fault_of_ours_is_tried_again_and_loses_nothing(account, monkeypatch):
    raw_id = store_raw(account=account, body=mail(), way="lmtp")
    broken = True

    def break_down(self: Any, access: Any, headers: Any, body: bytes) -> list[Any]:
        if broken:
            return [object()]  # something that nobody can take in
        return real(self, access, headers, body)

    real = type(CHANNEL).parse
    monkeypatch.setattr(type(CHANNEL), "parse", break_down)
    for _turn in range(6):
        raw = take_in(raw_id)
    assert raw.state == "dead"
    assert raw.items.get().outcome == "dead"
    broken = False
    replay_event(raw=raw)
    assert take_in(raw_id).state == "done"
    assert raw.items.get().outcome == "message"
    assert InboundMessage.objects.count() == 1
