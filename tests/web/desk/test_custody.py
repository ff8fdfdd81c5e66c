"""Sealed cases: who is let in, and the log of who looked."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.cases import actions
from centro.cases.models import Case, Look
from tests import make

SEALED, LOOKS = reverse("desk:sealed"), reverse("desk:looks")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(case: Case, slug: str = "") -> str:
    page = reverse("desk:case", kwargs={"number": case.number})
    return f"{page}{slug}/" if slug else page


def sealed(**fields) -> Case:
    return make.case(confidentiality="sealed", kind="denunciation", **fields)


def test_the_officer_sees_every_sealed_case_and_works_it():
    case = sealed()
    make.case()
    officer = make.user(Role.DENUNCIATIONS)
    page = as_(officer).get(SEALED).content.decode()
    assert page.count("data-row-link") == 1
    assert case.number in page
    for slug, given in (("empezar", {}), ("nota", {"text": "Se pidió el expediente."})):
        assert as_(officer).post(address(case, slug), given).status_code == 302
    case.refresh_from_db()
    assert case.status == "in_progress"


def test_who_is_let_in_sees_and_works_until_shut_out():
    case = sealed(reporter=make.reporter(name="Rosa Diez"))
    officer, helper = make.user(Role.DENUNCIATIONS), make.user(Role.LIAISON)
    assert as_(helper).get(address(case)).status_code == 404
    assert as_(officer).post(address(case, "acceso"), {"user": helper.pk}).status_code == 302
    assert as_(helper).get(address(case)).status_code == 200
    assert as_(helper).post(address(case, "nota"), {"text": "Leído."}).status_code == 302
    assert as_(helper).post(address(case, "acceso"), {"user": helper.pk}).status_code == 403
    grant = case.grants.get()
    shut = reverse("desk:case_revoke", kwargs={"number": case.number, "pk": grant.pk})
    assert as_(helper).post(shut).status_code == 403
    assert as_(officer).post(shut).status_code == 302
    assert as_(helper).get(address(case)).status_code == 404
    assert as_(officer).post(shut).status_code == 404


def test_a_sealed_case_is_never_given_to_a_unit_nor_handed_over():
    case = sealed()
    officer = make.user(Role.DENUNCIATIONS)
    page = as_(officer).get(address(case)).content.decode()
    assert "no se encarga ni se traslada" in page
    assert as_(officer).post(address(case, "encargar"), {}).status_code == 403


def test_every_look_is_written_down_photos_too():
    case = sealed()
    officer = make.user(Role.DENUNCIATIONS)
    as_(officer).get(address(case))
    as_(officer).get(address(case, "nota"))
    assert Look.objects.filter(case=case, user=officer, what="case").count() == 2
    as_(officer).get(address(case, "nota"), headers={"HX-Request": "true"})
    assert Look.objects.count() == 2  # the form alone says nothing of the case


def test_the_auditor_reads_who_and_when_and_never_what():
    case = sealed(description="El director pidió dinero")
    officer = make.user(Role.DENUNCIATIONS, first_name="Berta", last_name="Ruiz")
    actions.record_look(case=case, user=officer, what="reporter", why="Llamar a Rosa Diez")
    auditor = make.user(Role.AUDITOR)
    page = as_(auditor).get(LOOKS).content.decode()
    assert case.number in page
    assert "Berta Ruiz" in page
    for secret in ("Rosa Diez", "pidió dinero", case.service.name):
        assert secret not in page
    assert as_(auditor).get(address(case)).status_code == 404


def test_the_log_is_narrowed_and_paged():
    case = sealed()
    one, two = make.user(Role.DENUNCIATIONS, first_name="Uno"), make.user(first_name="Dos")
    for _ in range(51):
        actions.record_look(case=case, user=one)
    actions.record_look(case=case, user=two, what="reporter")
    client = as_(make.user(Role.AUDITOR))

    def rows(**query: str) -> int:
        return client.get(LOOKS, query).content.decode().count('<th scope="row">')

    assert rows() == 50
    assert rows(despues=str(Look.objects.order_by("id")[2].pk)) == 2
    assert rows(tipo="reporter") == 1
    assert rows(quien="dos") == 1
    assert rows(caso=case.number, quien="uno") == 50
    assert rows(caso="311-9") == 0


def test_fifty_sealed_cases_cost_few_statements(django_assert_max_num_queries):
    service = make.service(confidentiality="sealed", agency=make.agency())
    for _ in range(20):
        make.case(service=service)
    client = as_(make.user(Role.DENUNCIATIONS))
    with django_assert_max_num_queries(6):
        client.get(SEALED)
