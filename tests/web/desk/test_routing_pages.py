"""Where cases go, at the desk: read by some, drafted, tried and published by others."""

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
from centro.cases import actions
from centro.cases.models import Case
from centro.catalog.models import RoutingPlan
from centro.catalog.routing import fingerprint, in_order, live_rules
from centro.kernel.actor import SYSTEM, citizen
from tests import make

LIVE = reverse("desk:routing")


def as_(role: Role = Role.SUPERVISOR, user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or make.user(role))
    return client


def shown(response: Any, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def text_of(page: BeautifulSoup) -> str:
    main = page.select_one("main")
    assert main is not None
    return main.get_text(" ", strip=True)


def address(name: str, plan: RoutingPlan, **more: Any) -> str:
    return reverse(f"desk:routing_{name}", kwargs={"number": plan.number, **more})


def names(plan: RoutingPlan) -> list[str]:
    return [rule.name for rule in in_order(plan)]


def fields_of(page: BeautifulSoup) -> dict[str, str]:
    """What the form of the page would send as it stands."""
    form = page.select_one("main form[method=post]")
    assert form is not None
    sent = {str(box["name"]): str(box.get("value", "")) for box in form.select("input[name]")}
    for box in form.select("select[name]"):
        chosen = box.select_one("option[selected]")
        sent[str(box["name"])] = str(chosen["value"]) if chosen else ""
    return sent


# ---- Reading ----


def test_without_a_plan_the_page_says_what_holds():
    page = shown(as_(Role.AUDITOR).get(LIVE))
    assert "Cada caso va a la entidad de su tipo de servicio." in text_of(page)
    assert "Empezar un borrador" not in text_of(page)


def test_the_live_plan_is_read_in_words_and_in_order():
    service = make.service(name="Fuga de agua", category="Agua")
    place = make.place("Penonomé", level="district")
    agency = make.agency(acronym="IDAAN")
    unit = make.unit(agency, name="Oficina de Coclé")
    make.live_plan(
        make.rule(name="Agua en Penonomé", service=service, place=place, agency=agency, unit=unit),
        make.rule(name="Ideas", kind="idea"),
    )
    page = shown(as_(Role.LIAISON).get(LIVE))
    rules = [li.get_text(" ", strip=True) for li in page.select(".sign")]
    assert len(rules) == 2
    for words in ("Agua en Penonomé", "Fuga de agua", "Penonomé,", "IDAAN", "Oficina de Coclé"):
        assert words in rules[0]
    assert not page.select("main form[method=post]")


def test_a_draft_is_for_its_editors_alone():
    plan = make.draft_plan(make.rule(kind="idea"))
    for role, status in ((Role.LIAISON, 404), (Role.AUDITOR, 404), (Role.DIRECTOR, 200)):
        assert as_(role).get(address("plan", plan)).status_code == status


def test_past_plans_are_listed_with_their_reasons():
    past = make.live_plan(make.rule(name="Antigua", kind="idea"))
    make.live_plan(make.rule(kind="idea"))
    client = as_(Role.AUDITOR)
    assert "Para probar" in text_of(shown(client.get(LIVE)))
    assert "Antigua" in text_of(shown(client.get(address("plan", past))))


def test_one_may_ask_where_something_would_go_and_why():
    service, place = make.service(), make.place("Río Abajo")
    official = make.user(Role.OFFICIAL, unit=service.agency.units.get(), first_name="Marta")
    client = as_(Role.LIAISON)
    page = shown(client.get(LIVE, {"servicio": service.code, "lugar": "Río Abajo"}))
    steps = text_of(page)
    assert f"El tipo de servicio es de {service.agency.acronym}." in steps
    assert "Funcionario con menos casos: Marta" in steps
    assert not Case.objects.exists()
    official.assignments.get(given_at=None)  # to ask gave nobody a turn
    asked = client.get(LIVE, {"servicio": service.code, "lugar": "No existe"})
    assert "No se encontró ese lugar" in text_of(shown(asked))
    assert place.pk


def test_a_draft_says_where_something_would_go_today_and_with_it():
    service = make.service()
    plan = make.draft_plan(rule := make.rule(service=service))
    page = shown(as_().get(address("plan", plan), {"servicio": service.code}))
    ways = [h3.get_text(" ", strip=True) for h3 in page.select("#prueba h3")]
    assert ways == [
        f"Hoy: {service.agency.acronym}",
        f"Con el plan {plan.number}: {rule.agency.acronym}",
    ]


def test_a_rule_that_can_never_decide_says_so():
    plan = make.draft_plan(
        make.rule(name="Ancha", kind="idea"), make.rule(kind="idea", category="x")
    )
    assert "antes decide «Ancha»" in text_of(shown(as_().get(address("plan", plan))))


def test_the_page_of_a_plan_takes_few_statements():
    make.live_plan(*(make.rule(service=make.service(), place=make.place()) for _ in range(12)))
    client = as_(Role.DIRECTOR)
    client.get(LIVE)
    with CaptureQueriesContext(connection) as captured:
        client.get(LIVE)
    assert len(captured) <= 10, "\n".join(q["sql"][:200] for q in captured)


# ---- Editing ----


def test_a_draft_is_begun_from_the_live_plan_or_from_a_past_one():
    past = make.live_plan(make.rule(name="Antigua", kind="idea"))
    make.live_plan(make.rule(name="Nueva", kind="idea"))
    client = as_(Role.ADMINISTRATOR)
    start = reverse("desk:routing_start")
    client.post(start)
    draft = RoutingPlan.objects.get(state="draft")
    assert names(draft) == ["Nueva"]
    again = shown(client.post(start, {"de": past.number}), 409)
    assert "Ya hay un borrador" in text_of(again)
    draft.delete()
    client.post(start, {"de": past.number})
    assert names(RoutingPlan.objects.get(state="draft")) == ["Antigua"]


def test_a_rule_is_added_in_words():
    plan = make.draft_plan()
    agency, place = make.agency(), make.place("Tocumen")
    unit = make.unit(agency, province=place.province)
    service = make.service(category="Calles")
    client = as_()
    page = shown(client.get(address("add", plan)))
    sent = fields_of(page) | {
        "name": "Calles de Tocumen",
        "service": service.code,
        "corregimiento": "Tocumen",
        "agency": agency.acronym,
        "office": place.province.code,
    }
    response = client.post(address("add", plan), sent)
    rule = plan.rules.get()
    assert response["Location"] == f"{address('plan', plan)}#regla-{rule.pk}"
    assert (rule.name, rule.service, rule.place) == ("Calles de Tocumen", service, place)
    assert (rule.agency, rule.unit, rule.position) == (agency, unit, 1)


def test_a_rule_is_changed_from_what_it_says():
    place = make.place()
    agency = make.agency()
    plan = make.draft_plan(
        make.rule(
            name="a", kind="idea", place=place.province, agency=agency, unit=agency.units.get()
        )
    )
    rule = plan.rules.get()
    client = as_()
    page = shown(client.get(address("rule", plan, pk=rule.pk)))
    sent = fields_of(page)
    assert (sent["name"], sent["kind"], sent["region"]) == ("a", "idea", place.province.code)
    assert (sent["agency"], sent["office"]) == (agency.acronym, "nacional")
    client.post(address("rule", plan, pk=rule.pk), sent | {"name": "b", "office": ""})
    rule.refresh_from_db()
    assert (rule.name, rule.place, rule.unit) == ("b", place.province, None)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": ""}, "al menos una condición"),
        ({"name": ""}, "obligatorio"),
        ({"office": "elsewhere"}, "no tiene oficina"),
        ({"corregimiento": "Nada"}, "No se encontró"),
        ({"corregimiento": "outside"}, "no está allí"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_and_nothing_typed_is_lost(wrong, why):
    plan = make.draft_plan()
    agency, other = make.agency(), make.place("Lejos")
    region = make.place(level="province")
    right = {"name": "Mi regla", "kind": "idea", "agency": agency.acronym}
    if wrong == {"office": "elsewhere"}:
        wrong = {"office": other.province.code}
    if wrong == {"corregimiento": "outside"}:
        wrong = {"corregimiento": "Lejos", "region": region.code}
    client = as_()
    sent = fields_of(shown(client.get(address("add", plan)))) | right | wrong
    page = shown(client.post(address("add", plan), sent), 422)
    assert why in text_of(page)
    again = fields_of(page)
    assert {key: again[key] for key in sent if key != "csrfmiddlewaretoken"} == {
        key: value for key, value in sent.items() if key != "csrfmiddlewaretoken"
    }
    assert not plan.rules.exists()


def test_rules_are_moved_and_removed_by_their_buttons():
    plan = make.draft_plan(*(make.rule(name=name, kind="idea") for name in "abc"))
    client = as_()

    def press(rule: str, word: str) -> None:
        page = shown(client.get(address("plan", plan)))
        button = next(
            b
            for b in page.select(".sign button")
            if b.get_text(" ", strip=True) == f"{word} «{rule}»"
        )
        form = button.find_parent("form")
        assert form is not None
        sent = {str(box["name"]): str(box["value"]) for box in form.select("input[name]")}
        if button.get("name"):
            sent[str(button["name"])] = str(button["value"])
        assert client.post(str(form["action"]), sent).status_code == 302

    press("c", "Subir")
    assert names(plan) == ["a", "c", "b"]
    press("a", "Bajar")
    assert names(plan) == ["c", "a", "b"]
    press("a", "Quitar")
    assert names(plan) == ["c", "b"]
    page = shown(client.get(address("plan", plan)))
    buttons = [b.get_text(" ", strip=True) for b in page.select(".sign button")]
    assert buttons == ["Bajar «c»", "Quitar «c»", "Subir «b»", "Quitar «b»"]


def test_the_second_of_two_editors_sees_what_the_first_one_did():
    plan = make.draft_plan(*(make.rule(name=name, kind="idea") for name in "ab"))
    first, second = as_(), as_(Role.DIRECTOR)
    form = address("rule", plan, pk=plan.rules.get(name="a").pk)
    typed = fields_of(shown(second.get(form))) | {"name": "Lo que escribí"}
    seen = fingerprint(in_order(plan))
    move = address("move", plan, pk=plan.rules.get(name="b").pk)
    first.post(move, {"a": 1, "seen": seen})
    page = shown(second.post(form, typed), 409)
    assert "Otra persona cambió el borrador" in text_of(page)
    assert fields_of(page)["name"] == "Lo que escribí"
    page = shown(second.post(move, {"a": 2, "seen": seen}), 409)
    assert [h3.get_text() for h3 in page.select(".sign h3")] == ["b", "a"]
    # Whoever has read it may go on from there.
    typed["seen"] = fingerprint(in_order(plan))
    assert second.post(form, typed).status_code == 302
    assert names(plan) == ["b", "Lo que escribí"]


def test_a_draft_is_tried_and_published_with_a_reason():
    service, place = make.service(), make.place()
    cases = [make.case(service=service, place=place) for _ in range(3)]
    plan = make.draft_plan(
        rule := make.rule(name="Aquí", service=service, place=place),
        make.rule(name="Nada", kind="idea"),
    )
    client = as_()
    page = shown(client.get(address("trial", plan)))
    told = text_of(page)
    assert "Casos probados: 3. Habrían ido a otra parte: 3." in told
    assert rule.agency.acronym in told
    assert "No se aplicó a ningún caso." in told
    assert cases[-1].number in told
    page = shown(client.get(address("publish", plan)))
    assert "1 regla no se habría aplicado" in text_of(page)
    assert "Habrían ido a otra parte: 3." in text_of(page)
    sent = fields_of(page)
    assert client.post(address("publish", plan), sent).status_code == 422
    client.post(address("publish", plan), sent | {"note": "Lo pidió el municipio"})
    assert [r.name for r in live_rules().rules] == ["Aquí", "Nada"]
    page = shown(client.get(LIVE))
    assert "Lo pidió el municipio" in text_of(page)
    assert make.case(service=service, place=place).agency == rule.agency


def test_a_try_out_shows_cases_only_to_those_who_may_read_them():
    case = make.case()
    plan = make.draft_plan(make.rule(kind="complaint"))
    assert case.number in text_of(shown(as_().get(address("trial", plan))))
    page = text_of(shown(as_(Role.ADMINISTRATOR).get(address("trial", plan))))
    assert case.number not in page
    assert "Habrían ido a otra parte: 1." in page


def test_a_draft_is_thrown_away():
    plan = make.draft_plan(make.rule(kind="idea"))
    client = as_()
    seen = fingerprint(in_order(plan))
    assert client.post(address("discard", plan), {"seen": seen})["Location"] == LIVE
    assert not RoutingPlan.objects.exists()


@pytest.mark.parametrize("to", ["", "x", "-1", "9" * 30, "²"])
def test_a_position_that_is_no_number_moves_nothing(to: str):
    plan = make.draft_plan(make.rule(kind="idea"))
    move = address("move", plan, pk=plan.rules.get().pk)
    assert as_().post(move, {"a": to, "seen": fingerprint(in_order(plan))}).status_code == 422


# ---- On the page of a case ----


def why_here(case: Case, user: User) -> list[str]:
    page = shown(as_(user=user).get(reverse("desk:case", kwargs={"number": case.number})))
    (more,) = (d for d in page.select("details") if "¿Por qué aquí?" in d.get_text())
    return [li.get_text(" ", strip=True) for li in more.select("li")]


def test_the_page_of_a_case_says_how_it_came_there():
    make.live_plan(rule := make.rule(name="Quejas", kind="complaint"))
    official = make.user(Role.OFFICIAL, unit=rule.agency.units.get(), first_name="Rosa")
    case = make.case()
    assert why_here(case, official) == [
        f"La regla «Quejas» lo envía a {rule.agency.acronym}.",
        f"Su única unidad lo recibe: {case.unit.name}.",
        f"Funcionario con menos casos: {official.get_full_name()} (0 activos).",
    ]


def test_what_the_liaison_decided_later_takes_the_place_of_the_turn():
    case = make.case()
    special = make.unit(case.agency)
    other = make.user(Role.OFFICIAL, unit=special, first_name="Elsa")
    actions.assign_case(case=case, unit=special, official=other, by=SYSTEM)
    assert why_here(case, other) == [
        f"El tipo de servicio es de {case.agency.acronym}.",
        f"Después se encargó a {other.get_full_name()}.",
    ]


def test_a_refused_transfer_leaves_no_way_but_triage():
    case, to = make.case(), make.agency()
    actions.propose_transfer(case=case, to=to, text="Es suyo", by=SYSTEM)
    actions.refuse_transfer(case=case, text="No", by=SYSTEM)
    supervisor = make.user(Role.SUPERVISOR)
    assert why_here(case, supervisor) == ["Una persona decide en clasificación."]
    actions.route_case(case=case, agency=to, by=SYSTEM)
    assert why_here(case, supervisor)[0] == f"Una persona lo envió a {to.acronym} al clasificarlo."


def test_after_a_reopening_the_one_who_had_it_is_no_longer_named():
    unit = (case := make.case()).unit
    first, second = (make.user(Role.OFFICIAL, unit=unit) for _ in range(2))
    case = make.case(service=case.service)
    assert case.official == first
    actions.resolve_case(case=case, text="Listo", by=SYSTEM)
    actions.reopen_case(case=case, text="No", by=citizen())
    assert not any(first.get_full_name() in step for step in why_here(case, second))


def test_the_timeline_says_into_whose_hands_a_case_came():
    case = make.case()
    official = make.user(Role.OFFICIAL, unit=case.unit, first_name="Olga")
    case = make.case(service=case.service)
    page = shown(as_(user=official).get(reverse("desk:case", kwargs={"number": case.number})))
    timeline = page.select_one(".timeline")
    assert timeline is not None
    assert f"{case.unit.name} · {official.get_full_name()}" in timeline.get_text(" ", strip=True)
