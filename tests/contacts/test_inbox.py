"""Around conversations: whose they are, ready answers, shifts, surge, who looks, what is urgent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.channels.models import InboundMessage, OutboundMessage
from centro.contacts.answering import (
    answer_conversation,
    close_conversation,
    reopen_conversation,
    write_note,
)
from centro.contacts.assigning import (
    AWAY_AFTER,
    MOST_IN_HANDS,
    assign_conversation,
    by_load,
    hand_over_shift,
    release_abandoned,
    release_conversation,
    set_skills,
    take_conversation,
    take_next,
)
from centro.contacts.canned import faults_of, fill, left_open, save_reply
from centro.contacts.models import CannedReply, Conversation, Handover, Presence, Surge
from centro.contacts.surging import NOTICE, begin_surge, end_surge, surge_now
from centro.contacts.urgency import as_priorities, sounds_urgent
from centro.contacts.watching import list_stamp, talk_stamp
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from tests import make, talks


@pytest.fixture
def rosa() -> Any:
    return make.user(Role.OPERATOR, first_name="Rosa", last_name="Vega")


@pytest.fixture
def juan() -> Any:
    return make.user(Role.OPERATOR, first_name="Juan", last_name="Paz")


def everything() -> Any:
    return Conversation.objects.all()


def several(number: int, **more: Any) -> list[Any]:
    to = talks.account()
    return [talks.talk(sender=f"p{n}@x.example", to=to, **more) for n in range(number)]


def take(user: Any) -> Any:
    return take_next(user=user, among=everything())


# ---- Whose it is ----


def test_the_next_one_is_given_to_one_person_alone(rosa, juan):
    first, second = several(2)
    assert take(rosa) == first
    assert take(juan) == second
    assert take(rosa) == first  # nothing is free: back to her own


def test_who_has_many_waiting_gets_the_oldest_of_their_own(rosa):
    waiting = several(MOST_IN_HANDS + 1)
    taken = [take(rosa) for _ in range(MOST_IN_HANDS)]
    assert taken == waiting[:MOST_IN_HANDS]
    assert take(rosa) == waiting[0]


def test_skills_say_what_somebody_is_given(rosa):
    _spanish, english = several(2)
    Conversation.objects.filter(pk=english.pk).update(language="en")
    set_skills(user=rosa, languages=["en"], channels=[], by=actor_of(rosa))
    assert take(rosa) == english
    set_skills(user=rosa, languages=[], channels=["whatsapp"], by=actor_of(rosa))
    assert take(rosa) == english  # her own, and nothing else


def test_who_can_and_has_least_is_first_among_colleagues(rosa, juan):
    free, one, two = several(3)
    eva = make.user(Role.OPERATOR, first_name="Eva", last_name="Luz")
    for talk, user in ((one, juan), (two, juan)):
        assign_conversation(conversation=talk, to=user, user=rosa, by=actor_of(rosa))
    set_skills(user=eva, languages=["en"], channels=[], by=actor_of(rosa))
    assert by_load([eva, juan, rosa], free) == [(rosa, 0), (juan, 2), (eva, 0)]


def test_what_a_colleague_has_is_not_taken_by_a_slip(rosa, juan):
    (talk,) = several(1)
    take_conversation(conversation=talk, user=rosa, by=actor_of(rosa))
    with pytest.raises(Refused, match="Ya la tiene Rosa Vega"):
        take_conversation(conversation=talk, user=juan, by=actor_of(juan))
    release_conversation(conversation=talk, user=rosa, by=actor_of(rosa))
    taken = take_conversation(conversation=talk, user=juan, by=actor_of(juan))
    assert taken.assigned_to == juan


def test_who_left_the_desk_lets_go_of_what_waits(rosa, juan):
    left, kept = several(2)
    for talk, user in ((left, rosa), (kept, juan)):
        take_conversation(conversation=talk, user=user, by=actor_of(user))
    long_ago = now() - AWAY_AFTER - timedelta(minutes=1)
    Conversation.objects.update(assigned_at=long_ago)
    Presence.objects.create(user=juan, conversation=None, seen_at=now())
    assert release_abandoned() == 1
    assert talks.again(left).assigned_to is None
    assert talks.again(kept).assigned_to == juan
    assert release_abandoned() == 0


def test_a_shift_is_handed_over_with_a_word(rosa, juan):
    one, two, done = several(3)
    for talk in (one, two, done):
        take_conversation(conversation=talk, user=rosa, by=actor_of(rosa))
    close_conversation(conversation=done, ending="nothing", user=rosa, by=actor_of(rosa))
    made = hand_over_shift(giver=rosa, taker=juan, note="La de Ana es urgente", by=actor_of(rosa))
    assert (made.moved, Handover.objects.get().note) == (2, "La de Ana es urgente")
    assert {talks.again(t).assigned_to for t in (one, two)} == {juan}
    assert one.entries.filter(kind="note", text="La de Ana es urgente").exists()
    back = hand_over_shift(giver=juan, taker=None, by=actor_of(juan))
    assert back.moved == 2
    assert talks.again(one).assigned_to is None
    with pytest.raises(Invalid):
        hand_over_shift(giver=rosa, taker=rosa, by=actor_of(rosa))


# ---- What is said ----


def test_nobody_is_answered_where_nobody_wrote_or_in_what_is_not_wanted(rosa):
    (talk,) = several(1)
    Conversation.objects.update(state="spam", waiting_since=None)
    with pytest.raises(Refused):
        answer_conversation(conversation=talk, text="Hola", user=rosa, by=actor_of(rosa))
    for text in ("", "  \x00 ", "x" * 5001):
        with pytest.raises(Invalid):
            answer_conversation(conversation=talk, text=text, user=rosa, by=actor_of(rosa))
    assert not OutboundMessage.objects.exists()


def test_a_note_answers_nobody(rosa):
    (talk,) = several(1)
    write_note(conversation=talk, text="Llamar mañana", user=rosa, by=actor_of(rosa))
    assert talks.again(talk).state == "waiting"
    assert not OutboundMessage.objects.exists()


def test_a_new_message_opens_what_was_ended(rosa):
    (talk,) = several(1)
    close_conversation(conversation=talk, ending="nothing", user=rosa, by=actor_of(rosa))
    reopen_conversation(conversation=talk, user=rosa, by=actor_of(rosa))
    assert talks.again(talk).state == "waiting"
    with pytest.raises(Refused):
        reopen_conversation(conversation=talk, user=rosa, by=actor_of(rosa))


# ---- Ready answers ----


def test_a_ready_answer_has_known_blanks_alone(rosa):
    good = CannedReply(name="Horario", body="Hola {nombre}, su caso es {numero}.")
    save_reply(reply=good, user=rosa)
    for body in ("Hola {clave}", "Hola {nombre", "Hola }", "{}", " "):
        with pytest.raises(Invalid):
            save_reply(reply=CannedReply(name="Otra", body=body), user=rosa)
    with pytest.raises(Invalid, match="Ya hay"):
        save_reply(reply=CannedReply(name=" Horario ", body="Otra"), user=rosa)


def test_what_is_not_known_stays_to_be_seen():
    text = fill("Hola {nombre}: {numero} {otra}", {"nombre": "Ana", "numero": ""})
    assert text == "Hola Ana: {numero} {otra}"
    assert left_open(text) == ["numero"]


@given(st.text(max_size=80))
def test_a_text_without_faults_has_no_brace_left_once_it_is_filled(body):
    if not faults_of(body):
        names = ("nombre", "numero", "enlace", "entidad", "servicio", "operador")
        filled = fill(body, dict.fromkeys(names, "x"))
        assert "{" not in filled
        assert "}" not in filled


# ---- Language, urgency, surge ----


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, where can I renew my license?", "en"),
        ("Hola, ¿dónde renuevo mi licencia?", "es"),
        ("ok", "es"),
        ("👍", "es"),
        ("مرحبا", "es"),
        ("In La Chorrera no hay agua", "es"),
    ],
)
def test_the_language_is_the_usual_one_unless_it_is_clearly_another(text, language):
    assert talks.talk(text).language == language


@pytest.mark.parametrize(
    "text", ["¡INCENDIO en la calle 5!", "mi vecino está herido", "se está ahogando", "auxilio"]
)
def test_danger_sounds_urgent(text):
    assert sounds_urgent(text)


@pytest.mark.parametrize("text", ["No hay agua", "", "🔥", "fiesta", "¿A qué hora abren?"])
def test_ordinary_words_do_not(text):
    assert not sounds_urgent(text)


def test_the_words_of_a_surge_are_folded_and_never_so_short_that_all_is_urgent():
    assert as_priorities("Agua, OXÍGENO a de agua") == ["agua", "oxigeno"]


def surge_of(user: Any, **more: Any) -> Surge:
    told = {"notice": "Hay una inundación. Tardaremos.", "priorities": "oxígeno"} | more
    return begin_surge(**told, user=user, by=actor_of(user))


def test_a_surge_is_on_once_and_it_is_known_who_turned_it(rosa):
    assert surge_now() is None
    surge_of(rosa)
    with pytest.raises(Refused):
        surge_of(rosa)
    assert surge_now() is not None
    end_surge(user=rosa, by=actor_of(rosa))
    end_surge(user=rosa, by=actor_of(rosa))
    assert surge_now() is None
    row = Surge.objects.get()
    assert (row.started_by, row.ended_by) == (rosa, rosa)
    with pytest.raises(Invalid):
        surge_of(rosa, notice=" ")


def test_a_surge_brings_its_words_to_the_front(rosa):
    to = talks.account()
    before = talks.talk("Mi mamá necesita oxígeno", sender="a@x.example", to=to)
    other = talks.talk("Hay un hueco", sender="b@x.example", to=to)
    surge_of(rosa)
    after = talks.talk("No queda oxigeno", sender="c@x.example", to=to)
    assert [talks.again(t).urgent for t in (before, other, after)] == [True, False, True]


def test_whoever_writes_in_a_surge_is_told_once_a_day_and_still_waits(rosa):
    surge_of(rosa)
    talk = talks.talk("No hay agua")
    talks.talk("Otra vez")
    told = OutboundMessage.objects.filter(name=NOTICE)
    assert told.count() == 1
    assert talks.again(talk).state == "waiting"
    assert talk.entries.filter(outbound=told.get()).exists()
    OutboundMessage.objects.update(created_at=now() - timedelta(days=1, minutes=1))
    talks.talk("Un día después")
    assert told.count() == 2


def test_the_notice_goes_neither_to_robots_nor_below_public_posts(rosa):
    surge_of(rosa)
    talks.write("Estoy de vacaciones", nature="automatic", sender="r@x.example")
    talks.write("¡Qué mal!", public=True, thread="post", sender="p@x.example")
    assert not OutboundMessage.objects.exists()


def test_two_centres_in_surge_do_not_write_to_each_other_for_ever(rosa):
    """Each answers the other's notice with its own: the second is the last."""
    surge_of(rosa)
    for n in range(10):
        talks.write(f"Recibimos su mensaje {n}", sender="otro@centro.example")
    assert OutboundMessage.objects.count() == 1


