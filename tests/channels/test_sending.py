"""Writing messages: texts, what they may say, and the transaction they belong to."""

from __future__ import annotations

from datetime import datetime
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from centro.channels.actions import send_message
from centro.channels.admin import MessageTextForm
from centro.channels.models import CODE_MARK, MessageText, OutboundMessage, answer_mark
from centro.channels.texts import default_words, faults_of, names, render_message
from centro.kernel.errors import NotFound
from centro.kernel.numbers import access_code

NUMBER = "311-00000042-2"
# Written to people of the State.
INSIDE = {name for name in names() if name.startswith(("digest", "figures_", "task_", "channel_"))}
# Said to everybody: they speak of no case (see test_public.py).
PUBLIC = {name for name in names() if name.startswith("public_")}
# Written for telephones; see test_short_texts.
SHORT = {name for name in names() if name.endswith("_short") or name.startswith("dialogue_")}
LETTERS = sorted(set(names()) - INSIDE - PUBLIC - SHORT)
MATTERS = sorted(name for name in LETTERS if not name.endswith("_discreet"))
VALUES: dict[str, Any] = {
    "number": NUMBER,
    "code": "K7QF-2M9X",
    "service": "Fuga de agua",
    "agency": "Instituto de Acueductos",
    "text": "Cambiamos el tubo.",
    "link": f"https://311.example/seguimiento/{NUMBER}/",
    "due": datetime(2026, 11, 30, 16, tzinfo=ZoneInfo("America/Panama")),
    "answer_by": datetime(2026, 11, 30, 16, tzinfo=ZoneInfo("America/Panama")),
    "promised": datetime(2026, 11, 30, 16, tzinfo=ZoneInfo("America/Panama")),
    "yes": f"https://311.example/respuesta/{NUMBER}/?k={answer_mark('yes', 1)}",
    "no": f"https://311.example/respuesta/{NUMBER}/?k={answer_mark('no', 1)}",
}


def send(name: str = "case_opened", **options: Any) -> OutboundMessage:
    given: dict[str, Any] = {
        "kind": "email",
        "address": "ana@correo.example",
        "reference": NUMBER,
        **VALUES,
    }
    return send_message(name=name, **given | options)


def jobs() -> list[dict[str, Any]]:
    return [
        job.args for job in ProcrastinateJob.objects.filter(queue_name="outbound").order_by("pk")
    ]


def test_the_names_that_cases_use_are_there():
    assert set(MATTERS) >= {
        "case_opened",
        "question_asked",
        "interim_reply",
        "case_resolved",
        "case_reminder",
        "case_reopened",
        "case_closed",
        "case_withdrawn",
        "case_transferred",
        "information_received",
    }


def test_a_marked_line_is_a_heading():
    _subject, body, html = render_message("digest", "es", {"list": "## Vence pronto\n\n• Uno"})
    assert "\nVence pronto\n\n• Uno" in body
    (heading,) = BeautifulSoup(html, "html.parser").find_all("h2")
    assert heading.text == "Vence pronto"
    assert "##" not in body + html


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("language", ["es", "en"])
class TestEveryText:
    def test_it_exists_in_its_own_language(self, name, language):
        own = default_words(name, language)
        assert own[0]
        assert own[1]
        if language == "en":
            assert own != default_words(name, "es")

    def test_it_passes_what_is_asked_of_a_site_s_own(self, name, language):
        assert faults_of(name, language, *default_words(name, language)) == []

    def test_it_says_the_number_and_the_way_to_the_case(self, name, language):
        subject, body, html = render_message(name, language, VALUES)
        assert NUMBER in subject
        assert VALUES["link"] in body
        assert "$" not in subject + body
        assert "\n\n\n" not in body
        page = BeautifulSoup(html, "html.parser")
        assert page.html is not None
        assert page.html["lang"] == language
        assert page.find("a", href=VALUES["link"]) is not None
        assert not page.find_all(["script", "img", "link", "iframe"])

    def test_only_the_opening_says_the_code(self, name, language):
        body = render_message(name, language, VALUES)[1]
        assert (VALUES["code"] in body) is name.startswith("case_opened")


