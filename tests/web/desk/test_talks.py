"""The inbox of the centre: its list, a conversation, what is said in it and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.cases.doctor import check_everything
from centro.cases.models import Case, CaseConversation, Look
from centro.channels.channel import Part
from centro.channels.models import Attachment, Identity, InboundMessage, OutboundMessage
from centro.contacts.models import Contact, Conversation, Draft
from centro.kernel.clock import now
from centro.people.models import ContactPoint
from tests import make, talks
from tests.channels.mails import picture

LIST = "/mesa/conversaciones/"


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture
def rosa() -> Any:
    return make.user(Role.OPERATOR, first_name="Rosa", last_name="Vega")


@pytest.fixture
def desk(rosa) -> Client:
    return as_(rosa)


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def soup(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(response: Any) -> str:
    return soup(response).get_text(" ", strip=True)


def at(talk: Conversation, name: str = "talk") -> str:
    return reverse(f"desk:{name}", kwargs={"pk": talk.pk})


def listed(client: Client, query: str = "") -> list[int]:
    links = soup(client.get(LIST + query)).select("#lista a[data-row-link]")
    return [int(str(link["href"]).rstrip("/").rpartition("/")[2]) for link in links]


# ---- The list ----


def test_an_empty_list_says_so(desk):
    assert "No hay ninguna conversación aquí" in words(desk.get(LIST))


def test_who_waits_longest_is_in_front_and_danger_before_everybody(desk):
    first = talks.talk(sender="a@x.example")
    second = talks.talk(sender="b@x.example")
    danger = talks.talk("Hay un incendio en mi edificio", sender="c@x.example")
    assert listed(desk) == [danger.pk, first.pk, second.pk]


def test_the_folders_hold_what_they_say(desk, rosa):
    waiting = talks.talk(sender="a@x.example")
    mine = talks.talk(sender="b@x.example")
    desk.post(at(mine, "talk_reply"), {"text": "A las ocho."})
    spam = talks.talk(sender="c@x.example")
    desk.post(at(spam, "talk_spam"))
    done = talks.talk(sender="d@x.example")
    desk.post(at(done, "talk_close"), {"ending": "nothing"})
    assert listed(desk) == [waiting.pk]
    assert listed(desk, "?carpeta=mias") == [mine.pk]
    assert listed(desk, "?carpeta=respondidas") == [mine.pk]
    assert listed(desk, "?carpeta=terminadas") == [done.pk]
    assert listed(desk, "?carpeta=no-deseadas") == [spam.pk]


def test_filters_narrow_and_nonsense_filters_nothing(desk):
    one = talks.talk(sender="a@x.example")
    agency = make.agency(acronym="IDAAN")
    own = talks.account(agency=agency)
    other = talks.talk(sender="b@x.example", to=own)
    assert listed(desk, "?entidad=IDAAN") == [other.pk]
    assert listed(desk, "?entidad=centro") == [one.pk]
    assert listed(desk, "?canal=email") == [one.pk, other.pk]
    assert listed(desk, "?canal=paloma&despues=1_x_3&idioma=%00") == [one.pk, other.pk]


def test_each_conversation_is_on_one_page_alone(desk):
    account = talks.account()
    for n in range(53):
        text = "Hay un incendio" if n % 9 == 0 else "¿A qué hora abren?"
        talks.talk(text, sender=f"p{n}@x.example", to=account)
    first = listed(desk)
    address = soup(desk.get(LIST)).select_one("a[rel=next]")["href"]
    rest = listed(desk, str(address).removeprefix(LIST))
    assert len(first) == 50
    assert len({*first, *rest}) == 53


def test_a_list_of_fifty_takes_at_most_six_statements_of_its_own(
    desk, django_assert_max_num_queries
):
    account = talks.account()
    for n in range(50):
        talks.talk(sender=f"p{n}@x.example", to=account)
    desk.get(LIST)  # copies that live for seconds
    with django_assert_max_num_queries(6 + 3):  # the session, the user and their posts
        desk.get(LIST)


# ---- Who may read ----


def test_an_entity_reads_the_conversations_of_its_own_accounts_alone():
    agency = make.agency()
    liaison = as_(make.user(Role.LIAISON, agency))
    own = talks.talk(sender="a@x.example", to=talks.account(agency=agency))
    centre = talks.talk(sender="b@x.example", to=talks.account())
    assert listed(liaison) == [own.pk]
    assert liaison.get(at(own)).status_code == 200
    assert liaison.get(at(centre)).status_code == 404


@pytest.mark.parametrize(
    ("level", "readers"),
    [
        ("reserved", {Role.OPERATOR, Role.SUPERVISOR}),
        ("sealed", {Role.DENUNCIATIONS}),
    ],
)
def test_a_conversation_about_a_confidential_case_exists_for_those_who_may_know(level, readers):
    talk = talks.talk()
    case = make.case(confidentiality=level, kind="denunciation")
    CaseConversation.objects.create(case=case, conversation=talk, linked_at=talk.created_at)
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.DIRECTOR, Role.DENUNCIATIONS):
        client = as_(make.user(role))
        expected = 200 if role in readers else 404
        assert client.get(at(talk)).status_code == expected, role
        assert (listed(client) == [talk.pk]) == (role in readers), role
    assert Look.objects.filter(case=case, what="reporter").count() == len(readers)


# ---- The page ----


def test_the_page_shows_the_talk_and_folds_what_was_quoted(desk):
    talk = talks.talk("Se fue el agua", quoted="> lo de antes", subject="Agua")
    page = soup(desk.get(at(talk)))
    assert "Se fue el agua" in page.select_one("#charla").get_text()
    assert "lo de antes" in page.select_one("#charla details").get_text()


def test_hostile_html_loads_and_runs_nothing(desk):
    nasty = '<p onclick="x()">Hola</p><script>alert(1)</script><img src="http://x.example/p.gif"><a href="javascript:x()">ya</a><form action="/"><button>Pague</button></form>'
    talk = talks.talk("Hola", html=nasty)
    laid_out = soup(desk.get(at(talk))).select_one(".charla__html")
    assert "Hola" in laid_out.get_text()
    assert not laid_out.select("script, img, form, button, [onclick]")
    assert all(not str(a.get("href", "")).startswith("javascript") for a in laid_out.select("a"))


def test_files_are_downloaded_and_never_run(desk):
    talk = talks.talk(parts=[Part(name="../../nota<.txt", data=b"hola", media_type="text/html")])
    link = soup(desk.get(at(talk))).select_one(".charla__files a")["href"]
    answer = desk.get(str(link))
    assert b"".join(answer.streaming_content) == b"hola"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "/" not in answer["Content-Disposition"].partition("''")[2]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    other = talks.talk(sender="b@x.example")
    stolen = str(link).replace(f"/{talk.pk}/", f"/{other.pk}/", 1)
    assert desk.get(stolen).status_code == 404


def test_a_page_full_of_things_costs_few_statements(desk, django_assert_max_num_queries):
    talk = talks.talk()
    for n in range(30):
        talks.write(f"Otra cosa {n}", references=["x"], thread="t")
        desk.post(at(talk, "talk_note"), {"note": f"nota {n}"})
    desk.get(at(talk))
    with django_assert_max_num_queries(15):
        desk.get(at(talk))


# ---- Answers ----


def test_an_answer_leaves_by_the_way_the_person_used_and_claims_the_conversation(desk, rosa):
    talk = talks.talk(subject="Horario")
    desk.post(at(talk, "talk_reply"), {"text": "Abre a las ocho."})
    sent = OutboundMessage.objects.get()
    message = talk.entries.get(kind="in").inbound
    assert (sent.kind, sent.address, sent.subject) == ("email", "ana@correo.example", "Re: Horario")
    assert sent.account == message.account
    assert sent.in_reply_to == message.external_id
    talk = talks.again(talk)
    assert (talk.state, talk.waiting_since, talk.assigned_to) == ("answered", None, rosa)


def test_what_cannot_leave_comes_back_as_it_was_typed(desk):
    talk = talks.talk()
    answer = desk.post(at(talk, "talk_reply"), {"text": "Su caso {numero} está listo."})
    assert answer.status_code == 422
    assert "Falta completar: {numero}" in words(answer)
    assert "Su caso {numero} está listo." in soup(answer).select_one("textarea[name=text]").text
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["Su caso es 311-00000042-2", "Llame al 6600-0001", "Escriba a ana@correo.example", "Cédula 8-123-456", "Clave K7QF-2M9X"],
)  # fmt: skip
def test_a_public_answer_carries_nothing_personal(desk, text):
    talk = talks.talk(public=True, thread="post")
    answer = desk.post(at(talk, "talk_reply"), {"text": text, "public": "on"})
    assert answer.status_code == 422
    assert not OutboundMessage.objects.exists()


def test_a_public_comment_is_answered_in_public_or_in_private(desk):
    talk = talks.talk(public=True, thread="post")
    desk.post(at(talk, "talk_reply"), {"text": "Abrimos a las ocho.", "public": "on"})
    desk.post(at(talk, "talk_reply"), {"text": "Su caso es 311-00000042-2"})
    assert list(OutboundMessage.objects.order_by("pk").values_list("public", flat=True)) == [True, False]  # fmt: skip


def test_a_private_message_is_never_answered_in_public(desk):
    talk = talks.talk()
    desk.post(at(talk, "talk_reply"), {"text": "Buenos días", "public": "on"})
    assert not OutboundMessage.objects.filter(public=True).exists()


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(hours=20, minutes=30), "Quedan 3 h para escribirle libremente por WhatsApp"),
        (timedelta(hours=23, minutes=30, seconds=20), "Quedan 29 min para escribirle"),
        (timedelta(hours=25), "Pasó el plazo para escribirle libremente por WhatsApp"),
    ],
)
def test_who_answers_sees_first_how_long_the_channel_still_lets_them(desk, ago, shown):
    talk = talks.talk(to=talks.account("whatsapp"), sender="50760000001")
    InboundMessage.objects.update(received_at=now() - ago)
    assert shown in words(desk.get(at(talk)))


def test_of_a_channel_without_a_window_nothing_is_said(desk):
    assert "libremente" not in words(desk.get(at(talks.talk())))


def test_who_only_commented_can_be_answered_in_private_once_and_the_page_says_so(desk):
    talk = talks.talk(to=talks.account("facebook"), sender="comment:1", public=True, thread="9_1")
    assert "una vez a cada comentario" in words(desk.get(at(talk)))


def test_what_the_channel_would_not_take_any_more_is_told_at_once_with_what_to_do(desk):
    account = talks.account("whatsapp")
    talk = talks.talk(to=account, sender="50760000001")
    InboundMessage.objects.update(received_at=now() - timedelta(hours=25))
    answer = desk.post(at(talk, "talk_reply"), {"text": "Abre a las ocho."})
    assert answer.status_code == 422
    assert "Llámele o búsquele por otra vía" in words(answer)
    assert "Abre a las ocho." in soup(answer).select_one("textarea[name=text]").text
    assert not OutboundMessage.objects.exists()
    account.options = {"general_es": "respuesta:es:texto"}
    account.save()
    desk.post(at(talk, "talk_reply"), {"text": "Abre a las ocho."})
    assert OutboundMessage.objects.get().body == "Abre a las ocho."


def test_emoji_and_right_to_left_text_go_both_ways(desk):
    talk = talks.talk("مرحبا 👋🏽 ¿hay agua?")
    assert "مرحبا 👋🏽" in words(desk.get(at(talk)))
    desk.post(at(talk, "talk_reply"), {"text": "Sí 👍 \u202e"})
    assert OutboundMessage.objects.get().body.startswith("Sí 👍")


# ---- Endings ----


def test_an_answered_inquiry_is_counted_once(desk, rosa):
    talk = talks.talk()
    told = {"ending": "answered", "summary": "Horario de Chitré"}
    desk.post(at(talk, "talk_close"), told)
    desk.post(at(talk, "talk_close"), told)
    contact = Contact.objects.get()
    assert (contact.outcome, contact.channel, contact.operator) == ("answered", "email", rosa)
    assert talks.again(talk).ending == "answered"


def test_an_inquiry_without_a_word_about_it_is_not_counted(desk):
    talk = talks.talk()
    assert desk.post(at(talk, "talk_close"), {"ending": "answered"}).status_code == 422
    assert talks.again(talk).state == "waiting"


def test_spam_stays_aside_until_somebody_says_otherwise(desk):
    talk = talks.talk("Compre ya", sender="v@x.example")
    desk.post(at(talk, "talk_spam"))
    talks.write("Compre más", sender="v@x.example")
    assert listed(desk) == []
    assert listed(desk, "?carpeta=no-deseadas") == [talk.pk]
    desk.post(at(talk, "talk_spam"), {"quitar": "1"})
    assert not Identity.objects.filter(spam=True).exists()
    assert listed(desk) == [talk.pk]


# ---- Cases ----


def screen_of(client: Client, talk: Conversation) -> tuple[str, dict[str, str]]:
    """Press c: the operator's screen as it is filled in."""
    address = client.post(at(talk, "talk_case"))["Location"]
    page = soup(client.get(address))
    fields = {}
    for field in page.select("#atencion [name]"):
        if field.get("type") in {"radio", "checkbox"} and not field.has_attr("checked"):
            continue
        chosen = field.select_one("option[selected]") if field.name == "select" else None
        fields[str(field["name"])] = (
            str(chosen["value"]) if chosen else field.text if field.name == "textarea" else str(field.get("value", ""))
        )  # fmt: skip
    return address, fields


