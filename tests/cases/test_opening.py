from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from centro.cases.actions import Matter, open_case
from centro.cases.models import Case
from centro.channels.models import OutboundMessage
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.kernel.errors import Invalid
from centro.people.models import Person
from tests import make


def data_statements(captured: CaptureQueriesContext) -> list[str]:
    control = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
    return [q["sql"] for q in captured if not q["sql"].startswith(control)]


def test_a_case_goes_to_the_entity_and_the_unit_of_its_place():
    agency = make.agency()
    place = make.place()
    regional = make.unit(agency, province=place.province)
    case = make.case(agency=agency, place=place)
    assert (case.status, case.reason) == ("assigned", "routed")
    assert (case.agency, case.unit, case.province) == (agency, regional, place.province)


def test_a_place_without_a_regional_office_is_the_national_units():
    agency = make.agency()
    case = make.case(agency=agency, place=make.place())
    assert case.unit == agency.units.get(province=None)


def test_what_no_rule_catches_is_in_triage():
    case = make.case(agency=None)
    assert (case.status, case.reason, case.agency) == ("received", "triage", None)


def test_a_municipality_never_receives_a_case_from_outside_its_district():
    here, there = make.place(), make.place()
    city = make.agency(jurisdiction=here.district)
    service = make.service(agency=city)
    assert make.case(service=service, place=here).agency == city
    assert make.case(service=service, place=there).status == "received"
    assert make.case(service=service).status == "received"


def test_a_municipal_service_belongs_to_the_municipality_of_the_place():
    here, there = make.place(), make.place()
    city, town = (make.agency(jurisdiction=p.district) for p in (here, there))
    service = make.service(agency=city, municipal=True)
    assert make.case(service=service, place=there).agency == town


def test_the_citizen_is_told_the_number_and_the_code():
    case = make.case(reporter=make.reporter(email="ana@correo.example"))
    message = OutboundMessage.objects.get(reference=case.number)
    assert message.address == "ana@correo.example"
    assert case.number in message.body
    assert case.code in message.body_as_sent
    assert case.code not in message.body
    assert case.timeline.get(kind="opened").data["message"] == message.pk


def test_a_replayed_form_is_one_case():
    token = uuid4()
    service = make.service()
    given: dict[str, Any] = {
        "matter": Matter(service=service, description="Hueco"),
        "channel": "web",
    }
    one = open_case(**given, intake_token=token, reporter=make.reporter(), by=citizen())
    two = open_case(**given, intake_token=token, reporter=make.reporter(), by=citizen())
    assert one == two
    assert Case.objects.count() == 1
    assert Person.objects.count() == 1
    assert OutboundMessage.objects.count() == 1


def test_another_fault_of_the_database_is_not_taken_for_a_replay():
    service = make.service()
    matter = Matter(service=service, description="Hueco", lat=None)
    service.priority = None  # type: ignore[assignment]  # the database must refuse it
    with pytest.raises(IntegrityError):
        open_case(matter=matter, channel="web", intake_token=uuid4(), by=citizen())


def test_an_anonymous_case_keeps_nobody():
    case = make.case(reporter=make.reporter(), anonymous=True)
    assert case.person is None
    assert Person.objects.count() == 0


@pytest.mark.parametrize("description", ["", "  \n ", "\x00", "x" * 5001])
def test_a_case_needs_words(description: str):
    with pytest.raises(Invalid):
        make.case(description=description)


def test_a_place_is_asked_for_where_the_service_needs_one():
    with pytest.raises(Invalid, match="lugar"):
        make.case(service=make.service(requires_place=True))


def test_nobody_spoke_in_the_future():
    with pytest.raises(Invalid):
        make.case(spoken_at=now() + timedelta(hours=1))


def test_the_term_counts_from_when_the_citizen_spoke():
    service = make.service()
    early = make.case(service=service, spoken_at=now() - timedelta(days=10))
    late = make.case(service=service)
    assert early.due_at < late.due_at


def test_a_denunciation_against_the_entitys_own_people_is_sealed():
    case = make.case(kind="denunciation", against_handler=True)
    assert (case.confidentiality, case.unit) == ("sealed", None)


def test_opening_a_case_takes_few_statements():
    make.case(reporter=make.reporter())  # warms the caches of units and holidays
    service = make.service()
    make.case(service=service)
    with CaptureQueriesContext(connection) as captured:
        open_case(
            matter=Matter(service=service, description="Hueco"),
            channel="web",
            reporter=make.reporter(phone="6600-0001"),
            intake_token=uuid4(),
            by=citizen(),
        )
    statements = data_statements(captured)
    assert len(statements) <= 8, "\n".join(statements)
