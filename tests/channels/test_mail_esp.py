"""What sending providers tell of our letters: who calls, what it does, and who pretends.

The calls in payloads/email are written after what each publishes: documentation.mailgun.com
(Webhooks), postmarkapp.com/developer/webhooks, developers.brevo.com (Transactional webhooks).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from centro.channels.accounts import save_account
from centro.channels.actions import send_words
from centro.channels.channel import Access, Item, Rejected, Report, Unreadable
from centro.channels.mail import esp
from centro.channels.models import Account, DeliveryReport, InboundItem, OutboundMessage, RawEvent
from centro.channels.reading import items_of
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from centro.people.actions import remember_person
from centro.people.models import ContactPoint
from tests.channels.mails import bring, mail
from tests.channels.networks import deliver, network, outcomes, take_in, take_in_to_the_end
from tests.fakes.postmark import Postmark

PAYLOADS = Path(__file__).parent / "payloads" / "email"
KEY = "key-de-firma-0123456789abcdef"
USER = "centro:clave-larga-del-aviso"
ANA = "ana@correo.example"
LETTER = "<centro-77@centro311.example>"
KINDS = ("mailgun", "postmark", "brevo")
Headers = dict[str, str]


def account(kind: str, slug: str = "", secret: str | None = None) -> Account:
    hook = KEY if kind == "mailgun" else USER
    made = Account(
        kind="email", slug=slug or kind, label=kind, address=f"{slug or kind}@centro311.example"
    )
    return save_account(
        account=made,
        options={"esp": kind},
        secrets={"esp_key": "k", "esp_hook": hook if secret is None else secret},
        by=SYSTEM,
    )


def letter(owner: Account, number: str = LETTER, status: str = "sent") -> OutboundMessage:
    """A letter that left by the provider, which named it so."""
    remember_person(name="Ana", email=ANA, by=SYSTEM)
    message = send_words(kind="email", account=owner, identity=None, address=ANA, body="Hola")
    message.status, message.sent_at, message.external_id = status, now(), number
    message.save()
    return message


def signed(data: dict[str, Any], token: str = "", key: str = KEY) -> dict[str, Any]:
    """As Mailgun signs: the moment and a token of one use, by the key."""
    block = data["signature"] | ({"token": token} if token else {})
    words = f"{block['timestamp']}{block['token']}".encode()
    block["signature"] = hmac.new(key.encode(), words, hashlib.sha256).hexdigest()
    return data | {"signature": block}


def basic(user: str = USER) -> Headers:
    return {"authorization": "Basic " + b64encode(user.encode()).decode()}


def payload(name: str, number: str = LETTER, token: str = "", key: str = KEY) -> bytes:
    """A call as it would come; Mailgun leaves the brackets of a Message-ID away."""
    kind = name.partition("-")[0]
    named = number.strip("<>") if kind == "mailgun" else number
    data = json.loads((PAYLOADS / f"{name}.json").read_text().replace("MESSAGE-ID", named))
    if kind == "mailgun":
        data = signed(data, token or hashlib.sha256(name.encode()).hexdigest()[:50], key)
    return json.dumps(data).encode()


def opens(kind: str) -> Headers:
    return {} if kind == "mailgun" else basic()


def knock(body: bytes, slug: str, headers: Headers, content_type: str = "application/json") -> int:
    answer = Client().generic(
        "POST", f"/entrada/email/{slug}/", body, content_type, headers=headers or None
    )
    return answer.status_code


def tell(name: str, **how: Any) -> None:
    """The provider tells us, and a worker takes it in."""
    kind = name.partition("-")[0]
    assert knock(payload(name, **how), kind, opens(kind)) == 200
    take_in()


def failing() -> bool:
    return ContactPoint.objects.get(value=ANA).failing_since is not None


# ---- What it does ----

WHAT_THEY_TELL = [
    ("mailgun-delivered", "delivered", False),
    ("mailgun-failed-permanent", "failed", True),
    ("mailgun-failed-temporary", "sent", False),
    ("mailgun-complained", "delivered", True),
    ("mailgun-opened", "sent", False),
    ("postmark-delivery", "delivered", False),
    ("postmark-bounce-hard", "failed", True),
    ("postmark-bounce-soft", "failed", False),
    ("postmark-bounce-transient", "sent", False),
    ("postmark-complaint", "delivered", True),
    ("postmark-open", "sent", False),
    ("brevo-delivered", "delivered", False),
    ("brevo-hard-bounce", "failed", True),
    ("brevo-soft-bounce", "failed", False),
    ("brevo-deferred", "sent", False),
    ("brevo-complaint", "delivered", True),
    ("brevo-blocked", "failed", False),
    ("brevo-invalid", "failed", True),
    ("brevo-opened", "sent", False),
]


@pytest.mark.parametrize(
    ("name", "status", "marked"),
    WHAT_THEY_TELL,
)
def test_what_a_provider_tells_is_done(name, status, marked):
    message = letter(account(name.partition("-")[0]))
    tell(name)
    message.refresh_from_db()
    assert (message.status, failing()) == (status, marked)
    assert bool(message.error) is (status == "failed")
    assert RawEvent.objects.get().state == "done"


def test_every_call_that_they_publish_is_tried():
    assert {name for name, *_ in WHAT_THEY_TELL} == {path.stem for path in PAYLOADS.glob("*.json")}


def test_who_opened_a_letter_is_not_kept_beside_it():
    letter(account("mailgun"))
    tell("mailgun-opened")
    assert outcomes() == ["rejected"]
    assert not DeliveryReport.objects.exists()


def test_a_letter_that_came_back_is_marked_as_by_a_report_by_mail_until_the_person_writes():
    owner = account("postmark")
    letter(owner)
    tell("postmark-bounce-hard")
    point = ContactPoint.objects.get(value=ANA)
    assert point.failing_since is not None
    assert "5.1.1" in point.failure
    bring(owner, mail(to=owner.address, sender=ANA))
    assert not failing()
    # What is told once more says nothing new.
    call = json.loads(payload("postmark-bounce-hard")) | {"ID": 1}
    assert knock(json.dumps(call).encode(), "postmark", basic()) == 200
    take_in()
    assert not failing()


def test_what_failed_for_now_and_then_for_good_has_failed_for_good():
    message = letter(account("postmark"))
    tell("postmark-bounce-soft")
    assert not failing()
    tell("postmark-bounce-hard")
    tell("postmark-delivery")
    message.refresh_from_db()
    assert (message.status, failing()) == ("failed", True)


def test_what_failed_for_now_may_still_arrive():
    message = letter(account("brevo"))
    tell("brevo-soft-bounce")
    tell("brevo-delivered")
    message.refresh_from_db()
    assert (message.status, message.delivered_at is not None) == ("delivered", True)


@pytest.mark.parametrize(
    "order",
    list(permutations(["mailgun-failed-temporary", "mailgun-delivered", "mailgun-complained"])),
)
def test_in_any_order_a_letter_that_was_complained_of_had_arrived(order):
    message = letter(account("mailgun"))
    for name in order:
        tell(name)
    message.refresh_from_db()
    assert (message.status, failing()) == ("delivered", True)


def test_what_is_told_before_we_know_the_name_of_a_letter_waits_for_it(settings):
    with network(Postmark(), settings) as net:
        remember_person(name="Ana", email=ANA, by=SYSTEM)
        message = net.write(ANA)
        early = net.fake.reserve(message)
        net.bring(net.fake.tells(early, "failed"))
        assert not failing()
        assert deliver(message) is None
        assert (message.status, failing()) == ("failed", True)


def test_an_answer_finds_its_letter_whatever_the_provider_called_it(settings):
    with network(Postmark(), settings) as net:
        message = net.write(ANA)
        deliver(message)
        assert message.external_id == net.fake.sent[0].id
        answer = mail("Gracias", sender=ANA, In_Reply_To=f"<centro-{message.pk}@centro311.example>")
        came = bring(net.account, answer)
        assert came is not None
        assert (came.answers, came.answers_surely) == (message, True)


def test_of_the_letter_of_another_account_nothing_is_believed():
    account("postmark")
    theirs = letter(account("brevo"))
    tell("postmark-bounce-hard")
    theirs.refresh_from_db()
    assert (theirs.status, failing()) == ("sent", False)


# ---- Who calls ----


@pytest.mark.parametrize("kind", KINDS)
def test_who_does_not_prove_it_is_not_heard(kind):
    name = {"mailgun": "mailgun-failed-permanent", "postmark": "postmark-bounce-hard", "brevo": "brevo-hard-bounce"}[kind]  # fmt: skip
    account(kind)
    good = payload(name)
    forged: list[tuple[bytes, Headers]] = [
        (payload(name, key="another"), {}),
        (payload(name), {"authorization": "Basic"}),
        (payload(name, key=""), {"authorization": "Basic !!!"}),
        (payload(name, key="another"), basic("centro:otra")),
        (payload(name, key="another"), basic(":")),
        (b"", {}), (b"{}", {}), (b"[]", {}), (b"null", {}), (b"\xff\xfe", {}), (b"[" * 9000, {}),
        (b'{"signature": 5}', {}), (b'{"signature": {"token": [], "timestamp": {}, "signature": 1}}', {}),
        (b'{"signature": {"token": "\xc3\xa1", "timestamp": "1", "signature": "\xc3\xa1"}}', {}),
        (good[: len(good) // 2], {}),
    ]  # fmt: skip
    if kind == "mailgun":
        forged.pop(1)
    for body, headers in forged:
        assert knock(body, kind, headers) == 401
    assert knock(good, kind, opens(kind), content_type="") == 401
    assert RawEvent.objects.count() == 0
    assert knock(good, kind, opens(kind)) == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("secret", ["", ":", "sin-dos-puntos"])
def test_an_account_without_a_secret_hears_nobody(kind, secret):
    account(kind, secret=secret)
    name = next(PAYLOADS.glob(f"{kind}-*.json")).stem
    for headers in ({}, basic(secret), basic()):
        body = payload(name, key="x")
        assert knock(body, kind, headers) == 401


def test_an_account_that_sends_by_smtp_hears_nobody():
    made = account("mailgun")
    made.options = {}
    made.save()
    assert knock(payload("mailgun-delivered"), "mailgun", {}) == 401


def test_a_password_that_opens_is_not_kept():
    account("postmark")
    tell("postmark-delivery")
    raw = RawEvent.objects.get()
    assert "clave-larga" not in json.dumps(raw.headers)
    assert "authorization" not in raw.headers


# ---- Replayed, truncated, mixed up ----


def test_a_signature_of_mailgun_is_good_for_one_call():
    """It signs a token, not what the call says: who saw one could put anything under it."""
    message = letter(account("mailgun"))
    seen = json.loads(payload("mailgun-delivered"))
    other = json.loads(payload("mailgun-failed-permanent"))
    assert knock(json.dumps(seen).encode(), "mailgun", {}) == 200
    replayed = other | {"signature": seen["signature"]}
    assert knock(json.dumps(replayed).encode(), "mailgun", {}) == 200
    take_in()
    message.refresh_from_db()
    assert (message.status, failing()) == ("delivered", False)
    assert RawEvent.objects.count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_comes_again_is_kept_once_with_its_job(kind):
    letter(account(kind))
    name = next(PAYLOADS.glob(f"{kind}-deliver*.json")).stem
    for _ in range(3):
        assert knock(payload(name), kind, opens(kind)) == 200
    assert RawEvent.objects.get().state == "waiting"
    take_in()
    assert InboundItem.objects.count() == DeliveryReport.objects.count() == 1


@pytest.mark.parametrize("kind", ["postmark", "brevo"])
def test_a_call_that_broke_off_is_kept_with_its_reason(kind):
    letter(account(kind))
    whole = payload({"brevo": "brevo-hard-bounce", "postmark": "postmark-bounce-hard"}[kind])
    bodies = {whole[:cut] for cut in range(1, len(whole), 37)}
    for body in bodies:
        assert knock(body, kind, basic()) == 200
    take_in_to_the_end()
    assert RawEvent.objects.filter(state="dead").exclude(error="").count() == len(bodies)
    assert not failing()


def test_a_call_that_is_too_large_is_refused():
    account("brevo")
    assert knock(b" " * (1024 * 1024 + 1), "brevo", basic()) == 413


def _spoilt(data: Any) -> list[Any]:
    """The call with each of its values replaced in turn."""
    found: list[Any] = []
    others: tuple[Any, ...] = (None, [], {}, "", -1, "\x00", 1e308)
    for key, value in data.items():
        found += [data | {key: other} for other in others]
        found.append({name: each for name, each in data.items() if name != key})
        if isinstance(value, dict):
            found += [data | {key: inner} for inner in _spoilt(value)]
    return found


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_no_value_of_a_call_breaks_the_reader(path):
    access = Access(1, "x", "x@x.example", {"esp": path.stem.partition("-")[0]})
    read = reader(access)
    for data in _spoilt(json.loads(path.read_text())):
        read(json.dumps(data).encode())


@examples(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=200))
@pytest.mark.parametrize("kind", sorted(esp.ESPS))
def test_no_bytes_break_the_reader(kind, body):
    reader(Access(1, "x", "x@x.example", {"esp": kind}))(body)


def reader(access: Access) -> Callable[[bytes], None]:
    """Reads as the job does: whatever a parser raises makes the call dead, with a reason."""
    made = Account(kind="email", slug="x", address=access.address, options=dict(access.options))

    def read(body: bytes) -> None:
        raw = RawEvent(account=made, body=body, headers={"content-type": "application/json"})
        try:
            items = items_of(raw)
        except Unreadable:
            return
        for item in items:
            assert isinstance(item, Item)
            assert isinstance(item, Report | Rejected)

    return read