@pytest.fixture
def pothole() -> Any:
    return make.service(name="Hueco en la calle", keywords=["hueco", "calle"], search_key="hueco en la calle")  # fmt: skip


def test_two_keys_turn_a_conversation_into_a_case(desk, rosa, pothole):
    talk = talks.talk("Hay un hueco enorme en la calle", phone="+50766000001")
    address, fields = screen_of(desk, talk)
    assert fields["description"].strip() == "Hay un hueco enorme en la calle"
    assert fields["service"] == pothole.code
    answer = desk.post(address, fields)
    assert answer["Location"] == at(talk)
    case = Case.objects.get()
    assert (case.channel, case.service, case.opened_by) == ("email", pothole, rosa)
    assert case.person.name == "Ana Núñez"
    assert ContactPoint.objects.filter(person=case.person, kind="email", value="ana@correo.example").exists()  # fmt: skip
    assert Identity.objects.get().person == case.person
    told = OutboundMessage.objects.get(name="case_opened")
    assert told.address == "ana@correo.example"
    assert talk.entries.filter(outbound=told).exists()
    talk = talks.again(talk)
    assert (talk.state, talk.ending, talk.cases_opened) == ("answered", "case", 1)
    assert Contact.objects.get().outcome == "case"
    assert case.number in words(desk.get(at(talk)))


