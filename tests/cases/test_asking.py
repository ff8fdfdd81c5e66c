"""Asking whether it is solved: by which way, the reminder half-way, letters that fail, silence."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions.telling import ways_for
from centro.cases.doctor import check_everything
from centro.channels.models import OutboundMessage
from centro.contacts.actions import claim_call_back, finish_call_back
from centro.contacts.models import CallBack
from centro.kernel.actor import SYSTEM, citizen
from centro.people.models import ContactPoint
from tests import make
from tests.moments import Frozen, panama


@pytest.fixture(autouse=True)
def _healthy():
    yield
    assert check_everything() == []


@pytest.fixture(autouse=True)
def _monday(frozen: Frozen) -> Frozen:
    """Monday 2 March 2026, 9 o'clock: who is asked then has until Monday 9, 16:00."""
    return frozen


def solved(**fields: Any) -> Any:
    fields.setdefault("reporter", make.reporter())
    return actions.resolve_case(case=make.case(**fields), text="Se tapó.", by=SYSTEM)


def letters(case: Any) -> list[str]:
    sent = OutboundMessage.objects.filter(reference=case.number).order_by("pk")
    return list(sent.values_list("name", flat=True))


def fail(case: Any, name: str) -> None:
    letter = OutboundMessage.objects.filter(reference=case.number, name=name).latest("pk")
    letter.status, letter.error = OutboundMessage.Status.FAILED, "550: no such user"
    letter.save(update_fields=["status", "error"])


# channel · what the person left → how they are asked
WAYS = [
    ("web", "both", "letter"), ("web", "phone", "call"), ("web", "email", "letter"),
    ("email", "both", "letter"), ("phone", "both", "letter"), ("phone", "phone", "call"),
    ("walk_in", "email", "letter"), ("walk_in", "phone", "call"), ("social", "phone", "call"),
    ("press", "nothing", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "left", "how"), WAYS)
def test_the_citizen_is_asked_by_the_way_they_used_or_left(channel: str, left: str, how: str):
    given = {"both": {"phone": "6600-0001"}, "phone": {"email": "", "phone": "6600-0001"},
             "email": {}, "nothing": None}[left]  # fmt: skip
    case = solved(channel=channel, reporter=None if given is None else make.reporter(**given))
    assert ("case_resolved" in letters(case)) == (how == "letter")
    calls = list(CallBack.objects.values_list("reference", "reason", "text"))
    assert calls == ([(case.number, "confirm", "Se tapó.")] if how == "call" else [])


@pytest.mark.parametrize("channel", ["web", "email", "phone", "walk_in", "social", "unheard of"])
def test_every_way_is_tried_once_whatever_the_channel(channel: str):
    assert sorted(ways_for(channel)) == sorted(ContactPoint.Kind.values)


# ---- The reminder ----


def test_half_way_the_citizen_is_reminded_once_in_office_hours(frozen):
    case = solved()
    assert case.answer_by == panama("2026-03-09 16:00")
    frozen.to("2026-03-04 15:59")
    assert actions.remind_unanswered() == 0
    frozen.to("2026-03-05 03:00")
    assert actions.remind_unanswered() == 0, "nobody is written to at night"
    frozen.to("2026-03-05 08:00")
    assert actions.remind_unanswered() == 1
    assert letters(case) == ["case_opened", "case_resolved", "case_reminder"]
    reminder = OutboundMessage.objects.get(name="case_reminder")
    assert "lunes 9 de marzo" in reminder.body.lower()
    assert actions.remind_unanswered() == 0
    assert case.timeline.filter(kind="reminded").count() == 1


def test_each_cycle_has_its_reminder(frozen):
    case = solved()
    frozen.to("2026-03-05 09:00")
    actions.remind_unanswered()
    case = actions.reopen_case(case=case, text="Sigue.", by=citizen())
    actions.resolve_case(case=case, text="Ahora sí.", by=SYSTEM)
    frozen.to("2026-03-11 09:00")
    assert actions.remind_unanswered() == 1


