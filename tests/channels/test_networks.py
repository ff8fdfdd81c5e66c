"""What is special to one network: windows and templates, public and private, files, limits."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from centro.channels import fetching
from centro.channels.adapters.x import weight
from centro.channels.channel import DeliveryError
from centro.channels.inviting import INVITATIONS
from centro.channels.models import Attachment, InboundMessage, OutboundMessage
from centro.channels.oauth import Keys, signature
from centro.channels.registry import get_channel
from centro.people.models import Person
from tests.channels.networks import Network, deliver, let_time_pass, messages, network, take_in
from tests.fakes.facebook import Facebook
from tests.fakes.provider import DAY, HookCall, Provider, Reply
from tests.fakes.telegram import Telegram
from tests.fakes.whatsapp import WhatsApp
from tests.fakes.x import X

NUMBER = "311-00000018-4"


@pytest.fixture
def whatsapp(settings: Any) -> Any:
    with network(WhatsApp(), settings) as net:
        yield net


@pytest.fixture
def facebook(settings: Any) -> Any:
    with network(Facebook(), settings) as net:
        yield net


@pytest.fixture
def x(settings: Any) -> Any:
    with network(X(), settings) as net:
        yield net


@pytest.fixture
def telegram(settings: Any) -> Any:
    with network(Telegram(), settings) as net:
        yield net


def known(net: Network, hours_ago: float = 0) -> str:
    """Somebody who wrote to us so many hours ago."""
    person: str = net.fake.person()
    net.bring(net.fake.says(person, "Hola"))
    let_time_pass(person, hours=hours_ago)
    net.fake.wrote[person] = time.time() - hours_ago * 3600
    return person


def reply_to(net: Network, message: InboundMessage) -> OutboundMessage:
    """A private answer to what somebody wrote in public."""
    return net.write(message.identity.external_id, in_reply_to=message.external_id)


# ---- Are we there? ----


def ask(net: Network, **query: str) -> Any:
    return Client().get(f"/entrada/{net.fake.kind}/{net.account.slug}/", query)


@pytest.mark.parametrize("kind", [WhatsApp, Facebook])
def test_meta_is_told_that_we_are_there_when_it_knows_our_token(kind, settings):
    with network(kind(), settings) as net:
        asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
        answer = ask(net, **asked, **{"hub.verify_token": "verify-me"})
        assert (answer.status_code, answer.content) == (200, b"1158201444")
        assert ask(net, **asked, **{"hub.verify_token": "guess"}).status_code == 401
        assert ask(net, **asked).status_code == 401
        assert ask(net).status_code == 401


def test_x_is_told_that_we_know_its_secret(x):
    answer = ask(x, crc_token="challenge", nonce="n")
    assert answer["Content-Type"] == "application/json"
    # The HMAC of the token under the secret, computed by the fake's own means.
    expected = x.fake.sign(b"challenge")["x-twitter-webhooks-signature"]
    assert json.loads(answer.content) == {"response_token": expected}


def test_a_call_by_get_brings_nothing(telegram):
    assert ask(telegram, text="Hola").status_code == 401


# ---- WhatsApp ----


def test_within_a_day_of_their_last_word_a_person_reads_our_own_words(whatsapp):
    deliver(whatsapp.write(known(whatsapp, hours_ago=23), "Ya vamos.", reference=NUMBER))
    assert (whatsapp.fake.sent[0].text, whatsapp.fake.sent[0].template) == ("Ya vamos.", "")


def test_after_a_day_they_get_the_template_with_the_number_and_where_to_read(whatsapp):
    deliver(whatsapp.write(known(whatsapp, hours_ago=25), "Ya vamos.", reference=NUMBER))
    (sent,) = whatsapp.fake.sent
    assert sent.template == "caso_novedad"
    assert sent.text == f"{NUMBER} http://127.0.0.1:8311/seguimiento/{NUMBER}/"
    assert whatsapp.fake.refused == []


def test_a_person_who_chose_english_gets_the_english_template(whatsapp):
    person = known(whatsapp, hours_ago=25)
    identity = whatsapp.identity(person)
    identity.person = Person.objects.create(name="Ann", language="en")
    identity.save()
    deliver(whatsapp.write(person, "On our way.", reference=NUMBER))
    assert whatsapp.fake.sent[0].template == "case_news"


def test_when_its_clock_says_that_the_day_is_over_the_template_goes_at_once(whatsapp):
    person = known(whatsapp)
    whatsapp.fake.wrote[person] -= 2 * DAY
    message = whatsapp.write(person, reference=NUMBER)
    assert deliver(message) is None
    assert (message.status, whatsapp.fake.sent[0].template) == ("sent", "caso_novedad")


def test_without_a_case_or_a_template_nothing_can_be_said_after_a_day(whatsapp):
    person = known(whatsapp, hours_ago=25)
    message = whatsapp.write(person)
    deliver(message)
    assert (message.status, whatsapp.fake.asked) == ("failed", [])
    assert "24 horas" in message.error


def test_an_answer_without_a_case_leaves_by_the_general_template(whatsapp):
    whatsapp.change(general_es="respuesta:es:texto, sitio")
    message = whatsapp.write(known(whatsapp, hours_ago=25), "La oficina abre\n\na las 8.")
    assert deliver(message) is None
    (sent,) = whatsapp.fake.sent
    assert (sent.template, sent.text) == (
        "respuesta", "La oficina abre a las 8. http://127.0.0.1:8311"
    )  # fmt: skip
    assert whatsapp.fake.refused == []


@pytest.mark.parametrize("text", ["🙂 " * 3000, "x" * 5000, "\t a      b \r\n"])
def test_any_text_fits_into_the_blank_of_the_general_template(whatsapp, text):
    whatsapp.change(general_es="respuesta:es:texto,sitio")
    assert deliver(whatsapp.write(known(whatsapp, hours_ago=25), text)) is None
    assert whatsapp.fake.refused == []


def test_a_general_template_may_have_no_blanks(whatsapp):
    whatsapp.change(general_es="escribanos:es")
    assert deliver(whatsapp.write(known(whatsapp, hours_ago=25))) is None
    assert (whatsapp.fake.sent[0].template, whatsapp.fake.refused) == ("escribanos", [])


def test_a_case_has_its_own_template_even_where_there_is_a_general_one(whatsapp):
    whatsapp.change(general_es="respuesta:es:texto,sitio")
    person = known(whatsapp, hours_ago=25)
    deliver(whatsapp.write(person, reference=NUMBER))
    whatsapp.change(template_es="")
    deliver(whatsapp.write(person, reference=NUMBER))
    assert [sent.template for sent in whatsapp.fake.sent] == ["caso_novedad", "respuesta"]


def test_a_general_template_that_is_declared_wrong_is_repaired_by_somebody(whatsapp):
    whatsapp.change(general_es="respuesta:es:cédula")
    message = whatsapp.write(known(whatsapp, hours_ago=25))
    assert deliver(message) is not None
    assert (message.status, whatsapp.fake.asked) == ("queued", [])


def test_a_template_that_waits_for_approval_is_tried_again(whatsapp):
    whatsapp.fake.templates.clear()
    message = whatsapp.write(known(whatsapp, hours_ago=25), reference=NUMBER)
    assert deliver(message) is not None
    assert message.status == "queued"


@pytest.mark.parametrize("code", [80007, 130429, 131056])
def test_too_many_messages_by_metas_codes_wait_a_minute(whatsapp, code):
    message = whatsapp.write(known(whatsapp))
    whatsapp.fake.faults = [Reply(400, {"error": {"code": code, "message": "limit"}})]
    failure = deliver(message)
    assert failure is not None
    assert failure.wait == timedelta(minutes=1)


def test_a_token_that_expired_is_repaired_by_somebody_and_nothing_is_lost(whatsapp):
    message = whatsapp.write(known(whatsapp))
    whatsapp.account.seal_secrets(dict(whatsapp.account.secrets) | {"token": "old"})
    whatsapp.account.save()
    assert deliver(message) is not None
    assert message.status == "queued"


@pytest.mark.parametrize("code", [131026, 131051, 131009, 100])
def test_metas_no_is_final(whatsapp, code):
    message = whatsapp.write(known(whatsapp))
    whatsapp.fake.faults = [Reply(400, {"error": {"code": code, "message": "no"}})]
    assert deliver(message) is None
    assert message.status == "failed"


def test_a_person_who_hides_their_telephone_is_known_and_answered(whatsapp):
    person = "PA.13491208655302741918"
    whatsapp.bring(whatsapp.fake.says(person, "Sin número"))
    (message,) = messages()
    assert (message.identity.external_id, message.identity.phone) == (person, "")
    assert deliver(whatsapp.write(person)) is None
    assert whatsapp.fake.sent[0].to == person


def test_what_was_written_on_the_telephone_itself_opens_no_window(whatsapp):
    person = whatsapp.fake.person()
    echo = {"from": "5073110311", "to": person, "id": "wamid.e", "timestamp": "1772460000"}
    value = {"message_echoes": [echo | {"type": "text", "text": {"body": "Hola"}}]}
    body = json.loads(whatsapp.fake.call(value).body)
    body["entry"][0]["changes"][0]["field"] = "smb_message_echoes"
    raw = json.dumps(body).encode()
    assert whatsapp.hook(HookCall(raw, whatsapp.fake.sign(raw))) == 200
    take_in()
    assert messages()[0].nature == "own"
    deliver(whatsapp.write(person, reference=NUMBER))
    assert whatsapp.fake.sent == [] or whatsapp.fake.sent[0].template


# ---- Files ----


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return out.getvalue()


def with_file(provider: type[Provider], name: str, fake: Any) -> Any:
    person = fake.person()
    match provider.kind:
        case "whatsapp":
            return fake.message(person, "image", {"id": name, "mime_type": "image/jpeg"})
        case "telegram":
            return {"message": fake.message(person, photo=[{"file_id": name}])}
        case "facebook":
            picture = {"type": "image", "payload": {"url": f"{fake.url}/cdn/{name}"}}
            return fake.event(person, message={"mid": "m_f", "attachments": [picture]})
    media = {"media": {"media_url_https": f"{fake.url}/ton/{name}"}, "type": "media"}
    return fake.says(person, "", attachment=media)


FILES = pytest.mark.parametrize("provider", [WhatsApp, Facebook, X, Telegram])


@FILES
def test_a_photo_is_fetched_and_kept(provider, settings):
    with network(provider(), settings) as net:
        net.fake.files["foto"] = photo()
        net.bring(with_file(provider, "foto", net.fake))
        attachment = Attachment.objects.get()
        assert attachment.state == "pending"
        fetching.fetch_attachment(attachment_id=attachment.pk)
        attachment.refresh_from_db()
        assert (attachment.state, attachment.reason) == ("kept", "")
        assert attachment.file.width == 60


@FILES
def test_a_file_that_cannot_be_fetched_now_is_fetched_later(provider, settings):
    with network(provider(), settings) as net:
        net.fake.files["foto"] = photo()
        net.bring(with_file(provider, "foto", net.fake))
        attachment = Attachment.objects.get()
        net.fake.faults = [Reply(503)]
        with pytest.raises(DeliveryError):
            fetching.fetch_attachment(attachment_id=attachment.pk)
        fetching.fetch_attachment(attachment_id=attachment.pk)
        attachment.refresh_from_db()
        assert attachment.state == "kept"


@FILES
def test_a_file_without_end_is_cut_off_and_refused_with_its_reason(provider, settings):
    with network(provider(), settings) as net:
        net.fake.files["foto"] = b"\xff\xd8\xff" + b"0" * (13 * 1024 * 1024)
        net.bring(with_file(provider, "foto", net.fake))
        attachment = Attachment.objects.get()
        fetching.fetch_attachment(attachment_id=attachment.pk)
        attachment.refresh_from_db()
        assert (attachment.state, bool(attachment.reason)) == ("refused", True)


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest/", "https://evil.example/x.jpg", "file:///etc/passwd",
     "https://fbcdn.net.evil.example/a", "https://scontent.fbcdn.net@evil.example/a", "ftp://x", ""],
)  # fmt: skip
def test_no_file_is_fetched_from_a_place_that_is_not_the_networks(facebook, x, address):
    for net in (facebook, x):
        with pytest.raises(DeliveryError) as caught:
            get_channel(net.fake.kind).fetch(net.account.access, address)
        assert caught.value.permanent
        assert net.fake.asked == []


def test_a_place_is_kept_as_text_and_as_degrees(whatsapp):
    place = {"latitude": 9.00845, "longitude": -79.51472}
    whatsapp.bring(whatsapp.fake.message(whatsapp.fake.person(), "location", place))
    (message,) = messages()
    assert (message.lat, message.lon) == (9.00845, -79.51472)
    assert "geo:9.008450,-79.514720" in message.body


@pytest.mark.parametrize(("lat", "lon"), [(900, 0), ("x", 1), (None, None), (1e400, 0), ("nan", 1)])
def test_a_place_that_is_nowhere_is_no_place(whatsapp, lat, lon):
    place = {"latitude": lat, "longitude": lon}
    whatsapp.bring(whatsapp.fake.message(whatsapp.fake.person(), "location", place))
    (message,) = messages()
    assert (message.lat, message.lon) == (None, None)


# ---- Facebook ----


def test_after_a_day_a_page_says_nothing_more_unless_meta_approved_it(facebook):
    person = known(facebook, hours_ago=25)
    message = facebook.write(person)
    deliver(message)
    assert (message.status, facebook.fake.asked) == ("failed", [])
    facebook.change(human_agent="1")
    facebook.fake.human_agent = True
    assert deliver(facebook.write(person)) is None
    assert facebook.fake.refused == []
    assert len(facebook.fake.sent) == 1


def test_a_comment_opens_no_window_but_may_be_answered_in_private_once(facebook):
    person = facebook.fake.person()
    event = facebook.fake.comments_on(person, "Llevamos tres días sin agua")
    facebook.bring(event)
    (comment,) = messages()
    assert comment.public
    first = reply_to(facebook, comment)
    assert deliver(first) is None
    assert (first.status, facebook.fake.refused) == ("sent", [])
    second = reply_to(facebook, comment)
    deliver(second)
    assert second.status == "failed"
    assert "una sola vez" in second.error
    third = facebook.write(person)
    deliver(third)
    assert third.status == "failed"
    assert len(facebook.fake.sent) == 1


def test_who_commented_is_nobody_of_messenger_until_meta_says_who(facebook):
    person = facebook.fake.person()
    facebook.bring(facebook.fake.comments_on(person, "Sin agua"))
    (comment,) = messages()
    commenter = comment.identity.external_id
    assert commenter == f"comment:{facebook.fake.commenter(person)}"
    # Neither by that id nor without a comment to answer.
    message = facebook.write(commenter)
    deliver(message)
    assert (message.status, facebook.fake.asked) == ("failed", [])


def test_the_answer_to_a_private_reply_says_who_it_is_and_all_goes_on_as_one(facebook):
    person = facebook.fake.person()
    facebook.bring(facebook.fake.comments_on(person, "Sin agua"))
    (comment,) = messages()
    first = reply_to(facebook, comment)
    deliver(first)
    assert (first.address, first.identity.external_id) == (person, person)
    facebook.bring(facebook.fake.says(person, "Vivo en Burunga"))
    facebook.bring(facebook.fake.comments_on(person, "Ya les escribí"))
    assert {m.identity_id for m in messages()} == {first.identity_id}
    assert messages()[0].entry.conversation_id == messages()[1].entry.conversation_id
    facebook.bring(facebook.fake.tells(facebook.fake.sent[0], "read"))
    first.refresh_from_db()
    assert first.status == "read"
    # Now they can be written to as everybody.
    assert deliver(facebook.write(person)) is None
    assert facebook.fake.refused == []


def test_who_had_written_in_private_before_is_the_same_person_from_then_on(facebook):
    person = known(facebook, hours_ago=48)
    ana = Person.objects.create(name="Ana")
    facebook.bring(facebook.fake.comments_on(person, "Sigue igual"))
    private, comment = messages()
    assert private.identity_id != comment.identity_id
    comment.identity.person = ana
    comment.identity.save()
    deliver(reply_to(facebook, comment))
    private, comment = messages()
    assert private.identity_id == comment.identity_id
    assert private.identity.person == ana
    facebook.bring(facebook.fake.comments_on(person, "¿Y entonces?"))
    assert messages()[2].identity_id == private.identity_id


def test_a_comment_of_somebody_known_that_is_brought_again_makes_no_second(facebook):
    event = facebook.fake.comments_on(facebook.fake.person(), "Sin agua")
    facebook.bring(event)
    deliver(reply_to(facebook, messages()[0]))
    facebook.bring(event, facebook.fake.says(facebook.fake.person(2), "Otra"))
    assert sorted(m.body for m in messages()) == ["Otra", "Sin agua"]


def test_what_a_visitor_posted_is_answered_in_private_by_the_name_of_the_post(facebook):
    person = facebook.fake.person()
    post = f"{facebook.account.address}_77"
    facebook.bring(
        facebook.fake.comments_on(person, "Hola", item="post", post_id=post, comment_id=post)
    )
    assert deliver(reply_to(facebook, messages()[0])) is None
    assert facebook.fake.refused == []
    assert facebook.fake.sent[0].to == person


def test_a_comment_is_too_old_for_a_private_answer_after_a_week(facebook):
    person = facebook.fake.person()
    facebook.bring(facebook.fake.comments_on(person, "Hola"))
    number = messages()[0].external_id
    facebook.fake.comments[number]["at"] -= 8 * DAY
    message = reply_to(facebook, messages()[0])
    deliver(message)
    assert message.status == "failed"
    assert "siete días" in message.error


def test_a_comment_that_is_deleted_is_shown_as_deleted_and_not_forgotten(facebook):
    event = facebook.fake.comments_on(facebook.fake.person(), "Vivo en la casa 5")
    facebook.bring(event)
    facebook.bring(facebook.fake.changes(event, None))
    (comment,) = messages()
    assert comment.deleted_at is not None
    assert comment.body == "Vivo en la casa 5"


def test_what_the_page_itself_wrote_makes_nobody_wait(facebook):
    person = known(facebook)
    facebook.bring(facebook.fake.echo(person, "Contestado desde la página"))
    assert [m.nature for m in messages()] == ["plain", "own"]
    assert messages()[0].entry.conversation_id == messages()[1].entry.conversation_id


def test_the_echo_of_our_own_message_makes_no_second(facebook):
    person = known(facebook)
    message = facebook.write(person)
    deliver(message)
    facebook.bring(facebook.fake.echo(person, "Ya vamos.", metadata=f"centro:{message.pk}"))
    facebook.bring(facebook.fake.echo(person, "Ya vamos.", mid=message.external_id))
    assert InboundMessage.objects.count() == 1


def test_what_is_read_up_to_a_moment_is_what_was_sent_before_it(facebook):
    person = known(facebook)
    earlier, later = facebook.write(person, "Uno"), facebook.write(person, "Dos")
    deliver(earlier)
    moment = int(time.time() * 1000)
    deliver(later)
    later.sent_at += timedelta(seconds=5)
    later.save()
    for until in (moment - DAY * 1000, moment, moment - 1000):
        facebook.bring(facebook.fake.event(person, read={"watermark": until}))
    earlier.refresh_from_db()
    later.refresh_from_db()
    assert (earlier.status, later.status) == ("read", "sent")


def test_what_one_person_read_is_not_what_another_did(facebook):
    facebook.bring(facebook.fake.says(facebook.fake.person(2), "Hola"))
    mine, theirs = (facebook.write(person) for person in (known(facebook), facebook.fake.person(2)))
    deliver(mine)
    deliver(theirs)
    facebook.bring(facebook.fake.tells(facebook.fake.sent[0], "read"))
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("read", "sent")


# ---- X ----


def test_calls_are_signed_as_the_standard_shows():
    """X's published example, whose signature everybody can look up."""
    keys = Keys(
        "xvz1evFS4wEEPTGEFPHBog", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )  # fmt: skip
    given = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    url = "https://api.twitter.com/1.1/statuses/update.json?include_entities=true"
    form = (("status", "Hello Ladies + Gentlemen, a signed OAuth request!"),)
    assert signature("POST", url, given, keys, form) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("ñandú", 5), ("水", 2), ("🙂", 2), ("ver https://centro311.example/muy/largo", 27)],
)
def test_posts_are_as_long_as_x_counts_them(text, expected):
    assert weight(text) == expected