def test_pressing_twice_opens_one_case(desk, pothole):
    talk = talks.talk("Hay un hueco enorme en la calle")
    address, fields = screen_of(desk, talk)
    assert screen_of(desk, talk)[0] == address
    desk.post(address, fields)
    desk.post(address, fields)
    assert Case.objects.count() == 1


def test_two_operators_at_once_open_one_case(desk, pothole):
    talk = talks.talk("Hay un hueco enorme en la calle")
    other = as_(make.user(Role.OPERATOR))
    mine, theirs = screen_of(desk, talk), screen_of(other, talk)
    desk.post(mine[0], mine[1])
    answer = other.post(theirs[0], theirs[1], follow=True)
    assert "Un colega ya había abierto el caso" in words(answer)
    assert Case.objects.count() == 1
    assert Contact.objects.count() == 1
    assert not Draft.objects.exists()


def test_a_second_matter_in_one_talk_becomes_a_second_case(desk, pothole):
    talk = talks.talk("Hay un hueco enorme en la calle")
    desk.post(*screen_of(desk, talk))
    talks.write("Otra cosa: hay otro hueco en la calle de atrás", references=["m"], thread="")
    desk.post(*screen_of(desk, talk))
    assert Case.objects.count() == 2


def test_a_conversation_is_linked_to_a_case_and_separated_again(desk):
    talk, case = talks.talk(), make.case()
    desk.post(at(talk, "talk_link"), {"number": case.number})
    assert CaseConversation.objects.filter(case=case, conversation=talk).count() == 1
    assert case.number in words(desk.get(at(talk)))
    desk.post(at(talk, "talk_unlink"), {"number": case.number})
    assert not CaseConversation.objects.exists()
    assert desk.post(at(talk, "talk_unlink"), {"number": case.number}).status_code == 404


