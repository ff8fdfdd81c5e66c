"""The first page: what is reported near, how the State is answering, and what each number means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import shapely
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.cases import pulse
from centro.cases.models import Case
from centro.kernel.clock import now
from centro.places.models import Boundary, Place
from centro.places.stamps import renew_stamp
from tests import make


def shown(client, path: str = "/") -> Any:
    cache.clear()
    return BeautifulSoup(client.get(path).content, "html.parser")


def located(place: Place, **fields: Any) -> Any:
    """A case about something in a place."""
    service = make.service(requires_place=True, **fields.pop("service", {}))
    return make.case(service=service, place=place, **fields)


def change(case: Any, **fields: Any) -> None:
    Case.objects.filter(pk=case.pk).update(**fields)


def aged(*, due: int, solved: int | None = None, **fields: Any) -> Any:
    """A case due (and solved) that many days from now, negative for the past."""
    case = make.case()
    fields |= {"due_at": now() + timedelta(days=due)}
    if solved is not None:
        fields |= {"status": "closed", "reason": "satisfied"}
        fields |= dict.fromkeys(("resolved_at", "closed_at"), now() + timedelta(days=solved))
    change(case, **fields)
    return case


# ---- The figures ----


def test_on_time_is_judged_at_the_solution_over_what_fell_due():
    for _ in range(5):
        aged(due=-3, solved=-4)
    aged(due=-3, solved=-2)
    aged(due=-3)  # still open
    aged(due=2)  # not due yet
    first = aged(due=-3)
    change(first, status="duplicate", duplicate_of=aged(due=-40).pk, closed_at=now())
    found = pulse.figures()
    assert (found.on_time, found.fell_due) == (5, 7)
    assert found.share == 71  # 71.4: never rounded up
    assert found.overdue == 2


def test_what_was_closed_without_a_solution_counts_only_if_it_was_late():
    withdrawn: Any = {"status": "closed", "reason": "withdrawn"}
    aged(due=-3, closed_at=now() - timedelta(days=5), **withdrawn)
    aged(due=-3, closed_at=now() - timedelta(days=1), **withdrawn)
    assert (pulse.figures().on_time, pulse.figures().fell_due) == (0, 1)


def test_received_are_those_of_the_last_thirty_days():
    make.case()
    change(make.case(), opened_at=now() - timedelta(days=31))
    assert pulse.figures().received == 1


def test_a_sealed_case_is_in_no_figure_and_a_reserved_one_in_all():
    change(make.case(confidentiality="sealed"), due_at=now() - timedelta(days=1))
    assert (pulse.figures().received, pulse.figures().overdue, pulse.figures().fell_due) == (
        0,
        0,
        0,
    )
    cache.clear()
    change(make.case(confidentiality="reserved"), due_at=now() - timedelta(days=1))
    assert (pulse.figures().received, pulse.figures().overdue, pulse.figures().fell_due) == (
        1,
        1,
        1,
    )


def test_nothing_due_is_no_percentage(client):
    page = shown(client)
    assert pulse.figures().share is None
    assert "ninguno vencía" in page.select_one("a[href$='#a-tiempo']").text


def test_each_number_leads_to_the_sentence_that_defines_it(client):
    aged(due=-3, solved=-4)
    home, said = shown(client), shown(client, "/cifras/")
    links = [a["href"] for a in home.select(".tiles a")]
    assert len(links) == 3
    for link in links:
        path, _, anchor = link.partition("#")
        assert path == "/cifras/"
        assert said.select_one(f"h2#{anchor}")
    tile = home.select_one("a[href$='#a-tiempo'] .tile__number").text
    assert tile in said.select_one("#a-tiempo + p").text


# ---- The map ----


@pytest.fixture
def somewhere() -> Any:
    place: Any = make.place("Bella Vista", lat=8.98, lon=-79.52)
    square = shapely.to_wkb(shapely.box(-79.8, 8.8, -79.2, 9.2))
    for one in (place.province, place.district):
        Boundary.objects.create(place=one, outline=square)
    Place.objects.update(lat=8.98, lon=-79.52)
    renew_stamp("places")
    return place


def test_cases_are_grouped_and_no_exact_point_is_told(client, somewhere: Any):
    for _ in range(3):
        located(somewhere, lat=8.9912345, lon=-79.5312345, reference="Casa 14")
    page = shown(client, f"/?provincia={somewhere.province.code}")
    assert page.select_one(".near__list li strong").text == "Bella Vista"
    assert "3 casos" in page.select_one(".near__list li").text
    for secret in ("8.9912345", "79.5312345", "8991", "79531", "Casa 14"):
        assert secret not in str(page.select_one("#cerca"))
    assert len(page.select(".near__map circle")) == 1


@pytest.mark.parametrize("fields", [
    {"service": {"confidentiality": "reserved"}},
    {"service": {"confidentiality": "sealed"}},
    {"service": {"kind": "denunciation"}},
    {"age": 31},
    {"status": "closed"},
])  # fmt: skip
def test_what_is_confidential_old_or_solved_is_not_on_the_map(
    somewhere: Any, fields: dict[str, Any]
):
    age, status = fields.pop("age", 0), fields.pop("status", "")
    case = located(somewhere, **fields)
    if age:
        change(case, opened_at=now() - timedelta(days=age))
    if status:
        change(case, status=status, closed_at=now())
    assert pulse.spots() == ()
    assert pulse.spots(somewhere.province.code) == ()


def test_a_complaint_that_has_no_place_is_not_on_the_map(somewhere: Any):
    make.case(service=make.service(requires_place=False), place=somewhere)
    assert pulse.spots() == ()


def test_the_country_lists_provinces_that_lead_to_their_places(client, somewhere: Any):
    located(somewhere)
    page = shown(client)
    link = page.select_one(".near__list a")
    assert link.text == somewhere.province.name
    assert link["href"] == f"/?provincia={somewhere.province.code}#cerca"


def test_the_drawing_is_silent_and_the_list_says_it_all(client, somewhere: Any):
    located(somewhere)
    page = shown(client)
    assert page.select_one(".near__map svg")["aria-hidden"] == "true"
    assert not page.select(".near__map svg [style]")
    assert page.select_one("label[for=provincia]")


def test_the_chosen_province_is_remembered_and_can_be_forgotten(client, somewhere: Any):
    code = somewhere.province.code
    client.get("/", {"provincia": code})
    assert f"Lo que se reporta en {somewhere.province.name}" in shown(client).text
    client.get("/", {"provincia": ""})
    assert "Lo que se reporta en el país" in shown(client).text


@pytest.mark.parametrize("code", ["nada", "\x00", "'", "x" * 5000, "<b>"])
def test_a_province_that_is_none_is_the_whole_country(client, code: str):
    assert "en el país" in shown(client, f"/?provincia={code}").text


def test_the_receipt_remembers_the_province_unless_it_is_confidential(client, somewhere: Any):
    from uuid import uuid4

    for confidentiality, kept in (("reserved", False), ("open", True)):
        token = uuid4()
        located(somewhere, service={"confidentiality": confidentiality}, intake_token=token)
        client.get(f"/recibo/{token}/")
        assert ("provincia" in client.cookies) is kept


def test_a_warm_first_page_asks_the_database_little(client, somewhere: Any):
    located(somewhere)
    with CaptureQueriesContext(connection) as cold:
        pulse.figures()
        pulse.spots()
    assert len(cold) <= 3
    client.get("/")
    with CaptureQueriesContext(connection) as warm:
        client.get("/")
    assert len(warm) == 0
