"""Contacts: every interaction is counted, case or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from centro.contacts.actions import (
    answer_contact,
    finish_contact,
    hand_over_contact,
    open_contact,
)
from centro.contacts.models import Contact
from centro.kernel.actor import SYSTEM
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from centro.knowledge.models import Article
from tests import make


def contact(**fields: Any) -> Contact:
    return open_contact(channel="phone", operator=make.user(), by=SYSTEM, **fields)


def article() -> Article:
    return Article.objects.create(
        slug="horario", title="Horario", body="De 8 a 4.", agency=make.agency()
    )


def test_a_contact_begins_unfinished():
    begun = contact()
    assert (begun.outcome, begun.ended_at, begun.direction) == ("unfinished", None, "in")


def test_a_question_answered_on_the_spot_is_counted_for_the_entity():
    read = article()
    done = answer_contact(contact=contact(), summary="Se leyó el horario.", article=read, by=SYSTEM)
    assert (done.outcome, done.article, done.agency) == ("answered", read, read.agency)
    assert done.ended_at is not None
    assert done.ended_at >= done.started_at


def test_an_article_is_answer_enough():
    assert answer_contact(contact=contact(), summary=" ", article=article(), by=SYSTEM).ended_at


def test_an_answer_says_something():
    begun = contact()
    with pytest.raises(Invalid):
        answer_contact(contact=begun, summary="  ", by=SYSTEM)
    begun.refresh_from_db()
    assert begun.outcome == "unfinished"


def test_danger_to_life_is_no_case():
    handed = hand_over_contact(contact=contact(), number="911", by=SYSTEM)
    assert (handed.outcome, handed.summary, handed.reference) == ("emergency", "911", "")


@pytest.mark.parametrize(("reference", "outcome"), [("311-00000001-9", "case"), ("", "note")])
def test_a_contact_ends_as_a_case_or_as_a_note(reference, outcome):
    assert finish_contact(contact=contact(), reference=reference, by=SYSTEM).outcome == outcome


def test_a_contact_ends_once():
    begun = contact()
    finish_contact(contact=begun, by=SYSTEM)
    with pytest.raises(Refused), transaction.atomic():
        answer_contact(contact=begun, summary="Otra vez", by=SYSTEM)
    assert Contact.objects.get().outcome == "note"


@pytest.mark.parametrize(
    "broken",
    [
        {"outcome": "answered"},
        {"ended_at": now()},
        {"outcome": "case", "ended_at": now(), "reference": ""},
        {"outcome": "note", "ended_at": now() - timedelta(days=1)},
    ],
)
def test_the_database_refuses_impossible_contacts(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(channel="phone", started_at=now(), **broken)