def test_a_number_that_is_named_suggests_its_case(desk):
    case = make.case()
    talk = talks.talk(f"Escribo por mi caso {case.number}")
    hints = desk.get(at(talk, "talk_hints"), headers={"HX-Request": "true"})
    assert case.number in words(hints)
    assert "sin probarlo" in words(hints)


def test_a_sealed_case_is_never_suggested(desk):
    case = make.case(confidentiality="sealed", kind="denunciation", reporter=make.reporter(email="ana@correo.example"))  # fmt: skip
    talk = talks.talk(f"Escribo por {case.number}", sender="otra@x.example")
    own = talks.talk("Hola", sender="ana@correo.example")
    for one in (talk, own):
        hints = desk.get(at(one, "talk_hints"), headers={"HX-Request": "true"})
        assert "Casos que ya existen" not in words(hints)


# ---- People ----


def test_a_person_is_proposed_and_only_a_person_decides(desk):
    known = make.case(reporter=make.reporter(name="Ana Núñez", email="ana@correo.example"))
    talk = talks.talk()
    assert Identity.objects.get().person is None
    hints = desk.get(at(talk, "talk_hints"), headers={"HX-Request": "true"})
    assert "Parece ser Ana Núñez : el mismo correo" in words(hints)
    desk.post(at(talk, "talk_person"), {"person": known.person_id})
    assert Identity.objects.get().person == known.person
    assert talks.again(talk).person == known.person


