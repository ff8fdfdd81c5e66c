"""A mail becomes what the person wrote, whatever their program made of it."""

from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.channels.adapters.email import CHANNEL, instance_mark
from centro.channels.channel import Access, Incoming, Unreadable
from centro.channels.mail.quoting import split_quoted
from centro.channels.mail.wording import decode, plain_of, safe_html
from tests.channels.mails import bounce, mail, picture

ACCESS = Access(1, "correo", "311@centro311.example")


def read(body: bytes, **options: str) -> Incoming:
    (item,) = CHANNEL.parse(Access(1, "correo", ACCESS.address, options), {}, body)
    assert isinstance(item, Incoming)
    return item


# ---- Words ----


def test_who_wrote_what_and_when():
    item = read(mail(files={"foto.jpg": ("image/jpeg", picture())}))
    assert (item.sender.id, item.sender.name) == ("ana@correo.example", "Ana Núñez")
    assert (item.subject, item.text) == ("Sin agua", "No hay agua en Burunga desde ayer.")
    assert item.sent_at is not None
    assert item.sent_at.isoformat() == "2026-11-26T09:00:00-05:00"
    assert [(p.name, p.media_type) for p in item.parts] == [("foto.jpg", "image/jpeg")]
    assert item.nature == ""


LETTERS = {
    "said and true": ("áéíóú ñ ¿qué?".encode(), "utf-8"),
    "said to be Latin-1": ("áéíóú ñ ¿qué?".encode("latin-1"), "iso-8859-1"),
    "said to be UTF-8 and Latin-1": ("áéíóú ñ ¿qué?".encode("latin-1"), "utf-8"),
    "said to be ASCII and UTF-8": ("áéíóú ñ ¿qué?".encode(), "us-ascii"),
    "nobody knows it": ("áéíóú ñ ¿qué?".encode(), "x-nadie-lo-conoce"),
    "the name is a mess": ("áéíóú ñ ¿qué?".encode("cp1252"), "windows-1252http-equivContent-Type"),
    "not said": ("áéíóú ñ ¿qué?".encode("cp1252"), ""),
    "written twice": ("áéíóú ñ ¿qué?".encode().decode("cp1252", "ignore").encode(), "utf-8"),
}


@pytest.mark.parametrize("how", LETTERS)
def test_letters_survive_whatever_a_mail_says_of_them(how: str):
    data, charset = LETTERS[how]
    read_as = decode(data, charset)
    assert "ñ" in read_as
    assert "qué" in read_as
    assert "Ã" not in read_as


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_some_text(data: bytes, charset: str):
    assert isinstance(decode(data, charset), str)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_mail_or_are_refused_in_words(data: bytes):
    with suppress(Unreadable):
        CHANNEL.parse(ACCESS, {}, data)


def test_a_subject_in_any_letters():
    for subject, wanted in (
        ("=?iso-8859-1?Q?Sin_agua_en_Ca=F1azas?=", "Sin agua en Cañazas"),
        ("=?utf-8?B?8J+SpyBzaW4gYWd1YQ==?=", "💧 sin agua"),
        ("=?nadie?Q?roto?=", "roto"),
    ):
        body = b"From: a@b.example\nSubject: " + subject.encode() + b"\n\nhola\n"
        assert read(body).subject == wanted
    raw = "From: a@b.example\nSubject: Sin agua en Cañazas\n\nhola\n".encode("latin-1")
    assert read(raw).subject == "Sin agua en Cañazas"


def test_emoji_and_right_to_left_text_stay():
    text = "🚰😡 لا يوجد ماء \u202etxet\u202c fin"
    assert read(mail(text)).text == text


def test_html_alone_is_read_as_a_person_would():
    made = EmailMessage()
    made["From"] = "ana@correo.example"
    made.set_content(
        "<html><style>p{color:red}</style><script>alert(1)</script><p>No hay <b>agua</b>"
        "</p><p>desde ayer &amp; hoy</p></html>",
        subtype="html",
    )
    item = read(made.as_bytes())
    assert item.text == "No hay agua\n\ndesde ayer & hoy" or item.text.split() == [
        "No", "hay", "agua", "desde", "ayer", "&", "hoy"
    ]  # fmt: skip
    assert "alert" not in item.text
    assert item.html == ""