def test_an_answer_in_public_is_cut_to_what_x_takes(x):
    x.bring(x.fake.posts_about(x.fake.person(), "@Centro311 hola"))
    message = x.write(
        x.fake.person(),
        "Gracias por avisar 水 " * 40,
        public=True,
        in_reply_to=messages()[0].external_id,
    )
    assert deliver(message) is None
    assert x.fake.refused == []
    assert x.fake.sent[0].public


def test_a_post_that_is_deleted_cannot_be_answered_any_more(x):
    event = x.fake.posts_about(x.fake.person(), "@Centro311 hola")
    x.bring(event)
    x.fake.posts.clear()
    message = x.write(x.fake.person(), "Hola", public=True, in_reply_to=messages()[0].external_id)
    deliver(message)
    assert message.status == "failed"


def test_keys_of_x_that_were_withdrawn_are_repaired_by_somebody(x):
    message = x.write(known(x))
    x.account.seal_secrets(dict(x.account.secrets) | {"token_secret": "old"})
    x.account.save()
    assert deliver(message) is not None
    assert message.status == "queued"


# ---- Telegram ----


def test_who_blocked_the_bot_gets_nothing_more(telegram):
    person = known(telegram)
    telegram.fake.blocked.add(person)
    message = telegram.write(person)
    deliver(message)
    assert message.status == "failed"
    assert "blocked" in message.error


