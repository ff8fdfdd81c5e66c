"""Many cases of one event: gathered, announced, solved together, and confirmed each alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions, incidents
from centro.cases.doctor import check_everything
from centro.cases.models import Case, Incident, TimelineEntry
from centro.cases.rules import NotNow
from centro.channels.models import OutboundMessage
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from tests import make
from tests.cases.test_opening import data_statements

FIXED = "Se cambió el tramo roto y volvió el agua."


@pytest.fixture
def street() -> Any:
    """A place, and a service of the street that is reported there."""
    place = make.place("Betania")
    return {"service": make.service(requires_place=True), "place": place}


def reports(street: Any, number: int = 3, **fields: Any) -> list[Any]:
    return [make.case(**street, reporter=make.reporter(), **fields) for _ in range(number)]


def kinds(case: Any) -> list[str]:
    return list(case.timeline.order_by("pk").values_list("kind", flat=True))


# ---- Gathering ----


def test_an_event_gathers_its_cases_and_leaves_each_what_it_was(street):
    cases = reports(street)
    before = [(case.status, case.due_at) for case in cases]
    event = make.incident(cases=cases)
    for case in cases:
        case.refresh_from_db()
        assert case.incident == event
        assert kinds(case)[-1] == "incident_joined"
    assert [(case.status, case.due_at) for case in cases] == before
    assert event.agency == cases[0].agency
    assert event.title == f"{street['service'].name} · {street['place'].full_name}"
    assert check_everything() == []


def test_joining_again_changes_nothing(street):
    (case,) = reports(street, 1)
    event = make.incident(cases=[case])
    assert actions.join_incident(incident=event, cases=[case], by=SYSTEM) == []
    assert kinds(case).count("incident_joined") == 1


def test_the_same_service_in_the_same_place_is_one_event_while_it_goes_on(street):
    event = make.incident(**street)
    assert make.incident(**street) == event
    actions.dissolve_incident(incident=event, by=SYSTEM)
    assert make.incident(**street) != event


def test_a_sealed_case_never_joins(street):
    event = make.incident(**street)
    (sealed,) = reports(street, 1)
    actions.set_confidentiality(
        case=sealed, level="sealed", text="Es contra ellos", by=actor_of(make.user())
    )
    with pytest.raises(Invalid, match="sellado"):
        actions.join_incident(incident=event, cases=[sealed], by=SYSTEM)
    with pytest.raises(Invalid, match="sellados"):
        make.incident(service=make.service(confidentiality="sealed"), place=street["place"])


def test_a_case_that_becomes_sealed_leaves(street):
    (case,) = reports(street, 1)
    make.incident(cases=[case])
    actions.set_confidentiality(
        case=case, level="sealed", text="Es contra ellos", by=actor_of(make.user())
    )
    case.refresh_from_db()
    assert case.incident is None
    assert "incident_left" in kinds(case)


def test_a_solved_case_or_one_of_another_event_does_not_join(street):
    solved, other = reports(street, 2)
    actions.resolve_case(case=solved, text="Listo", by=SYSTEM)
    event = make.incident(**street)
    with pytest.raises(NotNow):
        actions.join_incident(incident=event, cases=[solved], by=SYSTEM)
    make.incident(cases=[other], place=street["place"].district)
    with pytest.raises(NotNow, match="otro evento"):
        actions.join_incident(incident=event, cases=[other], by=SYSTEM)


def test_of_many_cases_those_that_can_join_do(street):
    good, solved = reports(street, 2)
    actions.resolve_case(case=solved, text="Listo", by=SYSTEM)
    event = make.incident(**street)
    assert actions.join_incident(incident=event, cases=[good, solved], by=SYSTEM) == [good]


def test_another_entitys_case_does_not_join(street):
    event = make.incident(**street)
    with pytest.raises(Invalid, match="otra entidad"):
        actions.join_incident(incident=event, cases=[make.case()], by=SYSTEM)


def test_a_case_that_is_another_matter_leaves(street):
    one, other = reports(street, 2)
    make.incident(cases=[one, other])
    actions.leave_incident(case=one, by=SYSTEM)
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.incident is None
    assert other.incident is not None
    with pytest.raises(NotNow):
        actions.leave_incident(case=one, by=SYSTEM)


def test_a_dissolved_event_lets_everybody_go(street):
    cases = reports(street)
    event = make.incident(cases=cases, told="Cortada el agua.")
    event = actions.dissolve_incident(incident=event, by=SYSTEM)
    assert (event.state, event.announced) == ("dissolved", False)
    assert not Case.objects.filter(incident=event).exists()
    assert all("incident_left" in kinds(case) for case in cases)
    with pytest.raises(NotNow):
        actions.join_incident(incident=event, cases=cases, by=SYSTEM)


# ---- Telling everybody ----


def test_an_announcement_is_told_until_it_is_taken_back(street):
    event = make.incident(**street)
    assert list(incidents.announced()) == []
    back = now() + timedelta(hours=4)
    actions.announce_incident(
        incident=event, text="Tubo roto.", text_en="Broken main.", expected_at=back, by=SYSTEM
    )
    (told,) = incidents.announced()
    assert (told.announcement, told.expected_at) == ("Tubo roto.", back)
    actions.hush_incident(incident=event, by=SYSTEM)
    assert list(incidents.announced()) == []


@pytest.mark.parametrize("text", [
    "Llame a Ana al 6612-3456", "Escriba a ana@correo.example", "La vio el 8-123-4567", "", "x" * 1001,
])  # fmt: skip
def test_an_announcement_holds_nobodys_data(street, text: str):
    event = make.incident(**street)
    with pytest.raises(Invalid):
        actions.announce_incident(incident=event, text=text, by=SYSTEM)


def test_the_line_of_an_office_may_be_announced(street):
    event = make.incident(**street)
    text = "El agua vuelve a las 18:00. Carros cisterna: llame al 311 o al 523-8570."
    actions.announce_incident(incident=event, text=text, by=SYSTEM)


def test_water_is_not_back_yesterday(street):
    event = make.incident(**street)
    for expected in (now() - timedelta(hours=1), now() + timedelta(days=60)):
        with pytest.raises(Invalid, match="futuro"):
            actions.announce_incident(incident=event, text="Ya", expected_at=expected, by=SYSTEM)


def test_where_an_event_is(street):
    place = street["place"]
    in_corregimiento, in_district = make.incident(**street), None
    in_district = make.incident(service=street["service"], place=place.district)
    neighbour = make.place(parent=place.district)
    assert incidents.covers(in_corregimiento, place)
    assert incidents.covers(in_corregimiento, place.district)
    assert not incidents.covers(in_corregimiento, neighbour)
    assert incidents.covers(in_district, neighbour)
    assert not incidents.covers(in_district, make.place())


def test_who_says_me_too_is_counted_while_it_goes_on(street):
    event = make.incident(**street)
    actions.add_affected(incident=event, by=citizen())
    event.refresh_from_db()
    assert event.also_affected == 1
    actions.dissolve_incident(incident=event, by=SYSTEM)
    with pytest.raises(NotNow):
        actions.add_affected(incident=event, by=citizen())


# ---- A case that is opened as part of it ----


def test_a_new_case_joins_and_its_citizen_is_counted_once(street):
    event = make.incident(**street)
    for _ in range(2):
        actions.add_affected(incident=event, by=citizen())
    case = make.case(**street, incident=event, counted=True)
    event.refresh_from_db()
    assert case.incident == event
    assert event.also_affected == 1
    assert kinds(case) == ["opened", "incident_joined"]


def test_a_sealed_matter_another_entity_or_a_finished_event_takes_no_new_case(street):
    event = make.incident(**street)
    sealed = make.service(agency=street["service"].agency, confidentiality="sealed")
    assert make.case(service=sealed, place=street["place"], incident=event).incident is None
    assert make.case(place=street["place"], incident=event).incident is None
    actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    assert make.case(**street, incident=event).incident is None


def test_joining_at_the_opening_costs_two_statements_more(street):
    make.case(**street)
    event = make.incident(**street)

    def cost(**fields: Any) -> int:
        matter = actions.Matter(description="Sin agua", **street, **fields)
        with CaptureQueriesContext(connection) as captured:
            actions.open_case(matter=matter, channel="web", by=citizen())
        return len(data_statements(captured))

    cost()
    assert cost(incident=event) == cost() + 2


# ---- One solution for all ----


def test_one_solution_answers_all_and_each_citizen_is_asked(street):
    cases = reports(street)
    waiting = cases[0]
    actions.hold_case(case=waiting, reason="weather", until=now() + timedelta(days=2), by=SYSTEM)
    event = make.incident(cases=cases, told="Tubo roto.")
    OutboundMessage.objects.all().delete()
    event = actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    assert (event.state, event.solution, event.announced) == ("solved", FIXED, False)
    for case in cases:
        case.refresh_from_db()
        assert (case.status, case.solution) == ("resolved", FIXED)
        (message,) = OutboundMessage.objects.filter(reference=case.number)
        assert message.name == "case_resolved"
        assert FIXED in message.body
    assert check_everything() == []


def test_one_citizens_answer_leaves_the_others(street):
    yes, no, silent = reports(street)
    event = make.incident(cases=[yes, no, silent])
    actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    actions.confirm_case(case=yes, by=citizen())
    actions.reopen_case(case=no, text="Sigo sin agua.", by=citizen())
    states = dict(Case.objects.values_list("pk", "status"))
    assert states == {yes.pk: "closed", no.pk: "in_progress", silent.pk: "resolved"}
    no.refresh_from_db()
    assert no.incident == event
    # Whatever runs again does not answer for the citizen who said no.
    event.refresh_from_db()
    assert actions.solve_next_cases(incident=event, by=SYSTEM) == 0
    assert check_everything() == []


def test_a_case_in_triage_goes_to_the_entity_that_solved_it(street):
    case = make.case(service=make.service(agency=None), place=street["place"])
    event = make.incident(**street)
    actions.join_incident(incident=event, cases=[case], by=SYSTEM)
    actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    case.refresh_from_db()
    assert (case.status, case.agency) == ("resolved", event.agency)


def test_a_case_that_went_to_another_entity_meanwhile_is_released_not_solved(street):
    stays, goes = reports(street, 2)
    event = make.incident(cases=[stays, goes])
    actions.propose_transfer(case=goes, to=make.agency(), text="Es suyo", by=SYSTEM)
    actions.accept_transfer(case=goes, by=SYSTEM)
    actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    goes.refresh_from_db()
    stays.refresh_from_db()
    assert (goes.status, goes.incident) == ("assigned", None)
    assert stays.status == "resolved"


def test_an_event_ends_once(street):
    event = make.incident(cases=reports(street))
    actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    for again in (actions.resolve_incident, actions.announce_incident):
        with pytest.raises(NotNow, match="terminó"):
            again(incident=event, text=FIXED, by=SYSTEM)


def test_a_solution_needs_words_and_an_entity(street):
    with pytest.raises(Refused):
        actions.resolve_incident(incident=make.incident(**street), text=" ", by=SYSTEM)
    nobodys = make.incident(service=make.service(agency=None), place=street["place"])
    with pytest.raises(Invalid, match="entidad"):
        actions.resolve_incident(incident=nobodys, text=FIXED, by=SYSTEM)


def test_a_duplicate_separated_after_the_end_goes_on_by_itself(street):
    one, other = reports(street, 2)
    event = make.incident(cases=[one, other])
    actions.mark_duplicate(case=other, of=one, by=SYSTEM)
    actions.resolve_incident(incident=event, text=FIXED, by=SYSTEM)
    other = actions.unmerge_case(case=other, by=SYSTEM)
    assert (other.status, other.incident) == ("assigned", None)
    assert check_everything() == []


# ---- What looks like an event ----


def test_three_alike_in_a_place_and_a_day_are_suggested(street):
    reports(street, 2)
    operator = make.user()
    assert incidents.suggest_incidents(operator) == []
    reports(street, 1)
    (found,) = incidents.suggest_incidents(operator)
    assert (found.service, found.place, found.cases) == (street["service"], street["place"], 3)
    assert set(incidents.alike(found.service, found.place, operator)) == set(Case.objects.all())


def test_neighbours_in_a_district_are_suggested_as_the_district(street):
    for place in (
        street["place"],
        *(make.place(parent=street["place"].district) for _ in range(2)),
    ):
        make.case(service=street["service"], place=place)
    (found,) = incidents.suggest_incidents(make.user())
    assert (found.place, found.cases) == (street["place"].district, 3)


@pytest.mark.parametrize("change", [
    {"opened_at": now() - timedelta(hours=30)},
    {"status": "resolved", "resolved_at": now(), "answer_by": now(), "reason": "solved"},
    {"confidentiality": "sealed", "unit": None},
    {"place": None, "province": None},
])  # fmt: skip
def test_what_is_old_solved_sealed_or_nowhere_is_not_suggested(street, change: dict[str, Any]):
    case = reports(street)[0]
    Case.objects.filter(pk=case.pk).update(**change)
    assert incidents.suggest_incidents(make.user()) == []


def test_what_has_its_event_is_not_suggested_again_but_is_offered_to_it(street):
    event = make.incident(cases=reports(street))
    assert incidents.suggest_incidents(make.user()) == []
    (late,) = reports(street, 1)
    assert list(incidents.cases_like(event, make.user())) == [late]


def test_an_entity_is_suggested_its_own_cases_only(street):
    reports(street)
    mine = make.user(Role.LIAISON, street["service"].agency)
    elsewhere = make.user(Role.LIAISON, street["service"].agency, province=make.place().province)
    assert len(incidents.suggest_incidents(mine)) == 1
    assert incidents.suggest_incidents(elsewhere) == []
    assert incidents.suggest_incidents(make.user(Role.LIAISON)) == []


def test_suggesting_is_one_statement_however_much_is_suggested(street):
    reports(street)
    user = make.user()
    incidents.suggest_incidents(user)
    for _ in range(2):
        reports({"service": make.service(requires_place=True), "place": make.place()})
    with CaptureQueriesContext(connection) as captured:
        found = incidents.suggest_incidents(user)
    assert len(found) >= 1
    assert len(captured) <= 1 + 2 * 2  # services and places that are newer than our copies


# ---- Who leads an event ----


def test_who_sees_and_who_leads_an_event(street):
    event = make.incident(**street)
    province = street["place"].province
    agency = street["service"].agency
    sees_and_leads = [
        (make.user(Role.OPERATOR), True, True),
        (make.user(Role.SUPERVISOR), True, True),
        (make.user(Role.DIRECTOR), True, False),
        (make.user(Role.PRESIDENCY), True, False),
        (make.user(Role.LIAISON, agency), True, True),
        (make.user(Role.EXECUTIVE, agency), True, True),
        (make.user(Role.LIAISON, agency, province=province), True, True),
        (make.user(Role.LIAISON, agency, province=make.place().province), True, False),
        (make.user(Role.LIAISON, agency, unit=make.unit(agency)), True, False),
        (make.user(Role.OFFICIAL, unit=make.unit(agency)), True, False),
        (make.user(Role.LIAISON), False, False),
        (make.user(Role.EDITOR), False, False),
        (make.user(None), False, False),
    ]
    for user, sees, leads in sees_and_leads:
        assert Incident.objects.visible_to(user).exists() is sees, user
        assert Incident.objects.workable_by(user).exists() is leads, user
    assert event.is_open


def test_every_line_that_an_event_writes_can_be_read(street):
    cases = reports(street)
    event = make.incident(cases=cases)
    actions.leave_incident(case=cases[0], by=SYSTEM)
    assert event.title in TimelineEntry.objects.filter(kind="incident_joined")[0].sentence
    assert TimelineEntry.objects.get(kind="incident_left").sentence