def test_who_is_refused_is_not_proposed_again(desk):
    known = make.case(reporter=make.reporter(name="Ana Núñez", email="ana@correo.example"))
    talk = talks.talk()
    desk.post(at(talk, "talk_person"), {"person": known.person_id, "no": "1"})
    hints = desk.get(at(talk, "talk_hints"), headers={"HX-Request": "true"})
    assert "Parece ser" not in words(hints)
    assert Identity.objects.get().person is None


def test_a_wrong_yes_is_taken_back_with_the_way_that_it_added(desk):
    known = make.case(reporter=make.reporter(name="Ana Núñez", email="", phone="6600-0001"))
    talk = talks.talk("Soy Ana, mi teléfono es 6600-0001", sender="otra@x.example")
    desk.post(at(talk, "talk_person"), {"person": known.person_id})
    assert ContactPoint.objects.filter(person=known.person, kind="email").exists()
    desk.post(at(talk, "talk_person"), {"person": known.person_id, "no": "1"})
    assert not ContactPoint.objects.filter(person=known.person, kind="email").exists()
    assert talks.again(talk).person is None


def test_nobody_is_chosen_who_was_not_proposed(desk):
    stranger = make.case(reporter=make.reporter(name="Otro", email="otro@x.example"))
    talk = talks.talk()
    assert desk.post(at(talk, "talk_person"), {"person": stranger.person_id}).status_code == 404


# ---- Merge, split ----


def test_two_conversations_of_one_person_become_one(desk):
    kept, other = talks.talk("Se fue el agua"), talks.talk("Y la luz")
    assert kept.pk != other.pk
    case = make.case()
    desk.post(at(other, "talk_link"), {"number": case.number})
    desk.post(at(kept, "talk_merge"), {"other": other.pk})
    page = words(desk.get(at(kept)))
    assert "Se fue el agua" in page
    assert "Y la luz" in page
    assert case.number in page
    assert desk.get(at(other))["Location"] == at(kept)
    assert listed(desk) == [kept.pk]