def test_an_answer_to_a_message_that_is_gone_still_arrives(telegram):
    person = known(telegram)
    telegram.fake.messages.clear()
    assert deliver(telegram.write(person, in_reply_to=messages()[0].external_id)) is None
    assert len(telegram.fake.sent) == 1


# ---- In public ----

PUBLIC = pytest.mark.parametrize("provider", [Facebook, X])


def mention(net: Network, n: int = 1, text: str = "@Centro311 hola") -> Any:
    make = net.fake.comments_on if net.fake.kind == "facebook" else net.fake.posts_about
    return make(net.fake.person(n), text)


@PUBLIC
def test_nobody_is_invited_in_public_unless_the_account_says_so(provider, settings):
    with network(provider(), settings) as net:
        net.bring(mention(net))
        assert OutboundMessage.objects.count() == 0
        assert messages()[0].entry.conversation.state == "waiting"


@PUBLIC
def test_an_invitation_says_nothing_of_anybody_and_is_given_once_a_day(provider, settings):
    with network(provider(), settings) as net:
        net.change(invite="1")
        for n in (1, 1, 2):
            net.bring(mention(net, n, "Mi cédula es 8-123-456, soy Ana Pérez, caso 311-00000018-4"))
        sent = list(OutboundMessage.objects.order_by("pk"))
        assert len(sent) == 2
        for message in sent:
            assert message.public
            assert message.name in INVITATIONS
            assert not [w for w in ("Ana", "Pérez", "8-123", "00000018") if w in message.body]
            assert deliver(message) is None
        assert net.fake.refused == []
        # Invited is not answered: somebody still has to read it.
        assert {m.entry.conversation.state for m in messages()} == {"waiting"}


def test_what_is_written_in_private_is_not_answered_in_public(facebook):
    facebook.change(invite="1")
    facebook.bring(facebook.fake.says(facebook.fake.person(), "Hola"))
    assert OutboundMessage.objects.count() == 0