@pytest.mark.parametrize("name", MATTERS)
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_discreet_message_does_not_name_the_matter(name, language):
    message = send(name, language=language, discreet=True)
    said = message.subject + message.body + message.html
    for secret in ("Fuga", "Acueductos", "tubo", "2026"):
        assert secret not in said
    blanks = Template("\n".join(default_words(f"{name}_discreet", language))).get_identifiers()
    assert set(blanks) <= {"number", "code", "link"}


def test_dates_are_written_out_in_the_reader_s_language():
    assert "lunes 30 de noviembre de 2026" in render_message("case_opened", "es", VALUES)[1].lower()
    assert "Monday, November 30, 2026" in render_message("case_opened", "en", VALUES)[1]


def test_an_unknown_language_is_answered_in_spanish():
    assert render_message("case_opened", "ngäbere", VALUES)[1].startswith("Gracias")


def test_words_of_people_do_nothing_in_a_message():
    hostile = "<script>alert(1)</script> $code ${link} $$ %s {{ 1 }} \r\nBcc: todos@x.example"
    message = send("interim_reply", text=hostile, service=hostile)
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    assert "$code ${link} $$" in message.body
    assert "<script>" not in message.html
    assert "&lt;script&gt;" in message.html


def test_the_code_is_nowhere_in_the_database(settings):
    code = access_code(NUMBER, settings.ACCESS_KEY)
    message = send(code=code)
    row = str(OutboundMessage.objects.filter(pk=message.pk).values().get())
    assert code not in row
    assert CODE_MARK in row
    assert code in message.body_as_sent
    assert code in message.html_as_sent


def test_a_message_and_its_job_live_and_die_with_the_transaction():
    class StopError(Exception):
        pass

    def fail() -> None:
        with transaction.atomic():
            send()
            raise StopError

    before = jobs()
    with pytest.raises(StopError):
        fail()
    assert not OutboundMessage.objects.exists()
    assert jobs() == before
    message = send()
    assert jobs() == [*before, {"message_id": message.pk}]


def test_sending_takes_one_statement():
    send()
    with CaptureQueriesContext(connection) as captured:
        send()
    data = [q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(data) == 1


@pytest.mark.parametrize("kind", ["pigeon", "", "../email"])
def test_a_channel_that_does_not_exist_is_refused(kind):
    with pytest.raises(NotFound):
        send(kind=kind)
    assert not OutboundMessage.objects.exists()


def test_a_name_that_does_not_exist_is_a_fault_of_the_program():
    with pytest.raises(LookupError):
        send("case_eaten")


def own_text(**fields: str) -> dict[str, str]:
    base = {
        "name": "case_opened",
        "language": "es",
        "subject": "Caso $number",
        "body": "Clave: $code\n$link",
    }
    return base | fields


def test_a_site_s_own_words_replace_ours():
    MessageText.objects.create(**own_text(body="Hola. Su clave es $code. $link"))
    assert send().body.startswith(f"Hola. Su clave es {CODE_MARK}")
    assert send(language="en").body.startswith("Thank you")


def test_a_broken_text_of_a_site_does_not_stop_a_case():
    MessageText.objects.create(**own_text(body="Cuesta 5 $ y $nada $number"))
    assert send().body.startswith(f"Cuesta 5 $ y  {NUMBER}")


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"name": "case_eaten"}, "case_eaten"),
        ({"subject": "$number\nBcc: x"}, "una línea"),
        ({"subject": " "}, "una línea"),
        ({"body": "Cuesta 5 $ $code $link"}, "signo"),
        ({"body": "$code $link $salary"}, "salary"),
        ({"body": "$link"}, "code"),
        ({"body": "$code"}, "link"),
    ],
)
def test_a_text_that_could_not_be_sent_is_not_saved(broken, fault):
    given = own_text(**broken)
    assert any(fault in text for text in faults_of(**given))
    assert not MessageTextForm(given).is_valid()


def test_a_good_text_is_saved():
    form = MessageTextForm(own_text())
    assert form.is_valid(), form.errors