def test_who_answered_who_is_rung_and_who_left_nothing_is_not_reminded(frozen):
    actions.confirm_case(case=solved(), by=citizen())
    solved(reporter=make.reporter(email="", phone="212-3456"))
    solved(reporter=None)
    frozen.to("2026-03-05 09:00")
    assert actions.remind_unanswered() == 0


def test_with_a_single_day_to_answer_there_is_no_half_way(settings, frozen):
    settings.CONFIRMATION_DAYS = 1
    solved()
    frozen.to("2026-03-03 09:00")
    assert actions.remind_unanswered() == 0


def test_a_confidential_case_is_reminded_without_a_word_of_it(frozen):
    solved(confidentiality="reserved")
    frozen.to("2026-03-05 09:00")
    actions.remind_unanswered()
    reminder = OutboundMessage.objects.get(name="case_reminder")
    assert "respuesta/" not in reminder.body
    assert "Se tapó" not in reminder.body


# ---- Letters that fail ----


def test_whoever_did_not_get_the_letter_is_rung_and_the_case_says_so():
    case = solved(reporter=make.reporter(phone="6600-0001"))
    fail(case, "case_resolved")
    assert actions.follow_failed_letters() == 1
    call = CallBack.objects.get()
    assert (call.reference, call.reason, call.text) == (case.number, "confirm", "Se tapó.")
    assert case.timeline.get(kind="undelivered_rings")
    assert actions.follow_failed_letters() == 0


def test_a_question_that_did_not_arrive_is_asked_by_telephone(frozen):
    case = make.case(reporter=make.reporter(phone="6600-0001"))
    until = panama("2026-03-20 16:00")
    actions.ask_citizen(case=case, text="¿En qué calle?", until=until, by=SYSTEM)
    fail(case, "question_asked")
    actions.follow_failed_letters()
    call = CallBack.objects.get()
    assert (call.reason, call.text) == ("ask", "¿En qué calle?")


def test_without_a_telephone_the_case_only_says_that_it_failed():
    case = solved()
    fail(case, "case_resolved")
    assert actions.follow_failed_letters() == 1
    assert case.timeline.get(kind="undelivered")
    assert not CallBack.objects.exists()


def test_nobody_is_rung_about_what_is_settled():
    case = solved(reporter=make.reporter(phone="6600-0001"))
    fail(case, "case_resolved")
    actions.confirm_case(case=case, by=citizen())
    actions.follow_failed_letters()
    assert not CallBack.objects.exists()


def test_other_letters_may_fail_without_a_call():
    case = solved(reporter=make.reporter(phone="6600-0001"))
    fail(case, "case_opened")
    assert actions.follow_failed_letters() == 0


# ---- Silence ----


def test_three_calls_without_an_answer_end_it_and_silence_closes(frozen):
    case = solved(reporter=make.reporter(email="", phone="212-3456"))
    operator = make.user(Role.OPERATOR)
    frozen.to("2026-03-10 09:00")
    for n in range(3):
        assert actions.close_unanswered() == 0, f"after {n} calls somebody is still to ring"
        call = claim_call_back(user=operator)
        assert call is not None
        finish_call_back(call_back=call, reached=False, by=actor_of(operator))
        frozen.on(hours=3)
    assert CallBack.objects.get().state == "failed"
    assert actions.close_unanswered() == 1
    case.refresh_from_db()
    assert (case.status, case.reason, case.satisfied) == ("closed", "no_answer", None)
    assert CallBack.objects.count() == 1, "nobody is rung to hear that they did not answer"


def test_silence_after_a_letter_closes_and_tells(frozen):
    case = solved()
    frozen.to("2026-03-09 16:00")
    assert actions.close_unanswered() == 1
    assert letters(case)[-1] == "case_closed"


def test_the_days_to_answer_are_a_setting(settings):
    settings.CONFIRMATION_DAYS = 2
    assert solved().answer_by == panama("2026-03-04 16:00")
    assert timezone.is_aware(solved().answer_by)
