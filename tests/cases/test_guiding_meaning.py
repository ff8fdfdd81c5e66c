"""By SMS with a model: what is sure is confirmed, what is not is offered, and what is asked is kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from centro.cases.actions import guiding
from centro.cases.actions.guiding import end_silent_dialogues, guide_sender
from centro.cases.models import Case, Dialogue
from centro.catalog.models import Question, ServiceType
from centro.catalog.understanding.answering import forget_model
from centro.catalog.understanding.model import keep_model
from centro.channels.gateways.gsm import parts_of
from centro.channels.models import InboundMessage, OutboundMessage
from centro.contacts.models import Conversation
from centro.ops.pack import load_pack
from centro.places.stamps import forget_copies, renew_stamp
from centro.web.desk.forms.questions import PREFIX, QuestionsForm
from tests.catalog.understanding.sample import sample_model
from tests.channels.sms_world import Telephone, account
from tests.ops.packs import MINI


@pytest.fixture
def ana() -> Telephone:
    load_pack(MINI)
    keep_model(sample_model(), settings.MODELS_ROOT)
    forget_model()
    account()
    return Telephone()


def asks(code: str, *questions: dict[str, Any]) -> ServiceType:
    """Let a service type ask these and nothing else."""
    service = ServiceType.objects.get(code=code)
    Question.objects.filter(service_type=service).delete()
    for position, fields in enumerate(questions):
        base = {"key": f"q{position}", "label": f"¿Pregunta {position}?", "required": True}
        Question.objects.create(service_type=service, position=position, **base | fields)
    renew_stamp("catalog")
    forget_copies()
    return service


CHOICE = {"kind": "choice", "key": "size", "choices": ["Pequeño", "Mediano", "Cruza la calle"],
          "choices_en": ["Small", "Medium", "It crosses the street"], "label": "¿De qué tamaño es?",
          "label_en": "How big is it?"}  # fmt: skip


class TestWhatIsUnderstood:
    def test_what_is_sure_and_placed_is_confirmed_in_one_message(self, ana):
        asks("MOP-01")
        asked = ana.ask("tremendo ueco en la caye en Burunga")
        service = ServiceType.objects.get(code="MOP-01")
        assert f"Vamos a abrir un caso: {service.name}. Lugar: Burunga" in asked
        ana.write("SI")
        case = Case.objects.get()
        assert (case.service, case.place.name) == (service, "Burunga")

    def test_what_is_sure_is_asked_only_where(self, ana):
        asks("MOP-01")
        asked = ana.ask("hay un hueco enorme en la calle")
        assert "(0 si es otro)" in asked
        assert "corregimiento" in asked
        assert "Responda SI o NO" in ana.ask("Burunga")

    def test_what_was_wrongly_understood_is_corrected_with_a_zero(self, ana):
        asks("MOP-01")
        ana.write("hay un hueco enorme en la calle")
        service = ServiceType.objects.get(code="MOP-01")
        answer = ana.ask("0")
        assert service.name not in answer
        assert Dialogue.objects.get().step in {"which", "what"}

    def test_a_place_is_corrected_with_the_no(self, ana):
        asks("MOP-01")
        ana.write("hay un hueco en la calle en Burunga")
        asked = ana.ask("No, es en Vacamonte")
        assert "Lugar: Vacamonte" in asked
        ana.write("si")
        assert Case.objects.get().place.name == "Vacamonte"

    def test_what_is_no_matter_of_the_state_is_told_so_with_a_way_to_a_person(self, ana):
        assert "OPERADOR" in ana.ask("vendo un carro barato buen precio")
        assert "Una persona" in ana.ask("Operador")
        talk = Conversation.objects.get()
        assert talk.state == "waiting"
        assert ana.write("sigo aquí") == []
        assert not Case.objects.exists()

    def test_never_more_than_three_types_are_offered(self, ana):
        asked = ana.ask("tengo un problema en la calle con la basura y el ruido y el agua")
        assert sum(line[:2] in {"1 ", "2 ", "3 ", "4 "} for line in asked.splitlines()) <= 3

    def test_a_danger_is_answered_with_the_number_at_once_and_shown_soon(self, ana, frozen):
        assert ana.ask("hay un hueco y un herido en la calle").startswith(
            "Si hay peligro llame al 911."
        )
        frozen.on(minutes=14)
        assert end_silent_dialogues() == 0
        frozen.on(minutes=2)
        assert end_silent_dialogues() == 1
        talk = Conversation.objects.get()
        assert (talk.state, talk.urgent) == ("waiting", True)

    def test_a_danger_told_in_a_case_that_goes_on_is_answered_too(self, ana):
        asks("MOP-01")
        for text in ("hueco en la calle en Burunga", "SI"):
            ana.write(text)
        told = ana.write("un carro cayó y hay heridos")
        assert "dialogue_danger" in [message.name for message in told]
        assert "911" in "".join(message.body for message in told)


class TestQuestions:
    @pytest.mark.parametrize(
        ("fields", "said", "kept"),
        [
            (CHOICE, "2", "Mediano"),
            (CHOICE, "cruza toda la calle", "Cruza la calle"),
            (CHOICE | {"choices": ["Uno", "No sé"], "choices_en": []}, "no se", "No sé"),
            ({"kind": "yesno"}, "Sí señor", "si"),
            ({"kind": "yesno"}, "no, ninguno", "no"),
            ({"kind": "number"}, "como unas 1,200 personas", "1200"),
            ({"kind": "number"}, "tres", "3"),
            ({"kind": "date"}, "ayer", "2026-03-01"),
            ({"kind": "date"}, "24/12", "2025-12-24"),
            ({"kind": "text"}, "  Hospital   Santo Tomás ", "Hospital Santo Tomás"),
            ({"kind": "text"}, "no sé", "no sé"),
        ],
    )
    def test_an_answer_is_kept_as_the_form_keeps_it(self, ana, frozen, fields, said, kept):
        service = asks("MOP-01", fields)
        ana.write("hay un hueco en la calle en Burunga")
        assert "Vamos a abrir" in ana.ask(said)
        ana.write("SI")
        case = Case.objects.get()
        key = fields.get("key", "q0")
        assert case.answers == {key: kept}
        form = QuestionsForm(service.questions.all(), {PREFIX + key: kept})
        assert form.is_valid()
        assert form.answers() == case.answers

    def test_what_is_not_required_is_not_asked(self, ana):
        asks("MOP-01", CHOICE | {"required": False})
        assert "Vamos a abrir" in ana.ask("hay un hueco en la calle en Burunga")

    def test_never_more_than_four_are_asked(self, ana, frozen):
        asks("MOP-01", *({"kind": "number"} for _ in range(7)))
        ana.write("hay un hueco en la calle en Burunga")
        answers = []
        for n in range(4):
            frozen.on(minutes=1)
            answers.append(ana.ask(str(n + 10)))
        assert "Vamos a abrir" in answers[-1]
        ana.write("SI")
        assert len(Case.objects.get().answers) == 4

    @pytest.mark.parametrize("kind", ["yesno", "number", "date", "choice"])
    def test_who_does_not_know_is_told_why_and_then_talks_to_a_person(self, ana, kind):
        asks("MOP-01", CHOICE | {"kind": kind})
        ana.write("hay un hueco en la calle en Burunga")
        assert "OPERADOR" in ana.ask("no sé")
        assert "Una persona" in ana.ask("la verdad no me acuerdo")
        assert not Case.objects.exists()

    def test_a_number_like_that_of_a_case_answers_what_was_asked(self, ana):
        asks("MOP-01", {"kind": "text", "label": "Número de cuenta"})
        ana.write("hay un hueco en la calle en Burunga")
        assert "Vamos a abrir" in ana.ask("311000000427")

    def test_the_case_is_asked_for_in_the_middle_and_the_question_stands(self, ana):
        asks("MOP-01", CHOICE)
        ana.write("hay un hueco en la calle en Burunga")
        told = [message.name for message in ana.write("¿cómo va mi caso 123?")]
        assert told == ["dialogue_wrong_number", "dialogue_question"]
        assert "Vamos a abrir" in ana.ask("1")

    def test_another_subject_in_the_middle_begins_with_it(self, ana):
        asks("MOP-01", CHOICE)
        asks("ATTT-01")
        ana.write("hay un hueco en la calle en Burunga")
        asked = ana.ask("mejor le cuento que el semáforo no sirve en Vacamonte")
        assert "Semaforo" in asked
        assert "Lugar: Vacamonte" in asked

    def test_the_same_text_twice_does_not_answer_two_questions(self, ana, frozen):
        asks("MOP-01", CHOICE, CHOICE | {"key": "second", "label": "¿Y el otro?"})
        ana.write("hay un hueco en la calle en Burunga")
        assert "¿Y el otro?" in ana.ask("1")
        assert "¿Y el otro?" in ana.ask("1")
        frozen.on(minutes=1)
        assert "Vamos a abrir" in ana.ask("1")

    def test_an_answer_that_overtakes_its_words_does_no_harm(self, ana):
        asks("MOP-01")
        assert "otras palabras" in ana.ask("1")
        ana.write("hay un hueco en la calle en Burunga")
        ana.write("SI")
        assert Case.objects.get().description == "hay un hueco en la calle en Burunga"

    def test_stop_in_the_middle_leaves_the_questions_as_they_are(self, ana):
        asks("MOP-01", CHOICE)
        ana.write("hay un hueco en la calle en Burunga")
        assert "ALTA" in ana.ask("BAJA")
        assert "Vamos a abrir" in ana.ask("1")
        ana.write("SI")
        assert Case.objects.count() == 1

    @pytest.mark.parametrize(
        "text", ["😀😀", "\x07\x1b[31m", "' OR 1=1 --", "9" * 300, "ñ" * 1500, "مرحبا"]
    )
    def test_garbage_opens_nothing_and_is_asked_again(self, ana, text):
        asks("MOP-01", CHOICE)
        ana.write("hay un hueco en la calle en Burunga")
        ana.write(text)
        assert not Case.objects.exists()
        assert Dialogue.objects.get().step == "question"
        assert "Vamos a abrir" in ana.ask("1")

    def test_a_question_and_the_confirmation_fit_one_part(self, ana):
        asks("MOP-01", CHOICE)
        for message in (ana.write("hay un hueco en la calle en Burunga"), ana.write("3")):
            assert parts_of(message[0].body_as_sent.strip()) == 1


class TestInEnglish:
    def test_the_whole_dialogue_is_in_the_language_of_who_writes(self, ana):
        asks("MOP-01", CHOICE)
        asked = ana.ask("Hello, there is a big pothole in the street in Burunga")
        assert "What is it about?" in asked
        assert "1 " + ServiceType.objects.get(code="MOP-01").name_en in asked
        assert "How big is it?" in ana.ask("1")
        assert "Answer YES or NO" in ana.ask("it crosses the street")
        told = ana.ask("yes")
        case = Case.objects.get()
        assert (case.language, case.answers) == ("en", {"size": "Cruza la calle"})
        assert "we received your case" in told

    def test_a_word_changes_the_language(self, ana):
        asks("MOP-01", CHOICE)
        ana.write("hay un hueco en la calle en Burunga")
        assert "How big is it?" in ana.ask("ENGLISH")
        assert "¿De qué tamaño es?" in ana.ask("español")


class _Killed(BaseException):
    """What a killed worker leaves: nothing of its transaction."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
