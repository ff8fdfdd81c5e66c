"""Where cases go: the rules in their order, the municipality, the office, and why."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.doctor import check_everything
from centro.cases.models import Case
from centro.cases.route_steps import SENTENCES, Step, read_steps
from centro.cases.routing import Route, find_route
from centro.catalog.models import CaseKind
from centro.kernel.actor import citizen
from centro.kernel.errors import NotAllowed
from tests import make


@pytest.fixture(autouse=True)
def _healthy():
    """Whatever a test does, every promise of the domain still holds after it."""
    yield
    assert check_everything() == []


def codes(route: Route) -> list[str]:
    return [step.code for step in route.steps]


def words_of(case: Case, kind: str = "opened") -> list[str]:
    entry = case.timeline.filter(kind=kind).latest("id")
    return [step.words for step in read_steps(entry.data["route"])]


# ---- Rules ----


def test_the_first_rule_that_fits_decides():
    place = make.place()
    service = make.service(category="Calles")
    first, second, third = make.agency(), make.agency(), make.agency()
    make.live_plan(
        make.rule(kind="idea", agency=first),
        make.rule(category="Calles", agency=second),
        make.rule(service=service, place=place, agency=third),
    )
    route = find_route(service, place)
    assert (route.agency, codes(route)) == (second, ["rule", "only"])


@pytest.mark.parametrize("level", ["province", "district", "corregimiento"])
def test_a_rule_for_a_place_holds_for_what_lies_in_it_and_nowhere_else(level: str):
    here, elsewhere = make.place(), make.place()
    around = {"province": here.province, "district": here.district, "corregimiento": here}
    rule = make.rule(place=around[level])
    service = make.service()
    make.live_plan(rule)
    assert find_route(service, here).agency == rule.agency
    assert find_route(service, elsewhere).agency == service.agency
    assert find_route(service, None).agency == service.agency


@pytest.mark.parametrize("by", ["service", "category", "kind"])
def test_each_condition_chooses(by: str):
    service = make.service(category="Agua", kind="request")
    other = make.service(category="Luz", kind="complaint")
    rule = make.rule(**{by: {"service": service, "category": "Agua", "kind": "request"}[by]})
    make.live_plan(rule)
    assert find_route(service, None).agency == rule.agency
    assert find_route(other, None).agency == other.agency


def test_every_condition_of_a_rule_must_hold():
    service, place = make.service(category="Agua"), make.place()
    make.live_plan(make.rule(category="Agua", kind="idea", place=place))
    assert find_route(service, place).agency == service.agency
    assert find_route(service, place, kind="idea").agency != service.agency


def test_without_a_plan_the_entity_of_the_service_type_answers():
    service = make.service()
    route = find_route(service, None)
    assert (route.agency, codes(route)) == (service.agency, ["service", "only"])


def test_a_rule_may_name_the_unit():
    agency = make.agency()
    special = make.unit(agency)
    make.live_plan(make.rule(kind="complaint", agency=agency, unit=special))
    route = find_route(make.service(), make.place())
    assert (route.unit, codes(route)) == (special, ["rule", "rule_unit"])


def test_a_rule_to_an_entity_that_closed_leads_to_triage_and_says_so():
    rule = make.rule(kind="complaint")
    service = make.service()
    make.live_plan(rule)
    type(rule.agency).objects.filter(pk=rule.agency.pk).update(active=False)
    make.unit()  # whoever changes an entity renews the copies
    route = find_route(service, None)
    assert (route.agency, route.unit) == (None, None)
    assert codes(route) == ["rule", "closed", "triage"]


def test_a_rule_goes_before_the_municipality_of_the_place():
    service, here, _elsewhere = _municipal()
    rule = make.rule(service=service)
    make.live_plan(rule)
    assert find_route(service, here).agency == rule.agency


def test_a_place_without_an_office_is_the_national_unit_s():
    agency = make.agency()
    make.unit(agency, province=make.place().province)
    service = make.service(agency=agency)
    national = agency.units.get(province=None)
    for place, code in ((make.place(), "national"), (None, "nowhere")):
        route = find_route(service, place)
        assert (route.unit, codes(route)) == (national, ["service", code])


def test_an_entity_without_units_gets_its_cases_without_one():
    agency = make.agency()
    agency.units.update(active=False)
    make.unit()  # whoever changes a unit renews the copies
    case = make.case(agency=agency)
    assert (case.agency, case.unit, case.status) == (agency, None, "assigned")
    assert codes(find_route(case.service, None)) == ["service", "no_unit"]


# ---- Municipalities ----


def _municipal():
    """A municipal service type, a place in the district of its municipality, and one outside."""
    here, elsewhere = make.place(), make.place()
    municipality = make.agency(jurisdiction=here.district)
    return make.service(agency=municipality, municipal=True), here, elsewhere


def test_a_municipal_service_is_the_municipality_s_of_the_place():
    service, here, elsewhere = _municipal()
    there = make.agency(jurisdiction=elsewhere.district)
    assert find_route(service, here).agency == service.agency
    assert find_route(service, elsewhere).agency == there
    assert codes(find_route(service, elsewhere)) == ["municipal", "only"]


def test_what_no_municipality_of_ours_answers_is_for_triage():
    service, _here, elsewhere = _municipal()
    assert codes(find_route(service, elsewhere)) == ["no_municipality", "triage"]
    assert codes(find_route(service, None)) == ["no_place", "triage"]


def test_a_municipality_gets_nothing_from_outside_its_district():
    service, _here, elsewhere = _municipal()
    service.municipal = False
    assert codes(find_route(service, elsewhere)) == ["elsewhere", "triage"]


# ---- What is kept, and read again ----


def test_the_way_is_kept_on_the_timeline_and_read_in_either_language():
    service, place = make.service(), make.place()
    regional = make.unit(service.agency, province=place.province, name="Regional de Coclé")
    official = make.user(Role.OFFICIAL, unit=regional, first_name="Ana", last_name="Ríos")
    case = make.case(service=service, place=place)
    assert (case.unit, case.official) == (regional, official)
    acronym = service.agency.acronym
    assert words_of(case) == [
        f"El tipo de servicio es de {acronym}.",
        "Por el lugar le toca a: Regional de Coclé.",
        "Funcionario con menos casos: Ana Ríos (0 activos).",
    ]
    with override("en"):
        assert words_of(case) == [
            f"The service type belongs to {acronym}.",
            "By its place it goes to: Regional de Coclé.",
            "Official with the fewest cases: Ana Ríos (0 active).",
        ]


def test_a_rule_is_named_in_the_reasons():
    make.live_plan(rule := make.rule(name="Basura en Coclé", kind="complaint"))
    assert words_of(make.case())[0] == (
        f"La regla «Basura en Coclé» lo envía a {rule.agency.acronym}."
    )


def test_what_is_for_triage_says_why():
    assert words_of(make.case(agency=None)) == [
        "Ninguna regla lo prevé y el tipo de servicio no tiene entidad.",
        "Una persona decide en clasificación.",
    ]


def test_every_step_can_be_read_in_both_languages():
    data: dict[str, str | int] = {
        "agency": "MOP",
        "unit": "Sede",
        "official": "Ana",
        "n": 1,
        "rule": "R",
        "who": "Luis",
    }
    for code in SENTENCES:
        told = Step(code, data).words
        with override("en"):
            assert Step(code, data).words != told, code


def test_a_step_that_nobody_knows_any_more_is_left_out():
    assert read_steps([{"code": "of old"}, {"code": "triage"}]) == [Step("triage")]


def test_the_public_reads_nothing_of_who_in_the_entity_has_it():
    official = make.user(
        Role.OFFICIAL, unit=make.unit(first := make.agency()), first_name="Secreta"
    )
    case = make.case(service=make.service(agency=first))
    assert official.first_name not in case.timeline.get(kind="opened").sentence


def test_a_warm_route_asks_the_database_nothing(django_assert_num_queries):
    service, here, elsewhere = _municipal()
    make.live_plan(make.rule(kind="idea"), make.rule(service=service, place=here.district))
    places = [here, elsewhere, None]
    for place in places:
        find_route(service, place)
    with django_assert_num_queries(0):
        for place in places:
            for kind in CaseKind.values:
                find_route(service, place, kind=kind)


# ---- Corrections ----


def supervisor():
    return actor_of(make.user(Role.SUPERVISOR))


def corrected(case: Case, by=None, **fields) -> Case:
    fields.setdefault("service", case.service)
    return actions.reclassify_case(case=case, text="Estaba mal", by=by or supervisor(), **fields)


def test_a_corrected_place_moves_the_case_to_the_office_there_and_to_its_official():
    agency, here, there = make.agency(), make.place(), make.place()
    make.unit(agency, province=here.province)
    office = make.unit(agency, province=there.province, name="Regional de allá")
    official = make.user(Role.OFFICIAL, unit=office)
    case = actions.start_case(case=make.case(agency=agency, place=here), by=citizen())
    case = corrected(case, place=there, by=actor_of(make.user(Role.LIAISON, agency)))
    assert (case.status, case.reason) == ("assigned", "routed")
    assert (case.agency, case.unit, case.official) == (agency, office, official)
    assert "Por el lugar le toca a: Regional de allá." in words_of(case, "routed")
    # The entity is the same: its own clock runs on.
    assert case.clocks.filter(metric="stint").count() == 1


def test_a_correction_of_something_else_leaves_the_case_in_the_hands_that_have_it():
    case = make.case()
    special = make.unit(case.agency)
    actions.assign_case(case=case, unit=special, by=supervisor())
    case = corrected(case, kind="request")
    assert (case.kind, case.unit) == ("request", special)
    assert not case.timeline.filter(kind="routed").exists()


def test_a_transferred_case_is_not_sent_back_by_correcting_its_kind():
    case, other = make.case(), make.agency()
    actions.propose_transfer(case=case, to=other, text="Es suyo", by=supervisor())
    actions.accept_transfer(case=case, by=supervisor())
    case = corrected(case, kind="request", by=actor_of(make.user(Role.LIAISON, other)))
    assert case.agency == other


def test_a_corrected_kind_follows_the_rule_for_that_kind():
    case = make.case(service=make.service(kind="complaint"))
    make.live_plan(rule := make.rule(kind="request"))
    with pytest.raises(NotAllowed, match="traslado"):
        corrected(case, kind="request", by=actor_of(make.user(Role.LIAISON, case.agency)))
    case = corrected(case, kind="request")
    assert case.agency == rule.agency
    assert words_of(case, "routed")[0].startswith(f"La regla «{rule.name}»")


def test_a_case_that_waits_is_taken_up_again_by_the_office_that_gets_it(settings):
    agency, here, there = make.agency(), make.place(), make.place()
    make.unit(agency, province=there.province)
    case = make.case(agency=agency, place=here)
    actions.ask_citizen(case=case, text="¿Dónde?", until=case.due_at, by=supervisor())
    case = corrected(case, place=there)
    assert (case.status, case.waiting_until) == ("assigned", None)
    assert not case.clocks.filter(state="paused").exists()


def test_what_is_corrected_to_a_sealed_type_leaves_the_unit_at_once():
    case = make.case()
    make.user(Role.OFFICIAL, unit=case.unit)
    other = make.agency()
    actions.propose_transfer(case=case, to=other, text="Es suyo", by=supervisor())
    sealed = make.service(agency=case.agency, confidentiality="sealed")
    case = corrected(case, service=sealed)
    assert (case.unit, case.official, case.proposed_agency) == (None, None, None)


def test_what_is_corrected_to_a_sealed_type_of_another_entity_gets_no_unit_there():
    case = make.case()
    sealed = make.service(confidentiality="sealed")
    make.user(Role.OFFICIAL, unit=sealed.agency.units.get())
    case = corrected(case, service=sealed)
    assert (case.agency, case.unit, case.official) == (sealed.agency, None, None)
    assert "Está sellado" in words_of(case, "routed")[-1]