def test_nothing_in_html_runs_or_fetches():
    clean = safe_html(
        '<img src="https://espia.example/p.gif" onerror="x()"><img src="cid:foto1" alt="pozo">'
        '<a href="javascript:alert(1)">a</a><a href="https://b.example">b</a>'
        '<iframe src="//x"></iframe><form action="/mesa/"><input></form><svg onload=x()>'
        '<p style="position:fixed">hola</p><meta http-equiv="refresh">'
    )
    for harm in ("espia", "onerror", "javascript", "iframe", "form", "svg", "style", "meta"):
        assert harm not in clean
    assert '<img src="cid:foto1" alt="pozo">' in clean
    assert 'href="https://b.example"' in clean


@pytest.mark.parametrize(
    "source",
    ["<" * 50_000, "<div>" * 5_000 + "hola", "<table>" * 300 + "x", "&" * 50_000, "<a href='"],
)
def test_hostile_html_takes_no_time_and_loses_no_word(source: str):
    began = perf_counter()
    plain_of(source)
    safe_html(source)
    assert perf_counter() - began < 30  # a hang, not a speed


# ---- Quotations ----

QUOTED = {
    "gmail": "Sí, gracias\n\nEl jue, 26 nov 2026 a las 9:00, Centro 3-1-1 (<311@c.example>) escribió:\n> Su caso\n> ¿Está?",
    "gmail wrapped": "Sí, gracias\n\nEl jue, 26 nov 2026 a las 9:00, Centro 3-1-1 (\n<311@c.example>) escribió:\n> Su caso",
    "outlook": "Sí, gracias\n\n-----Mensaje original-----\nDe: Centro\nEnviado: hoy\nPara: Ana\nAsunto: Caso\nSu caso",
    "outlook block": "Sí, gracias\n\n________________________________\nDe: Centro\nEnviado: jueves\nPara: Ana\nAsunto: Caso\n\nSu caso",
    "apple": "Sí, gracias\n\nOn Nov 26, 2026, at 9:00, Centro <311@c.example> wrote:\n\n> Su caso",
    "bare": "Sí, gracias\n\n> Su caso\n> ¿Está?\n",
}  # fmt: skip


@pytest.mark.parametrize("program", QUOTED)
def test_what_is_quoted_is_folded_away_and_not_lost(program: str):
    new, old = split_quoted(QUOTED[program])
    assert new == "Sí, gracias"
    assert "Su caso" in old


@pytest.mark.parametrize(
    "text",
    [
        "De: los vecinos\nqueremos agua",
        "El martes el técnico escribió: no hay piezas\ny se fue",
        "> ¿Dónde?\nEn Burunga\n> ¿Desde cuándo?\nDesde ayer",
        "> solo lo citado",
        "Mi queja:\n\n-- \nJuan",
    ],
)
def test_what_only_looks_like_a_quotation_stays(text: str):
    assert split_quoted(text) == (text.strip(), "")


@given(st.text(max_size=500))
def test_no_word_is_lost_by_folding(text: str):
    new, old = split_quoted(text)
    assert "".join(f"{new}{old}".split()) == "".join(text.split())


# ---- Who or what wrote ----

ROBOTS: dict[str, tuple[dict[str, Any], str]] = {
    "it says so": ({"Auto_Submitted": "auto-replied"}, "automatic"),
    "exchange": ({"X_Autoreply": "yes"}, "automatic"),
    "bulk": ({"Precedence": "bulk"}, "automatic"),
    "away": ({"subject": "Fuera de la oficina: Re: Caso"}, "automatic"),
    "out of office": ({"subject": "Automatic reply: Caso"}, "automatic"),
    "empty return": ({"Return_Path": "<>"}, "automatic"),
    "nobody there": ({"sender": "no-reply@banco.example"}, "automatic"),
    "a list": ({"List_Id": "<vecinos.example>"}, "list"),
    "our own": ({"X_Centro_311": instance_mark()}, "loop"),
    "daemon": ({"sender": "MAILER-DAEMON@mx.example"}, "bounce"),
}


