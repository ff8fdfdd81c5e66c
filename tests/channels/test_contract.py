"""What every channel promises, tried against a strict provider of each kind.

To add a channel, add its fake to PROVIDERS in tests/channels/networks.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from centro.channels import reading
from centro.channels.channel import Access, Call, Item, Rejected, Unreadable
from centro.channels.filtering import FLOOD
from centro.channels.models import Account, InboundItem, InboundMessage, OutboundMessage, RawEvent
from centro.channels.registry import get_channel
from centro.contacts.models import ConversationEntry
from tests.channels.networks import (
    PROVIDERS,
    Network,
    deliver,
    jobs_of,
    messages,
    network,
    outcomes,
    take_in,
    take_in_to_the_end,
)
from tests.fakes.provider import HANG_UP, HookCall, Provider, Reply

HOSTILE = "Agua 💧👩\u200d👩\u200d👧 \u202eמים\u202c ماء \u0000 'OR 1=1-- <script>alert(1)</script> {{ x }}"


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.__name__)
def net(request: pytest.FixtureRequest, settings: Any) -> Any:
    """Our account at each provider in turn."""
    with network(request.param(), settings) as made:
        yield made


def those(fit: Callable[[type[Provider]], object]) -> pytest.MarkDecorator:
    """Only the providers that have what a test is about."""
    fitting = [provider for provider in PROVIDERS if fit(provider)]
    return pytest.mark.parametrize("net", fitting, ids=lambda p: p.__name__, indirect=True)


TELLING = those(lambda provider: provider.states)
TELLING_FAILURES = those(lambda provider: provider.tells_failures)
EDITABLE = those(lambda provider: provider.edits)
BATCHED = those(lambda provider: provider.batches)
PROVING = those(lambda provider: provider.proves_itself)
TALKING = those(lambda provider: provider.one_talk)
SIGNING = those(lambda provider: provider.signs_bytes)
CUTTING = those(lambda provider: provider.cuts)
LIMITING = those(lambda provider: provider.asks_to_wait)
IN_JSON = [provider.kind for provider in PROVIDERS if provider.in_json]


# ---- Who calls ----


@PROVING
def test_a_call_without_a_signature_is_not_taken(net):
    call = net.fake.call(net.fake.says(net.fake.person(), "Hola"))
    assert net.hook(HookCall(call.body, {})) == 401
    assert RawEvent.objects.count() == 0


@PROVING
def test_a_call_with_a_wrong_signature_is_not_taken(net):
    call = net.fake.call(net.fake.says(net.fake.person(), "Hola"))
    for spoilt in ("", "sha256=", "sha256=00", "á", "x" * 5000):
        assert net.hook(HookCall(call.body, dict.fromkeys(call.headers, spoilt))) == 401
    assert RawEvent.objects.count() == 0


@PROVING
def test_an_account_without_a_secret_takes_nothing(net):
    net.account.seal_secrets({})
    net.account.save()
    call = net.fake.call(net.fake.says(net.fake.person(), "Hola"))
    for headers in (call.headers, dict.fromkeys(call.headers, "")):
        assert net.hook(HookCall(call.body, headers)) == 401


@SIGNING
def test_other_bytes_under_a_good_signature_are_not_taken(net):
    call = net.fake.call(net.fake.says(net.fake.person(), "Hola"))
    assert net.hook(call.with_body(call.body.replace(b"Hola", b"Adi\\u00f3s"))) == 401
    assert net.hook(call.with_body(call.body + b" ")) == 401


@PROVING
def test_the_secret_of_one_account_opens_no_other(net):
    secrets = dict.fromkeys(net.account.secrets, "of-another")
    other = Account(
        kind=net.fake.kind, slug="otra", label="Otra", address="999", options=net.account.options
    )
    other.seal_secrets(secrets)
    other.save()
    call = net.fake.call(net.fake.says(net.fake.person(), "Hola"))
    assert net.hook(call, slug="otra") == 401
    assert net.hook(call, slug="no-existe") == 404
    assert net.hook(call) == 200


def test_a_closed_account_takes_nothing(net):
    net.account.active = False
    net.account.save()
    assert net.hook(net.fake.call(net.fake.says(net.fake.person(), "Hola"))) == 404


def test_what_opens_the_account_is_not_kept_with_what_came(net):
    net.bring(net.fake.says(net.fake.person(), "Hola"))
    kept = json.dumps(RawEvent.objects.get().headers)
    assert not [secret for secret in net.account.secrets.values() if secret and secret in kept]


# ---- What comes, once ----


def test_a_message_arrives_as_it_was_written(net):
    event = net.fake.says(net.fake.person(), "No hay agua")
    assert net.bring(event) == [200]
    (message,) = messages()
    assert (message.body, message.nature) == ("No hay agua", "plain")
    assert message.external_id == net.fake.id_of(event)
    assert message.identity.external_id == net.fake.person()
    assert (message.sent_at is not None) is net.fake.dates_messages
    # Where nobody writes a case whole, questions of ours come first.
    waits = not get_channel(net.fake.kind).guides
    assert message.entry.conversation.state == ("waiting" if waits else "answered")


def test_a_call_is_kept_with_its_job_before_it_is_acknowledged(net):
    assert net.hook(net.fake.call(net.fake.says(net.fake.person(), "Hola"))) == 200
    assert RawEvent.objects.get().state == "waiting"
    assert jobs_of(reading.TAKE_IN) == 1


def test_a_call_that_is_brought_again_is_stored_once(net):
    call = net.fake.call(net.fake.says(net.fake.person(), "Hola"))
    assert [net.hook(call) for _ in range(3)] == [200, 200, 200]
    assert RawEvent.objects.count() == jobs_of(reading.TAKE_IN) == 1


def test_the_same_message_in_two_calls_makes_one(net):
    event = net.fake.says(net.fake.person(), "Hola")
    other = net.fake.says(net.fake.person(2), "Otra cosa")
    for call in net.fake.calls(event, other) + net.fake.calls(event):
        assert net.hook(call) == 200
    take_in()
    assert sorted(message.body for message in messages()) == ["Hola", "Otra cosa"]
    # Known by its bytes already, or by its name: in either case it is in the books.
    assert len(outcomes()) - outcomes().count("again") == 2
    assert ConversationEntry.objects.filter(inbound__isnull=False).count() == 2


def test_every_message_of_a_batch_is_kept(net):
    events = [net.fake.says(net.fake.person(n), f"Mensaje {n}") for n in range(30)]
    assert set(net.bring(*events)) == {200}
    assert {message.body for message in messages()} == {f"Mensaje {n}" for n in range(30)}
    assert RawEvent.objects.filter(state="done").count() == (1 if net.fake.batches else 30)


def test_nothing_is_lost_or_doubled_by_retries_duplicates_and_disorder(net):
    person = net.fake.person()
    calls = [net.fake.call(net.fake.says(person, f"Parte {n}")) for n in range(12)]
    net.fake.bring(net.hook, calls, twice=True, shuffled=7)
    take_in()
    assert sorted(m.body for m in messages()) == sorted(f"Parte {n}" for n in range(12))
    if net.fake.one_talk:
        assert len({m.entry.conversation_id for m in messages()}) == 1


@TALKING
def test_a_message_goes_on_with_the_talk_of_its_sender(net):
    net.bring(net.fake.says(net.fake.person(), "Hola"))
    net.bring(net.fake.says(net.fake.person(), "¿Hay alguien?"))
    net.bring(net.fake.says(net.fake.person(2), "Yo también"))
    first, second, other = (message.entry.conversation_id for message in messages())
    assert first == second != other


def test_who_writes_without_end_is_kept_and_stopped(net):
    events = [net.fake.says(net.fake.person(), f"Mensaje {n}") for n in range(FLOOD + 8)]
    net.bring(*events)
    natures = [message.nature for message in messages()]
    assert (natures.count("plain"), natures.count("flood")) == (FLOOD, 8)
    if net.fake.one_talk:
        assert len({m.entry.conversation_id for m in messages()}) == 1


@pytest.mark.parametrize("text", [HOSTILE, "🙂" * 4000, "\ud83d", "\u202e" * 50, "a" * 300_000])
def test_whatever_a_person_writes_is_kept_as_text(net, text):
    text = text[: net.fake.carries]
    assert set(net.bring(net.fake.says(net.fake.person(), text))) <= {200}
    (message,) = messages()
    wanted = text.replace("\x00", "").encode("utf-8", "replace").decode()
    assert message.body.startswith(wanted[:200_000])
    assert RawEvent.objects.get().state == "done"


# ---- What no provider would send ----


def spoilt(fake: Provider) -> list[bytes]:
    body = fake.call(fake.says(fake.person(), "Hola")).body
    return [
        b"",
        fake.cut(body),
        b"[]",
        b"null",
        b"{}",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 50_000,
        b'{"entry": 5, "object": "page", "for_user_id": []}',
        b"<html>",
    ]


def test_a_spoilt_call_is_kept_with_its_reason_and_never_breaks_us(net):
    for body in spoilt(net.fake):
        assert net.hook(HookCall(body, net.fake.sign(body))) in {200, 401}
    take_in_to_the_end()
    assert messages() == []
    for raw in RawEvent.objects.all():
        # Dead with a reason, or read and found to bring nothing.
        assert raw.error if raw.state == "dead" else raw.state == "done"
    assert RawEvent.objects.filter(state="dead").count() >= 6


def test_a_dead_call_is_taken_in_again_once_its_cause_is_repaired(net, monkeypatch):
    channel = get_channel(net.fake.kind)

    def broken(*_args: object) -> None:
        raise KeyError("a field that was renamed")

    with monkeypatch.context() as patch:
        patch.setattr(type(channel), "parse", broken)
        net.bring(net.fake.says(net.fake.person(), "Hola"))
    raw = RawEvent.objects.get()
    assert (raw.state, messages()) == ("dead", [])
    assert "a field that was renamed" in raw.error
    reading.replay_event(raw=raw)
    take_in()
    assert [message.body for message in messages()] == ["Hola"]


@BATCHED
def test_one_spoilt_thing_does_not_take_the_others_of_its_call_with_it(net):
    good = [net.fake.says(net.fake.person(n), f"Mensaje {n}") for n in range(2)]
    bad = json.loads(json.dumps(net.fake.says(net.fake.person(9), "sin remitente ni número")))
    for event in (bad, *bad.get("messages", [])):
        for name in ("id", "from", "sender", "message_create", "contacts"):
            event.pop(name, None)
    data = json.loads(net.fake.call(good[0], bad | {"message": {}}, good[1]).body)
    if net.fake.kind == "x":
        data["direct_message_events"].insert(1, {"type": "message_create"})
    body = json.dumps(data).encode()
    assert net.hook(HookCall(body, net.fake.sign(body))) == 200
    take_in_to_the_end()
    assert {message.body for message in messages()} >= {"Mensaje 0", "Mensaje 1"}
    dead = InboundItem.objects.filter(outcome="dead")
    assert dead.exists()
    assert all(item.reason for item in dead)
    assert RawEvent.objects.get().state == "dead"


@examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["entry", "changes", "value", "messages", "messaging", "message", "from", "id", "text",
             "object", "update_id", "for_user_id", "direct_message_events", "field", "sender",
             "tweet_create_events", "user", "chat", "statuses", "location", "attachments"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
))  # fmt: skip
@pytest.mark.parametrize("kind", IN_JSON)
def test_no_signed_garbage_gets_past_the_reader(kind, data):
    start = {
        "whatsapp": {"object": "whatsapp_business_account"},
        "facebook": {"object": "page"},
        "x": {"for_user_id": ""},
        "telegram": {},
    }[kind]
    body = json.dumps({**data, **start} if isinstance(data, dict) else data).encode()
    channel = get_channel(kind)
    assert isinstance(channel.key_of(Call("POST", "", {}, body)), str)
    try:
        items = channel.parse(Access(None), {}, body)
    except Unreadable as refusal:
        items = [Rejected(str(refusal))]
    assert all(isinstance(item, Item) for item in items)


def test_a_call_that_is_too_large_is_refused(net):
    body = b" " * (get_channel(net.fake.kind).largest + 1)
    assert net.hook(HookCall(body, net.fake.sign(body))) == 413
    assert RawEvent.objects.count() == 0


# ---- What leaves ----


def known(net: Network, n: int = 1) -> str:
    """Somebody who has just written to us."""
    person: str = net.fake.person(n)
    net.bring(net.fake.says(person, "Hola"))
    return person


def test_an_answer_reaches_the_person(net):
    person = known(net)
    message = net.write(person, "Ya vamos.")
    assert deliver(message) is None
    (sent,) = net.fake.sent
    assert (sent.to, sent.text, sent.public) == (person, "Ya vamos.", False)
    assert (message.status, message.external_id) == ("sent", sent.id)
    assert net.fake.refused == []


def test_an_answer_to_a_message_names_it_by_the_rules(net):
    person = known(net)
    (came,) = messages()
    assert deliver(net.write(person, in_reply_to=came.external_id)) is None
    assert net.fake.refused == []


@pytest.mark.parametrize(
    "text", ["💧🙂 \u202eמים ماء", "á" * 50_000, "🙂 " * 20_000, "<b>&amp;</b> _*x*_"]
)
def test_any_text_keeps_to_the_limits_of_the_provider(net, text):
    assert deliver(net.write(known(net), text)) is None
    assert net.fake.refused == []
    assert net.fake.sent[0].text[:10] == text[:10]


@CUTTING
def test_a_long_text_about_a_case_ends_with_where_to_read_on(net):
    number = "311-00000018-4"
    assert deliver(net.write(known(net), "largo " * 10_000, reference=number)) is None
    assert net.fake.sent[0].text.endswith(f"/seguimiento/{number}/")


def test_an_outage_is_waited_out(net):
    person = known(net)
    message = net.write(person)
    net.fake.down = True
    failure = deliver(message)
    assert failure is not None
    assert not failure.permanent
    assert (message.status, net.fake.sent) == ("queued", [])
    net.fake.down = False
    assert deliver(message) is None
    assert message.status == "sent"
    assert message.attempts.count() == 2


@pytest.mark.parametrize(
    "fault",
    [
        HANG_UP,
        Reply(500, b"oops"),
        Reply(503, {"error": {}}),
        Reply(302, b"", {"Location": "http://127.0.0.1:1/steal"}),
        Reply(200, b"<html>"),
        Reply(200, {"ok": True}),
        Reply(200, b"x" * 4000, truncated=True),
    ],
    ids=["hangs up", "500", "503", "redirect", "html", "no id", "truncated"],
)
def test_a_fault_of_the_provider_is_tried_again(net, fault):
    message = net.write(known(net))
    net.fake.faults = [fault]
    failure = deliver(message)
    assert failure is not None
    assert not failure.permanent
    assert message.status == "queued"
    assert deliver(message) is None
    assert len(net.fake.sent) == 1


@LIMITING
def test_a_provider_that_asks_to_wait_is_waited_for(net):
    message = net.write(known(net))
    net.fake.faults = [net.fake.too_many(47)]
    failure = deliver(message)
    assert failure is not None
    assert failure.wait is not None
    assert timedelta(seconds=45) < failure.wait <= timedelta(minutes=2)
    assert message.status == "queued"
    assert deliver(message) is None


def test_no_for_ever_is_not_asked_again_and_stays(net):
    person = known(net)
    net.fake.refuses_for_good(person)
    message = net.write(person)
    assert deliver(message) is None
    assert message.status == "failed"
    assert message.error
    asked = len(net.fake.asked)
    assert deliver(message) is None
    assert (message.status, len(net.fake.asked)) == ("failed", asked)


def test_no_secret_of_the_account_is_told_in_an_error(net):
    message = net.write(known(net))
    for fault in (HANG_UP, Reply(500), Reply(302), net.fake.too_many(1)):
        net.fake.faults = [fault]
        deliver(message)
    net.fake.down = True
    deliver(message)
    told = " ".join(message.attempts.values_list("error", flat=True)) + message.error
    assert told
    assert not [secret for secret in net.account.secrets.values() if secret and secret in told]


def test_a_provider_that_cannot_be_reached_is_tried_again(net):
    message = net.write(known(net))
    net.look_for_it_at("http://127.0.0.1:1")
    assert deliver(message) is not None
    assert message.status == "queued"


# ---- What became of it ----


@TELLING
def test_what_became_of_a_message_is_told_in_any_order_and_only_goes_forward(net):
    rank = ["queued", "sent", "delivered", "read"]
    for n, order in enumerate(permutations(net.fake.states)):
        message = net.write(known(net, n + 1))
        deliver(message)
        sent = net.fake.sent[-1]
        reached = "sent"
        for state in order:
            net.bring(net.fake.tells(sent, state))
            reached = max(reached, state, key=rank.index)
            message.refresh_from_db()
            assert message.status == reached


@TELLING
def test_a_state_that_comes_before_we_know_the_message_is_applied_later(net):
    message = net.write(known(net))
    # Its webhook is quicker than its answer, which brings the id.
    early = net.fake.reserve(message)
    net.bring(net.fake.tells(early, net.fake.states[-1]))
    assert deliver(message) is None
    assert message.external_id == early.id
    assert message.status == net.fake.states[-1]


@TELLING_FAILURES
def test_a_failure_that_is_told_later_stays(net):
    message = net.write(known(net))
    deliver(message)
    net.bring(net.fake.tells(net.fake.sent[-1], "failed"))
    net.bring(net.fake.tells(net.fake.sent[-1], "delivered"))
    message.refresh_from_db()
    assert message.status == "failed"
    assert message.error


@TELLING
def test_a_state_of_a_message_that_is_not_ours_moves_nothing(net):
    mine = net.write(known(net))
    deliver(mine)
    stranger = net.fake.take(net.fake.person(2), "otro")
    net.bring(*(net.fake.tells(stranger, state) for state in net.fake.states))
    mine.refresh_from_db()
    assert mine.status == "sent"
    assert OutboundMessage.objects.filter(name="written").count() == 1


# ---- What changes where it was written ----


@EDITABLE
def test_an_edit_replaces_what_is_shown_and_keeps_what_was_first(net):
    event = net.fake.says(net.fake.person(), "No ay agua")
    net.bring(event)
    net.bring(net.fake.changes(event, "No hay agua"))
    (message,) = messages()
    assert (message.body, message.edited_at is not None) == ("No hay agua", True)
    assert b"No ay agua" in bytes(RawEvent.objects.order_by("pk")[0].body or b"")


@EDITABLE
def test_an_edit_that_overtakes_its_message_is_not_lost(net):
    event = net.fake.says(net.fake.person(), "No ay agua")
    change = net.fake.changes(event, "No hay agua")
    net.bring(change)
    assert InboundMessage.objects.count() == 0
    net.bring(event)
    take_in_to_the_end()
    assert [message.body for message in messages()] == ["No hay agua"]


@EDITABLE
def test_a_change_of_something_we_never_had_is_written_off_in_the_end(net):
    net.bring(net.fake.changes(net.fake.says(net.fake.person(), "Hola"), "¿?"))
    take_in_to_the_end()
    item = InboundItem.objects.get()
    assert (item.outcome, bool(item.reason)) == ("rejected", True)
