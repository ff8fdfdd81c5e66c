"""Agreements at the desk: read, proposed, previewed, decided by somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency, Assignment
from centro.cases import actions
from centro.cases.models import Retargeting
from centro.catalog.agreements import policy_for
from centro.catalog.models import PolicyVersion, ServiceType
from centro.kernel.clock import today
from tests import make
from tests.cases.deciding import agree, propose
from tests.moments import panama

pytestmark = pytest.mark.usefixtures("frozen")
LIST = reverse("desk:agreements")


def as_(who: User | Role, agency: Agency | None = None) -> Client:
    client = Client()
    client.force_login(make.user(who, agency) if isinstance(who, Role) else who)
    return client


def page_of(response: Any, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status, response.content[:500]
    return BeautifulSoup(response.content, "html.parser")


def address(name: str, service: ServiceType, **kwargs: Any) -> str:
    return reverse(f"desk:{name}", kwargs={"service": service.code, **kwargs})


def filled(client: Client, service: ServiceType, **changes: Any) -> dict[str, Any]:
    """The proposal form as the page offers it, with some boxes changed."""
    page = page_of(client.get(address("agreement_propose", service)))
    form = page.select_one("main form.card")
    given: dict[str, Any] = {
        str(box["name"]): box.get("value", "")
        for box in form.select("input[name]:not([type=hidden])")
    }
    for select in form.select("select[name]"):
        chosen = select.select_one("option[selected]") or select.select_one("option")
        given[select["name"]] = chosen["value"]
    return given | {"note": "Hay más cuadrillas"} | changes


def test_a_liaison_proposes_an_executive_approves_and_the_date_moves():
    case = make.case()
    service, agency = case.service, case.agency
    liaison = as_(Role.LIAISON, agency)
    given = filled(liaison, service, solution_amount="3")
    where = address("agreement_propose", service)

    thought = page_of(liaison.post(where, given | {"ver": "1"}))
    assert case.number in thought.select_one("#previa").text
    assert not PolicyVersion.objects.filter(state="proposed").exists()

    made = liaison.post(where, given | {"proponer": "1"})
    proposed = PolicyVersion.objects.get(state="proposed")
    assert made["Location"] == address("agreement_version", service, pk=proposed.pk)
    own = page_of(liaison.get(made["Location"]))
    assert "la decide otra persona" in own.text
    assert not own.select('form[action$="/aprobar/"]')

    executive = as_(Role.EXECUTIVE, agency)
    assert "Por aprobar" in page_of(executive.get(LIST)).text
    page = page_of(executive.get(made["Location"]))
    assert case.number in page.text
    assert page.select('form[action$="/aprobar/"]')
    done = executive.post(
        address("agreement_approve", service, pk=proposed.pk), {"words": "De acuerdo"}
    )
    work = Retargeting.objects.get()
    assert done["Location"] == reverse("desk:retargeting", kwargs={"pk": work.pk})
    actions.move_clocks(retargeting_id=work.pk)
    case.refresh_from_db()
    assert case.due_at == panama("2026-03-05 16:00")
    history = page_of(liaison.get(address("agreement", service))).select_one("table").text
    assert "Hay más cuadrillas" in history
    assert "De acuerdo" in history


def test_a_refusal_needs_its_reason():
    service = make.service()
    proposed = propose(service)
    client = as_(Role.EXECUTIVE, service.agency)
    where = address("agreement_refuse", service, pk=proposed.pk)
    assert "Este campo es obligatorio" in page_of(client.post(where, {"words": ""}), 422).text
    assert client.post(where, {"words": "No alcanza la gente"}).status_code == 302
    text = page_of(client.get(address("agreement_version", service, pk=proposed.pk))).text
    assert "No alcanza la gente" in text
    assert "No aprobado" in text


def test_who_proposed_may_withdraw_and_not_decide():
    service = make.service()
    director = make.user(Role.DIRECTOR)
    client = as_(director)
    made = client.post(
        address("agreement_propose", service),
        filled(client, service, solution_amount="4", proponer="1"),
    )
    proposed = PolicyVersion.objects.get(state="proposed")
    refused = client.post(address("agreement_approve", service, pk=proposed.pk))
    assert "debe decidirla otra persona" in page_of(refused, 403).text
    assert page_of(client.get(made["Location"])).select('form[action$="/retirar/"]')
    client.post(address("agreement_withdraw", service, pk=proposed.pk))
    proposed.refresh_from_db()
    assert proposed.state == "refused"


def test_terms_for_a_district_and_a_priority_with_somebody_named():
    service, district = make.service(), make.place("Arraiján", level="district")
    head = make.user(Role.HEAD, service.agency, first_name="Edilma", last_name="Ríos")
    client = as_(Role.LIAISON, service.agency)
    given = filled(
        client, service, place=district.code, priority="urgent", solution_amount="24",
        solution_unit="working_hours", response_amount="2", response_unit="working_hours",
        holder_4=str(head.pk), share_1="60", proponer="1",
    )  # fmt: skip
    made = client.post(address("agreement_propose", service), given)
    text = page_of(client.get(made["Location"])).text
    for said in ("Arraiján · Urgente", "24 horas hábiles", "Edilma Ríos", "60 %"):
        assert said in text
    proposed = PolicyVersion.objects.get(state="proposed")
    as_(Role.DIRECTOR).post(address("agreement_approve", service, pk=proposed.pk))
    assert policy_for(service, district, "urgent").pk == proposed.pk
    assert policy_for(service, district, "medium").pk != proposed.pk
    page = page_of(client.get(address("agreement", service)))
    assert [tag.text.strip() for tag in page.select(".grid h2")] == [
        "Todo el país",
        "Arraiján · Urgente",
    ]
    again = page_of(
        client.get(
            address("agreement_propose", service) + f"?lugar={district.code}&prioridad=urgent"
        )
    )
    assert again.select_one("#id_solution_amount")["value"] == "24"
    assert again.select_one("#id_holder_4 option[selected]").text == "Edilma Ríos"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"solution_amount": "0"}, "mayor o igual a 1"),
        ({"solution_amount": "cinco"}, "número entero"),
        ({"solution_amount": "1", "response_amount": "2"}, "no puede tardar más"),
        ({"share_2": "10"}, "los porcentajes suben"),
        ({"note": ""}, "obligatorio"),
        ({"place": "nada"}, "nada"),
        ({"calendar": "nunca"}, "Calendario:"),
        ({"holder_1": "999999"}, "999999"),
    ],
)
def test_terms_that_cannot_be_are_said(given: dict[str, Any], said: str):
    service = make.service()
    client = as_(Role.LIAISON, service.agency)
    where = address("agreement_propose", service)
    text = page_of(client.post(where, filled(client, service, proponer="1", **given)), 422).text
    assert said in text
    assert not PolicyVersion.objects.filter(state="proposed").exists()


def test_a_second_proposal_waits_for_the_first():
    service = make.service()
    propose(service)
    client = as_(Role.LIAISON, service.agency)
    answer = client.post(
        address("agreement_propose", service),
        filled(client, service, solution_amount="2", proponer="1"),
    )
    assert "Ya hay una propuesta" in page_of(answer, 409).text


def test_other_entities_agreements_do_not_exist():
    mine, other = make.service(), make.service()
    proposed = propose(other)
    for role in (Role.LIAISON, Role.EXECUTIVE, Role.HEAD):
        client = as_(role, mine.agency)
        assert client.get(address("agreement", mine)).status_code == 200
        assert client.get(address("agreement", other)).status_code == 404
        assert client.get(address("agreement_version", other, pk=proposed.pk)).status_code == 404
        # A proposal is reached through its own service alone.
        assert client.get(address("agreement_version", mine, pk=proposed.pk)).status_code == 404
        assert other.name not in client.get(LIST).content.decode()
        work = agree(make.service(), days=2)
        where = reverse("desk:retargeting", kwargs={"pk": work.pk})
        assert client.get(where).status_code == 404


def test_an_executive_elsewhere_does_not_decide_where_they_are_a_liaison():
    service = make.service()
    proposed = propose(service)
    user = make.user(Role.LIAISON, service.agency)
    Assignment.objects.create(user=user, role=Role.EXECUTIVE, agency=make.agency(), starts=today())
    where = address("agreement_approve", service, pk=proposed.pk)
    assert as_(user).post(where).status_code == 404


def test_the_list_is_searched_by_words_and_entity_and_turns_pages(monkeypatch):
    monkeypatch.setattr("centro.web.desk.views.agreements._PAGE", 3)
    services = [
        make.service(name=f"Fuga {n}", search_key=f"fuga {n}", sort_key=f"fuga {n}")
        for n in range(5)
    ]
    other = make.service(name="Hueco", search_key="hueco", sort_key="hueco")
    client = as_(Role.SUPERVISOR)
    first = page_of(client.get(LIST, {"q": "fúga"}))
    names = [tag.text for tag in first.select("a[data-row-link]")]
    assert names == [service.name for service in services[:3]]
    second = page_of(client.get(LIST + first.select_one("a[rel=next]")["href"]))
    assert [tag.text for tag in second.select("a[data-row-link]")] == ["Fuga 3", "Fuga 4"]
    of_one = page_of(client.get(LIST, {"entidad": other.agency.acronym}))
    assert [tag.text for tag in of_one.select("a[data-row-link]")] == ["Hueco"]


def test_the_list_takes_few_statements_however_many_services_it_shows():
    counts = []
    client = as_(Role.AUDITOR)
    for n in (2, 10):
        for _ in range(n):
            make.service()
        client.get(LIST)
        with CaptureQueriesContext(connection) as sent:
            client.get(LIST)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert counts[1] <= 9


def test_a_service_without_an_entity_is_the_directions():
    service = make.service(agency=None)
    client = as_(Role.DIRECTOR)
    made = client.post(
        address("agreement_propose", service),
        filled(client, service, solution_amount="4", proponer="1"),
    )
    assert made.status_code == 302