@pytest.mark.parametrize("how", ROBOTS)
def test_a_program_is_known_by_what_it_says(how: str):
    headers, nature = ROBOTS[how]
    item = read(mail(**headers))
    assert item.nature == nature
    assert item.why


@pytest.mark.parametrize(
    "subject",
    ["Ausente el médico en el centro de salud", "Re: fuera de servicio", "No hay respuesta"],
)
def test_a_person_is_not_taken_for_a_program(subject: str):
    item = read(mail(subject=subject, Auto_Submitted="no"))
    assert item.nature == ("automatic" if subject.startswith("Ausente") else "")


def test_a_list_by_which_people_write_is_people_where_its_account_says_so():
    assert read(mail(List_Id="<grupo.example>"), lists="people").nature == ""


def test_a_bounce_says_which_address_failed_and_whether_for_good():
    item = read(bounce("311@centro311.example", "Ana@correo.example"))
    assert (item.nature, item.failed_address, item.failed_for_good) == (
        "bounce", "ana@correo.example", True
    )  # fmt: skip
    delayed = read(
        bounce("311@centro311.example", "ana@x.example", status="4.4.1", action="delayed")
    )
    assert (delayed.nature, delayed.failed_for_good) == ("bounce", False)


def test_a_mail_that_went_round_too_often_is_a_loop():
    received = "".join(f"Received: from a{n} by b{n}\n" for n in range(70))
    assert read(received.encode() + mail()).nature == "loop"


# ---- Bad mail ----


def test_a_mail_without_an_id_is_named_by_its_bytes():
    body = mail(Message_ID="")
    assert read(body).id == read(body).id != read(mail("otra cosa", Message_ID="")).id


def test_a_mail_that_names_no_sender_is_refused_in_words():
    with pytest.raises(Unreadable):
        read(b"Subject: hola\n\nhola\n")
    (item,) = CHANNEL.parse(
        ACCESS, {"envelope-from": "<ana@correo.example>"}, b"Subject: x\n\nhola\n"
    )
    assert isinstance(item, Incoming)
    assert item.sender.id == "ana@correo.example"


def test_a_mail_of_ten_thousand_parts_is_refused_in_words():
    made = MIMEMultipart()
    made["From"] = "ana@correo.example"
    for _n in range(10_000):
        made.attach(MIMEText("x"))
    with pytest.raises(Unreadable):
        read(made.as_bytes())


def test_mails_within_mails_do_not_bring_the_reader_down():
    inner = b"From: a@b.example\nContent-Type: text/plain\n\nhola\n"
    for n in range(400):
        boundary = f"b{n}".encode()
        inner = (
            b"From: a@b.example\nContent-Type: multipart/mixed; boundary=" + boundary + b"\n\n--"
            + boundary + b"\n" + inner + b"\n--" + boundary + b"--\n"
        )  # fmt: skip
    # Whatever it is, reading.items_of turns it into a dead letter.
    with suppress(Unreadable, RecursionError):
        read(inner)


def test_an_attached_mail_is_a_file_and_not_the_message():
    outer = EmailMessage()
    outer["From"] = "ana@correo.example"
    outer.set_content("Vea lo que me respondieron")
    inner = EmailMessage()
    inner["From"] = "otro@correo.example"
    inner.set_content("Respuesta de la empresa")
    outer.add_attachment(inner, filename="respuesta.eml")
    item = read(outer.as_bytes())
    assert item.text == "Vea lo que me respondieron"
    assert [part.media_type for part in item.parts] == ["message/rfc822"]
    assert b"Respuesta de la empresa" in (item.parts[0].data or b"")
