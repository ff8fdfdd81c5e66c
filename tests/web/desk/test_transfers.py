"""Handing a case to another entity, as the two entities see it."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.cases.doctor import check_everything
from centro.cases.models import Case
from tests import make


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(case: Case, slug: str = "") -> str:
    page = reverse("desk:case", kwargs={"number": case.number})
    return f"{page}{slug}/" if slug else page


def proposed():
    case = make.case(reporter=make.reporter())
    to = make.agency()
    sender, receiver = make.user(Role.LIAISON, case.agency), make.user(Role.LIAISON, to)
    answer = as_(sender).post(
        address(case, "trasladar"), {"agency": to.acronym, "text": "La vía es de ellos."}
    )
    assert answer.status_code == 302
    case.refresh_from_db()
    return case, sender, receiver


def test_the_receiver_sees_it_and_accepts():
    case, sender, receiver = proposed()
    to = case.proposed_agency
    page = as_(receiver).get(address(case)).content.decode()
    assert "La vía es de ellos." in page
    assert "Aceptar el traslado" in page
    assert "Resolver" not in page
    assert as_(receiver).post(address(case, "aceptar")).status_code == 302
    case.refresh_from_db()
    assert (case.agency, case.proposed_agency) == (to, None)
    assert as_(sender).get(address(case)).status_code == 404


def test_the_receiver_refuses_and_no_longer_sees_it():
    case, _sender, receiver = proposed()
    assert as_(receiver).post(address(case, "rechazar"), {"text": ""}).status_code == 422
    answer = as_(receiver).post(address(case, "rechazar"), {"text": "Es municipal."})
    assert answer["Location"] == reverse("desk:inbox")
    case.refresh_from_db()
    assert (case.status, case.reason, case.agency) == ("received", "transfer_refused", None)
    assert as_(receiver).get(address(case)).status_code == 404
    assert check_everything() == []


def test_the_receiver_works_nothing_before_accepting():
    case, _sender, receiver = proposed()
    for slug in ("empezar", "nota", "resolver", "encargar"):
        assert as_(receiver).post(address(case, slug), {"text": "x"}).status_code == 404


def test_nobody_else_answers_for_the_receiver():
    case, sender, _receiver = proposed()
    to = case.proposed_agency
    assert as_(sender).post(address(case, "aceptar")).status_code == 403
    assert as_(make.user(Role.LIAISON)).post(address(case, "aceptar")).status_code == 404
    assert as_(make.user(Role.HEAD, to)).post(address(case, "aceptar")).status_code == 403
    assert as_(make.user(Role.SUPERVISOR)).post(address(case, "aceptar")).status_code == 403
    assert as_(make.user(Role.EXECUTIVE, to)).post(address(case, "aceptar")).status_code == 302


def test_a_second_proposal_waits_for_the_first():
    case, sender, _receiver = proposed()
    page = as_(sender).get(address(case)).content.decode()
    assert "No se puede proponer otro traslado" in page
    answer = as_(sender).post(
        address(case, "trasladar"), {"agency": make.agency().acronym, "text": "O de ellos."}
    )
    assert answer.status_code == 403
