"""What closed and corrected cases teach, and what they never do."""

from __future__ import annotations

import pytest
from django.test import override_settings

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import learning
from centro.cases.actions import reclassify_case
from centro.cases.models import Case
from centro.catalog.models import Confidentiality, Saying
from centro.kernel.clock import now
from tests import make


def closed(text: str, *, reason: str = "satisfied", **fields) -> Case:
    case = make.case(description=text, **fields)
    Case.objects.filter(pk=case.pk).update(status="closed", reason=reason, closed_at=now())
    return case


def test_a_closed_case_teaches_the_type_that_it_had_in_the_end():
    wrong, right = make.service(), make.service()
    case = make.case(service=wrong, description="la cañería de la vereda gotea")
    supervisor = actor_of(make.user(Role.SUPERVISOR))
    reclassify_case(case=case, service=right, text="era otra cosa", by=supervisor)
    Case.objects.filter(pk=case.pk).update(status="closed", reason="satisfied", closed_at=now())
    closed("un asunto de todos los días", service=wrong)
    corrected, usual = learning.texts_of_cases()
    assert (corrected.label, corrected.text) == (right.code, "la cañería de la vereda gotea")
    assert usual.label == wrong.code
    assert corrected.weight > usual.weight


def test_a_sealed_case_teaches_nothing():
    case = closed("el director de la oficina me pidió plata")
    assert len(learning.texts_of_cases()) == 1
    Case.objects.filter(pk=case.pk).update(confidentiality=Confidentiality.SEALED)
    assert learning.texts_of_cases() == []


def test_an_open_case_and_one_that_did_not_apply_teach_nothing():
    make.case(description="todavía no se sabe qué es")
    closed("no procedía por otra razón", reason="not_applicable")
    assert learning.texts_of_cases() == []


@pytest.mark.parametrize("reason", ["spam", "out_of_scope"])
def test_what_was_no_matter_of_the_state_teaches_that(reason):
    closed("compre relojes baratos en mi página", reason=reason)
    [said] = learning.texts_of_cases()
    assert said.label == Saying.OUT_OF_SCOPE
    with override_settings(DEMONSTRATION=True):
        assert learning.texts_of_cases() == []


def test_one_text_sent_often_teaches_once_and_a_common_type_not_more_than_its_share():
    service = make.service()
    for _n in range(3):
        closed("siempre el mismo mensaje reenviado", service=service)
    for n in range(learning._OF_A_TYPE + 5):
        closed(f"mensaje distinto número {'a' * n}", service=service)
    assert len(learning.texts_of_cases()) == learning._OF_A_TYPE


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("llame al 6123-4567 o a ana@correo.example", "llame al o a"),
        ("mi cédula es 8-123-4567, vea https://x.example/a @vecino311", "mi cédula es , vea"),
    ],
)
def test_numbers_and_addresses_never_enter(text, kept):
    assert learning.without_names(text, Confidentiality.OPEN) == kept


def test_names_of_a_reserved_case_never_enter():
    text = "El vecino se llama Juan Carlos de León y golpea a María"
    told = learning.without_names(text, Confidentiality.RESERVED)
    assert "Juan" not in told
    assert "León" not in told
    assert "María" not in told
    assert "golpea" in told
    assert "Juan" in learning.without_names(text, Confidentiality.OPEN)


def test_training_is_due_until_there_is_a_model_of_the_catalogue():
    assert learning.training_is_due()