def test_ten_thousand_words_or_messages_are_no_urgency_of_their_own(rosa):
    talk = talks.talk("hola " * 10_000)
    assert not talk.urgent
    for n in range(70):
        talks.write(f"mensaje {n}", sender="ana@correo.example")
    assert InboundMessage.objects.filter(nature="flood").exists()
    waiting = Conversation.objects.filter(state="waiting")
    assert waiting.count() <= 61


# ---- What is new ----


def test_the_stamp_of_the_list_changes_with_every_change(rosa):
    seen = {list_stamp()}
    (talk,) = several(1)
    seen.add(list_stamp())
    take_conversation(conversation=talk, user=rosa, by=actor_of(rosa))
    seen.add(list_stamp())
    close_conversation(conversation=talk, ending="nothing", user=rosa, by=actor_of(rosa))
    seen.add(list_stamp())
    assert len(seen) == 4
    assert list_stamp() in seen


def test_a_change_that_began_before_another_is_noticed_too():
    one, two = several(2)
    Conversation.objects.filter(pk=one.pk).update(changed_at=now() - timedelta(seconds=20))
    before = list_stamp()
    Conversation.objects.filter(pk=one.pk).update(changed_at=now() - timedelta(seconds=10))
    assert list_stamp() != before
    assert two.pk != one.pk


def test_the_stamp_of_a_conversation_changes_with_who_is_there(rosa, juan):
    (talk,) = several(1)
    alone = talk_stamp(talk, rosa)
    assert talk_stamp(talk, rosa) == alone
    talk_stamp(talk, juan)
    reading = talk_stamp(talk, rosa)
    talk_stamp(talk, juan, writing=True)
    assert len({alone, reading, talk_stamp(talk, rosa)}) == 3