def test_a_conversation_is_split_from_a_message_on(desk):
    talk = talks.talk("Se fue el agua")
    second = talks.write("Además, un hueco", references=[talk.entries.get().inbound.external_id])
    entry = second.entry
    answer = desk.post(at(talk, "talk_split"), {"entry": entry.pk})
    new = Conversation.objects.exclude(pk=talk.pk).get()
    assert answer["Location"] == at(new)
    assert new.entries.filter(inbound=second).exists()
    assert new.state == "waiting"
    first = talk.entries.get(kind="in")
    assert desk.post(at(talk, "talk_split"), {"entry": first.pk}).status_code == 422


# ---- Live ----


def test_a_list_that_did_not_change_costs_one_statement(desk, django_assert_num_queries):
    talks.talk()
    live = str(soup(desk.get(LIST)).select_one("#vivo")["hx-get"])
    assert desk.get(live).status_code == 204
    with django_assert_num_queries(3 + 2):  # session, user, posts; being at the desk, the question
        assert desk.get(live).status_code == 204
    talks.talk("Otra", sender="b@x.example")
    answer = desk.get(live)
    assert answer.status_code == 200
    assert "Otra" in words(answer)
    again = desk.get(live, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 204


def test_what_is_new_in_a_conversation_comes_by_itself_and_the_form_is_left_alone(desk):
    talk = talks.talk()
    live = str(soup(desk.get(at(talk))).select_one("#vivo")["hx-get"])
    assert desk.get(live).status_code == 204
    message = talk.entries.get().inbound
    talks.write("Sigo esperando", references=[message.external_id])
    answer = desk.get(live)
    assert "Sigo esperando" in words(answer)
    assert not soup(answer).select("textarea")


def test_a_message_that_was_delivered_is_news(desk):
    talk = talks.talk()
    desk.post(at(talk, "talk_reply"), {"text": "Ya."})
    live = str(soup(desk.get(at(talk))).select_one("#vivo")["hx-get"])
    assert desk.get(live).status_code == 204
    OutboundMessage.objects.update(status="failed", error="buzón lleno")
    assert "buzón lleno" in words(desk.get(live))


def test_who_else_reads_and_writes_is_seen(desk):
    talk = talks.talk()
    other = as_(make.user(Role.OPERATOR, first_name="Juan", last_name="Paz"))
    live = str(soup(desk.get(at(talk))).select_one("#vivo")["hx-get"])
    other.get(at(talk))
    assert "Juan Paz la está leyendo" in words(desk.get(live))
    theirs = str(soup(other.get(at(talk))).select_one("#vivo")["hx-get"])
    other.get(f"{theirs}&escribe=1")
    assert "Juan Paz está escribiendo" in words(desk.get(live))
    assert "Juan Paz escribe" in words(desk.get(LIST))


def test_everything_works_without_scripts(desk):
    talk = talks.talk()
    page = soup(desk.get(at(talk)))
    for form in page.select("main form"):
        assert form.get("action") or form.get("method")
        assert form.select("button"), form
    shown = desk.get(at(talk, "talk_hints"), follow=True)
    assert soup(shown).select_one("#sugerencias h2")


def test_images_within_a_mail_are_those_that_came_with_it():
    page = '<p>Mire:</p><img src="cid:pozo" alt="pozo"><img src="https://espia.example/p.gif">'
    part = Part("pozo.jpg", "image/jpeg", picture(), content_id="pozo")
    talk = talks.talk("Mire", html=page, parts=[part])
    client = Client()
    client.force_login(make.user(Role.OPERATOR))
    shown = client.get(f"/mesa/conversaciones/{talk.pk}/").content.decode()
    attachment = Attachment.objects.get()
    assert f'src="/mesa/conversaciones/{talk.pk}/archivos/{attachment.pk}/mini/"' in shown
    assert "espia.example" not in shown
    assert "cid:" not in shown
