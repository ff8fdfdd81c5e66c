"""By SMS alone: a case is opened, its state told, its solution confirmed."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from centro.cases import actions
from centro.cases.actions.guiding import end_silent_dialogues
from centro.cases.actions.speaking import MOST_A_DAY, MOST_AN_HOUR
from centro.cases.actions.telling import tell_citizen
from centro.cases.models import Case, CaseConversation, Dialogue
from centro.channels.actions import send_words
from centro.channels.models import Identity, InboundMessage, OutboundMessage
from centro.contacts.conversations import lock_conversation, note_sent
from centro.contacts.models import CallBack, Conversation, ConversationEntry
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.numbers import number_for
from centro.people.actions import remember_person
from tests import make
from tests.channels.networks import take_in
from tests.channels.sms_world import ANA, Telephone, account, call, kannel_query

OTHER = "+50766660002"


@pytest.fixture
def ana() -> Telephone:
    account()
    make.service(
        name="Falta de agua en el sector",
        keywords=["no hay agua", "sin agua", "agua"],
        requires_place=True,
        agency=make.agency(acronym="IDAAN"),
    )
    make.service(
        name="Baja presión de agua", keywords=["poca presion", "agua"], requires_place=True
    )
    make.service(name="Certificado de paz y salvo", keywords=["paz y salvo"])
    make.place("Tocumen")
    make.place("Las Mañanitas")
    district = make.place("San Miguelito", level="district")
    make.place("Bella Vista", parent=district)
    make.place("Bella Vista")
    return Telephone()


def open_by_sms(phone: Telephone, words: str = "no hay agua desde ayer") -> Case:
    phone.write(words)
    for answer in ("1", "Tocumen", "SI"):
        phone.write(answer)
    return Case.objects.latest("pk")


def solved(case: Case) -> Any:
    return actions.resolve_case(case=case, text="Reparamos el tubo.", by=SYSTEM)


class TestOpeningACase:
    def test_short_questions_lead_to_a_case(self, ana):
        asked = ana.ask("No hay agua desde ayer")
        assert "1 Falta de agua en el sector" in asked
        assert asked.endswith("0 Otro tema")
        assert "corregimiento" in ana.ask("1")
        asked = ana.ask("tocumen")
        assert "Falta de agua en el sector" in asked
        assert "Tocumen" in asked
        answer = ana.ask("Sí")
        case = Case.objects.get()
        assert case.number in answer
        assert case.code in answer
        assert f"/seguimiento/{case.number}/" in answer
        assert (case.channel, case.description) == ("sms", "No hay agua desde ayer")
        assert case.place.name == "Tocumen"
        assert [p.value for p in case.person.contact_points.all()] == [ANA]

    def test_all_that_was_said_is_in_one_conversation_about_the_case(self, ana):
        case = open_by_sms(ana)
        (link,) = CaseConversation.objects.filter(case=case)
        entries = ConversationEntry.objects.filter(conversation=link.conversation)
        assert [entry.kind for entry in entries] == ["in", "out"] * 4
        assert OutboundMessage.objects.filter(entry=None).count() == 0
        assert Conversation.objects.get().state == "answered"

    def test_the_term_runs_from_the_first_word(self, ana, frozen):
        first = frozen.now
        ana.write("no hay agua")
        for answer in ("1", "Tocumen", "SI"):
            frozen.on(minutes=10)
            ana.write(answer)
        case = Case.objects.get()
        assert case.spoken_at == first
        assert case.opened_at == first + timedelta(minutes=30)

    def test_a_place_named_at_once_is_not_asked_again(self, ana):
        ana.write("no hay agua en Las Mañanitas")
        asked = ana.ask("1")
        assert "Lugar: Las Mañanitas" in asked
        assert "Responda SI o NO" in asked
        ana.write("si")
        assert Case.objects.get().place.name == "Las Mañanitas"

    def test_of_two_places_of_one_name_the_person_chooses(self, ana):
        ana.write("sin agua")
        ana.write("1")
        asked = ana.ask("Bella Vista")
        assert asked.count("Bella Vista") == 2
        chosen = re.search(r"(\d) Bella Vista, San Miguelito", asked)
        assert chosen is not None
        assert "San Miguelito" in ana.ask(chosen[1])

    def test_a_matter_without_a_place_asks_for_none(self, ana):
        ana.write("necesito un paz y salvo")
        assert "Certificado de paz y salvo" in ana.ask("1")
        ana.write("SI")
        assert Case.objects.get().place is None

    def test_a_greeting_is_asked_what_happens(self, ana):
        assert "Qué pasa" in ana.ask("Hola, buenas tardes")
        assert "Falta de agua" in ana.ask("se fue el agua")

    def test_no_asks_what_is_wrong_and_may_begin_again(self, ana):
        for words in ("no hay agua", "1", "Tocumen"):
            ana.write(words)
        asked = ana.ask("NO")
        assert "1 El tema" in asked
        assert "2 El lugar" in asked
        assert "de nuevo" in ana.ask("0")
        assert not Case.objects.exists()
        ana.write("necesito un paz y salvo")
        ana.write("1")
        ana.write("SI")
        assert Case.objects.get().description == "necesito un paz y salvo"

    def test_a_foreign_telephone_gets_its_number_too(self, ana):
        phone = Telephone("+573001234567")
        case = open_by_sms(phone)
        told = OutboundMessage.objects.get(name="case_opened")
        assert told.address == "+573001234567"
        assert case.code in told.body_as_sent

    def test_a_confidential_matter_is_not_named(self, ana):
        make.service(
            name="Maltrato de menores",
            keywords=["maltrato", "golpean a un niño"],
            confidentiality="reserved",
        )
        ana.write("maltrato de un niño")
        ana.write("1")
        answer = ana.ask("SI")
        case = Case.objects.get()
        assert case.is_confidential
        assert case.number in answer
        assert "altrato" not in answer

    def test_danger_is_answered_with_911_first(self, ana):
        answer = ana.ask("Hay un incendio y no hay agua")
        assert answer.startswith("Si hay peligro llame al 911.")
        assert "Falta de agua" in answer

    def test_emoji_and_writing_from_right_to_left_are_kept_as_they_are(self, ana):
        words = "no hay agua 😭💧 لا يوجد ماء"
        case = open_by_sms(ana, words)
        assert case.description == words


class TestWhatIsNotUnderstood:
    def test_the_second_time_a_person_takes_over(self, ana):
        ana.write("no hay agua")
        assert ana.ask("9").startswith("No entendimos su respuesta.")
        assert "Una persona del Centro" in ana.ask("77")
        talk = Conversation.objects.get()
        assert talk.state == "waiting"
        assert talk.waiting_since is not None
        assert ana.write("¿Hola?") == []
        assert Conversation.objects.get().state == "waiting"

    def test_what_sounds_urgent_waits_in_front(self, ana):
        ana.write("hay heridos y no hay agua")
        for answer in ("77", "88"):
            ana.write(answer)
        talk = Conversation.objects.get()
        assert (talk.state, talk.urgent) == ("waiting", True)

    def test_words_that_mean_nothing_to_us_reach_a_person(self, ana):
        assert "otras palabras" in ana.ask("xyzzy plugh")
        assert "Una persona" in ana.ask("qwerty asdf")
        assert Conversation.objects.get().state == "waiting"

    def test_a_good_answer_between_bad_ones_counts(self, ana):
        ana.write("no hay agua")
        ana.write("9")
        ana.write("1")
        ana.write("zzzz")
        assert "Tocumen" in ana.ask("Tocumen")

    def test_other_words_for_the_matter_are_an_answer_too(self, ana):
        ana.write("no hay agua")
        assert "paz y salvo" in ana.ask("no, lo que quiero es un paz y salvo")

    def test_who_leaves_in_the_middle_is_shown_to_the_centre(self, ana, frozen):
        ana.write("no hay agua en mi casa")
        assert Conversation.objects.get().state == "answered"
        frozen.on(hours=23)
        assert end_silent_dialogues() == 0
        frozen.on(hours=2)
        assert end_silent_dialogues() == 1
        talk = Conversation.objects.get()
        assert talk.state == "waiting"
        assert Dialogue.objects.get().ending == "silent"
        assert end_silent_dialogues() == 0

    def test_a_matter_that_went_out_of_use_meanwhile_reaches_a_person(self, ana):
        for words in ("necesito un paz y salvo", "1"):
            ana.write(words)
        Dialogue.objects.update(told={"description": "x", "service": "GONE"})
        assert "Una persona" in ana.ask("SI")
        assert not Case.objects.exists()
        assert Conversation.objects.get().state == "waiting"

    def test_where_a_person_of_the_centre_answered_the_questions_stop(self, ana):
        ana.write("no hay agua")
        talk = lock_conversation(Conversation.objects.get())
        sent = send_words(
            kind="sms", account=None, identity=Identity.objects.get(), address=ANA, body="Le llamo."
        )
        note_sent(talk, sent)
        ana.read()
        assert ana.write("1") == []
        assert Conversation.objects.get().state == "waiting"


class TestWords:
    @pytest.mark.parametrize("word", ["AYUDA", "ayuda", " Ayuda! ", "info"])
    def test_help(self, ana, word):
        answer = ana.ask(word)
        assert "ESTADO" in answer
        assert "911" in answer

    def test_cancel_ends_the_questions(self, ana):
        ana.write("no hay agua")
        assert "no abrimos" in ana.ask("Cancelar")
        assert Dialogue.objects.get().ending == "cancelled"

    def test_new_begins_beside_a_case_that_goes_on(self, ana):
        case = open_by_sms(ana)
        assert "NUEVO" in ana.ask("Todavía sale un hilito")
        assert case.timeline.filter(kind="information_added").exists()
        assert "Qué pasa" in ana.ask("NUEVO")
        assert "paz y salvo" in ana.ask("quiero un paz y salvo")

    def test_what_is_added_is_acknowledged_once_an_hour(self, ana):
        open_by_sms(ana)
        assert len(ana.write("sigue igual, y ya van dos días")) == 1
        assert ana.write("y hay niños en la casa") == []

    def test_stop_leaves_out_what_changes_nothing(self, ana):
        case = open_by_sms(ana)
        assert "ALTA" in ana.ask("BAJA")
        tell_citizen(case, "case_transferred")
        assert ana.read() == []
        solved(case)
        (asked,) = ana.read()
        assert asked.name == "case_resolved"
        assert "BAJA" in ana.ask("alta")
        tell_citizen(case, "case_transferred")
        assert [message.name for message in ana.read()] == ["case_transferred"]


class TestState:
    def test_of_the_last_case(self, ana):
        case = open_by_sms(ana)
        answer = ana.ask("estado")
        assert case.number in answer
        assert "Asignado" in answer
        assert not case.timeline.filter(kind="information_added").exists()

    @pytest.mark.parametrize("form", ["ESTADO {}", "{}", "Estado de mi caso {}", "status: {}."])
    def test_by_number(self, ana, form):
        case = open_by_sms(ana)
        assert "Asignado" in ana.ask(form.format(case.number))
        assert "Asignado" in ana.ask(form.format(case.number.replace("-", " ")))

    def test_others_need_the_code(self, ana):
        case = open_by_sms(ana)
        stranger = Telephone(OTHER)
        answer = stranger.ask(f"ESTADO {case.number}")
        assert "clave" in answer
        assert "Asignado" not in answer
        assert "Asignado" not in stranger.ask(f"ESTADO {case.number} AAAA-AAAA")
        assert "Asignado" in stranger.ask(f"ESTADO {case.number} {case.code}")
        assert "Asignado" in stranger.ask(f"{case.number} clave {case.code.lower()}")

    def test_a_case_of_others_and_one_that_is_not_look_the_same(self, ana):
        case = open_by_sms(ana)
        stranger = Telephone(OTHER)
        absent = number_for(99999999)
        theirs, none = (stranger.ask(f"ESTADO {number}") for number in (case.number, absent))
        assert theirs.replace(case.number, "") == none.replace(absent, "")

    def test_a_wrong_digit_is_said_to_be_one(self, ana):
        assert "no existe" in ana.ask("ESTADO 311-00000042-9")

    def test_without_a_case(self, ana):
        assert "No hay casos" in ana.ask("ESTADO")

    def test_a_matter_is_never_named(self, ana):
        case = open_by_sms(ana)
        assert case.service.name not in ana.ask("estado")


class TestWasItSolved:
    def test_yes_closes_it(self, ana):
        case = solved(open_by_sms(ana))
        (asked,) = ana.read()
        assert "Responda SI o NO" in asked.body
        assert case.number in ana.ask("SÍ, gracias")
        case.refresh_from_db()
        assert (case.status, case.satisfied) == ("closed", True)

    def test_no_reopens_it_and_tells_so_once(self, ana):
        case = solved(open_by_sms(ana))
        ana.read()
        (answer,) = ana.write("NO, sigue igual")
        case.refresh_from_db()
        assert (case.status, case.cycle) == ("in_progress", 2)
        assert answer.name == "case_reopened"
        assert case.timeline.get(kind="reopened").text == "NO, sigue igual"

    def test_it_is_about_the_last_that_was_solved(self, ana):
        first = open_by_sms(ana)
        ana.write("NUEVO")
        second = open_by_sms(ana)
        assert second.pk != first.pk
        solved(second)
        solved(first)
        ana.write("si")
        second.refresh_from_db()
        first.refresh_from_db()
        assert (first.status, second.status) == ("closed", "resolved")

    def test_with_its_number_it_is_about_that_case(self, ana):
        first = open_by_sms(ana)
        ana.write("NUEVO")
        second = open_by_sms(ana)
        solved(second)
        solved(first)
        ana.read()
        assert second.number in ana.ask(f"SI {second.number}")
        second.refresh_from_db()
        assert second.status == "closed"

    def test_a_stranger_answers_for_nobody(self, ana):
        case = solved(open_by_sms(ana))
        Telephone(OTHER).write("SI")
        Telephone(OTHER).write(f"SI {case.number}")
        case.refresh_from_db()
        assert case.status == "resolved"

    def test_a_plain_yes_does_not_answer_for_a_confidential_case(self, ana):
        case = solved(open_by_sms(ana))
        Case.objects.filter(pk=case.pk).update(confidentiality="reserved")
        ana.write("SI")
        case.refresh_from_db()
        assert case.status == "resolved"
        assert Conversation.objects.get().state == "waiting"

    def test_a_case_of_the_web_is_answered_by_sms(self, ana):
        person = remember_person(phone=ANA, by=citizen())
        case = solved(make.case(person=person, channel="web"))
        told = [(message.kind, message.name) for message in ana.read()]
        assert told == [("sms", "case_opened"), ("sms", "case_resolved")]
        ana.write("SI")
        case.refresh_from_db()
        assert case.status == "closed"

    def test_yes_in_the_middle_of_the_questions_belongs_to_them(self, ana):
        case = solved(open_by_sms(ana))
        ana.write("NUEVO")
        for words in ("necesito un paz y salvo", "1", "SI"):
            ana.write(words)
        case.refresh_from_db()
        assert case.status == "resolved"
        assert Case.objects.count() == 2

    def test_who_does_not_answer_is_reminded_once_by_sms(self, ana, frozen):
        solved(open_by_sms(ana))
        ana.read()
        frozen.to("2026-03-06 10:00")
        assert actions.remind_unanswered() == 1
        (reminder,) = ana.read()
        assert reminder.name == "case_reminder"
        assert "Responda SI o NO" in reminder.body
        assert actions.remind_unanswered() == 0

    def test_who_asked_for_few_messages_is_not_reminded(self, ana, frozen):
        solved(open_by_sms(ana))
        ana.write("BAJA")
        frozen.to("2026-03-06 10:00")
        assert actions.remind_unanswered() == 0

    def test_what_cannot_be_delivered_is_asked_by_telephone(self, ana):
        case = solved(open_by_sms(ana))
        (asked,) = ana.read()
        OutboundMessage.objects.filter(pk=asked.pk).update(
            status="sent", sent_at=now(), external_id=f"centro-{asked.pk}"
        )
        assert call(f"dlr=2&key=centro-{asked.pk}&at=1795708494&said=").status_code == 200
        take_in()
        asked.refresh_from_db()
        assert asked.status == "failed"
        assert actions.follow_failed_letters() == 1
        ring = CallBack.objects.get(reference=case.number)
        assert (ring.phone, ring.reason) == (ANA, CallBack.Reason.CONFIRM)


class TestTheWay:
    def test_a_mobile_is_written_to_and_a_landline_rung(self, ana):
        mobile = make.case(person=remember_person(phone="6677-0001", by=citizen()), channel="phone")
        landline = make.case(
            person=remember_person(phone="212-3456", by=citizen()), channel="phone"
        )
        solved(mobile)
        solved(landline)
        assert OutboundMessage.objects.filter(address="+50766770001", kind="sms").exists()
        assert [ring.reference for ring in CallBack.objects.all()] == [landline.number]

    def test_without_an_account_a_mobile_is_rung(self):
        case = make.case(person=remember_person(phone="6677-0001", by=citizen()), channel="phone")
        solved(case)
        assert not OutboundMessage.objects.filter(kind="sms").exists()
        assert CallBack.objects.get().reference == case.number


class TestManyMessages:
    def test_two_programs_that_answer_each_other_come_to_rest(self, ana):
        """What we say comes back as a message, as from another centre like ours."""
        words = ["Gracias por escribirnos, en breve le atenderemos"]
        for _turn in range(50):
            if not words:
                break
            words = [answer.body_as_sent for said in words for answer in ana.write(said)]
        assert words == []
        assert OutboundMessage.objects.count() < 6
        assert Conversation.objects.get().state == "waiting"

    def test_who_asks_for_help_without_end_is_answered_so_many_times(self, ana, frozen):
        said = sum(len(ana.write("AYUDA")) for _ in range(MOST_AN_HOUR + 5))
        assert said == MOST_AN_HOUR
        assert Conversation.objects.get().state == "waiting"
        for _hour in range(4):
            frozen.on(hours=1, minutes=1)
            said += sum(len(ana.write("AYUDA")) for _ in range(MOST_AN_HOUR + 1))
        assert said == MOST_A_DAY
        assert InboundMessage.objects.count() == MOST_AN_HOUR + 5 + 4 * (MOST_AN_HOUR + 1)

    def test_a_text_that_comes_twice_is_answered_once(self, ana):
        query = kannel_query("no hay agua")
        for _ in range(3):
            assert call(query).status_code == 200
        take_in()
        assert len(ana.read()) == 1
        assert InboundMessage.objects.count() == 1

    def test_spam_gets_no_answer(self, ana):
        ana.write("AYUDA")
        Identity.objects.update(spam=True)
        assert ana.write("gane dinero en casa") == []


@pytest.mark.at_once
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
class TestAtOnce:
    @pytest.mark.parametrize("texts", [("no hay agua", "no hay agua en Tocumen"), ("1", "1")])
    def test_two_messages_of_one_sender_make_one_dialogue(self, ana, texts):
        if texts == ("1", "1"):
            ana.write("no hay agua")
        for text in texts:
            call(kannel_query(text))

        faults: list[BaseException] = []

        def work(raw_id: int) -> None:
            from centro.cases.actions.intake_events import take_in_event

            try:
                take_in_event(raw_id=raw_id)
            except BaseException as fault:
                faults.append(fault)
            finally:
                connection.close()

        from centro.channels.models import RawEvent

        waiting = RawEvent.objects.filter(state="waiting").values_list("pk", flat=True)
        threads = [Thread(target=work, args=(pk,)) for pk in waiting]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert Conversation.objects.count() == 1
        assert Dialogue.objects.count() == 1
        assert len(ana.read()) == 2
