"""What a pack says of calendars and agreements, and what of it people have the last word on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.cases import actions
from centro.cases.models import Retargeting
from centro.catalog.actions.calendars import (
    DatedException,
    declare_exception,
    draft_calendar,
    drop_exception,
    publish_calendar,
)
from centro.catalog.agreements import policy_for
from centro.catalog.calendars import version_in_force
from centro.catalog.models import BusinessCalendar, CalendarVersion, PolicyVersion, ServiceType
from centro.kernel.actor import SYSTEM
from centro.ops.pack import load_pack
from centro.ops.pack_reading import PackError
from centro.places.models import Place
from centro.places.stamps import forget_copies
from tests import make
from tests.cases.deciding import propose
from tests.ops.packs import append, change, copy_of_mini

HEAD = "service,place,priority,response,response_unit,solution,solution_unit,calendar,interim_days,shares"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = copy_of_mini(tmp_path)
    load_pack(folder)
    return folder


def office() -> CalendarVersion:
    forget_copies()
    return version_in_force(BusinessCalendar.OFFICE)


def days_of(version: CalendarVersion) -> dict[str, str]:
    return {day["day"]: day["name"] for day in version.special}


def decide(*days: DatedException, drop: str = "") -> CalendarVersion:
    draft = draft_calendar(calendar=office().calendar, by=SYSTEM)
    for day in days:
        draft = declare_exception(draft=draft, what=day, by=SYSTEM)
    if drop:
        draft = drop_exception(draft=draft, day=date.fromisoformat(drop), places=[], by=SYSTEM)
    return publish_calendar(draft=draft, note="Decreto", by=SYSTEM)


def closed(day: str, *places: Any) -> DatedException:
    return DatedException(date.fromisoformat(day), date.fromisoformat(day), "Decretado", (), places)


def held(code: str, place: Place | None = None, priority: str = "medium") -> PolicyVersion:
    forget_copies()
    return policy_for(ServiceType.objects.get(code=code), place, priority)


def write(pack: Path, *lines: str) -> None:
    (pack / "agreements.csv").write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")


def test_a_new_country_has_its_calendars_and_an_agreement_for_each_service(pack: Path):
    versions = CalendarVersion.objects.filter(state="in_force")
    assert set(versions.values_list("calendar__code", "number")) == {
        ("oficina", 1),
        ("continuo", 1),
    }
    assert PolicyVersion.objects.filter(state="in_force").count() == ServiceType.objects.count() + 1
    assert held("AAUD-01", Place.objects.get(code="0808")).response_unit == "working_hours"
    assert held("MOP-14").solution_amount == 30
    assert held("ATTT-01").calendar.code == "continuo"
    assert not Retargeting.objects.exists()


def test_terms_are_written_in_few_statements(tmp_path: Path):
    with CaptureQueriesContext(connection) as sent:
        load_pack(copy_of_mini(tmp_path))
    about = [q for q in sent if "catalog_policy" in q["sql"] or "catalog_calendar" in q["sql"]]
    assert len(about) <= 16


def test_bank_holidays_are_not_in_the_calendar(pack: Path):
    append(pack, "holidays.csv", "2027-02-15,Día de la banca,bank")
    load_pack(pack)
    assert office().number == 1


def test_other_holidays_are_a_new_version_that_keeps_what_people_decided(pack: Path):
    district = Place.objects.get(code="0808")
    decide(closed("2027-03-01"), closed("2027-03-02", district))
    append(pack, "holidays.csv", "2027-12-31,Cierre de año,bridge")
    load_pack(pack)
    now = office()
    assert (now.number, now.made_by) == (3, None)
    assert {"2027-12-31", "2027-03-01", "2027-03-02"} <= set(days_of(now))
    assert Retargeting.objects.get().calendar == now


def test_a_holiday_that_people_took_away_does_not_come_back(pack: Path):
    holiday = next(iter(days_of(office())))
    decide(drop=holiday)
    append(pack, "holidays.csv", "2027-12-31,Cierre de año,bridge")
    load_pack(pack)
    assert holiday not in days_of(office())


def test_a_day_that_people_had_closed_keeps_their_words_when_it_becomes_a_holiday(pack: Path):
    decide(closed("2027-12-31"))
    append(pack, "holidays.csv", "2027-12-31,Cierre de año,bridge")
    load_pack(pack)
    assert days_of(office())["2027-12-31"] == "Decretado"


def test_another_term_is_a_new_agreement_where_the_old_one_was_the_packs(pack: Path):
    before = held("MOP-14")
    change(pack, "services.csv", "request,low,30,0", "request,low,20,0")
    load_pack(pack)
    now = held("MOP-14")
    before.refresh_from_db()
    assert (before.state, now.number, now.solution_amount) == ("past", 2, 20)
    assert Retargeting.objects.get().policy == now


def test_an_agreement_that_people_made_stays(pack: Path):
    service = ServiceType.objects.get(code="MOP-14")
    proposed = propose(service, days=12)
    PolicyVersion.objects.filter(policy=proposed.policy, state="in_force").update(state="past")
    PolicyVersion.objects.filter(pk=proposed.pk).update(state="in_force")
    change(pack, "services.csv", "request,low,30,0", "request,low,20,0")
    load_pack(pack)
    assert held("MOP-14").solution_amount == 12


def test_a_pack_may_have_agreements_of_its_own(pack: Path):
    write(
        pack,
        "MOP-14,0808,,3,working_days,12,working_days,oficina,5,60;100;120;150;200",
        "MOP-14,,urgent,4,working_hours,24,working_hours,continuo,0,",
    )
    load_pack(pack)
    there = held("MOP-14", Place.objects.get(code="0808"))
    assert (there.solution_amount, there.interim_days) == (12, 5)
    assert there.shares == [60, 100, 120, 150, 200]
    urgent = held("MOP-14", None, "urgent")
    assert (urgent.solution_amount, urgent.solution_unit) == (24, "working_hours")
    assert held("MOP-14").solution_amount == 30


def test_an_agreement_that_the_pack_drops_ends_and_its_cases_follow_the_wider_one(pack: Path):
    write(pack, "MOP-14,0808,,3,working_days,12,working_days,oficina,5,")
    load_pack(pack)
    district = Place.objects.get(code="0808")
    ended = held("MOP-14", district)
    case = make.case(service=ServiceType.objects.get(code="MOP-14"), place=district)
    write(pack)
    load_pack(pack)
    assert held("MOP-14", district).solution_amount == 30
    work = Retargeting.objects.get(policy=ended)
    actions.move_clocks(retargeting_id=work.pk)
    assert case.clocks.get(metric="solution").policy == held("MOP-14", district)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("NADA-1,,,1,working_days,5,working_days,oficina,10,", "service 'NADA-1' is not known"),
        ("MOP-14,080807,,1,working_days,5,working_days,oficina,10,", "place '080807' is not known"),
        ("MOP-14,,soon,1,working_days,5,working_days,oficina,10,", "priority is 'soon'"),
        ("MOP-14,,,0,working_days,5,working_days,oficina,10,", "response is '0'"),
        ("MOP-14,,,6,working_days,5,working_days,oficina,10,", "takes longer than the solution"),
        ("MOP-14,,,1,working_days,5,weeks,oficina,10,", "solution_unit is 'weeks'"),
        ("MOP-14,,,1,working_days,5,working_days,nunca,10,", "calendar is 'nunca'"),
        ("MOP-14,,,1,working_days,5,working_days,oficina,10,75;100", "five rising percents"),
        ("MOP-14,,,1,working_days,5,working_days,oficina,10,75;100;90;200;300", "five rising"),
    ],
)
def test_a_wrong_agreement_is_named_by_its_line(pack: Path, line: str, fault: str):
    write(pack, line)
    with pytest.raises(PackError) as error:
        load_pack(pack)
    assert any(fault in str(f) and f.line == 2 for f in error.value.faults), error.value.faults