def test_killed_at_any_line_it_is_as_if_the_message_had_not_been_read(ana):
    asks("MOP-01", CHOICE)
    ana.write("hay un hueco en la calle en Burunga")
    ana.write("2")
    last = InboundMessage.objects.latest("pk")
    message = InboundMessage.objects.create(
        account=last.account, external_id="yes", identity=last.identity, body="SI",
        received_at=last.received_at,
    )  # fmt: skip
    before = _state()
    folder = str(Path(guiding.__file__).parent)
    line, kills = 0, 0
    while True:
        line += 23
        if not _killed_at(line, folder, message):
            break
        kills += 1
        assert _state() == before
    assert kills > 3
    assert Case.objects.count() == 1
    assert OutboundMessage.objects.filter(name="case_opened").count() == 1


def _state() -> list[Any]:
    return [
        Case.objects.count(),
        OutboundMessage.objects.count(),
        list(Dialogue.objects.values_list("step", "told", "ending")),
        list(Conversation.objects.values_list("state", "touched_at")),
    ]


def _killed_at(line: int, folder: str, message: InboundMessage) -> bool:
    """Let it run up to so many lines of the actions; False when it ended before."""
    run = 0

    def trace(frame: Any, event: str, _argument: Any) -> Any:
        nonlocal run
        if not frame.f_code.co_filename.startswith(folder):
            return None
        if event == "line":
            run += 1
            if run == line:
                raise _Killed
        return trace

    sys.settrace(trace)
    try:
        with transaction.atomic():
            guide_sender(message=InboundMessage.objects.get(pk=message.pk))
    except _Killed:
        return True
    finally:
        sys.settrace(None)
    return False
