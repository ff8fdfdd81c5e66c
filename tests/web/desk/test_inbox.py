"""The inbox: folders, filters, pages, filters that are kept, and many assigned at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.counts import agency_loads, folder_counts
from centro.cases.models import Case, SavedFilter
from tests import make
from tests.web.desk.test_case_page import official_unit

INBOX = reverse("desk:inbox")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def numbers(page: BeautifulSoup) -> list[str]:
    return [tag["href"].split("/")[-2] for tag in page.select("a[data-row-link]")]


def late(case: Case) -> Case:
    long_ago = timezone.now() - timedelta(days=60)
    Case.objects.filter(pk=case.pk).update(
        spoken_at=long_ago, opened_at=long_ago, due_at=long_ago + timedelta(days=9)
    )
    return case


def test_each_folder_shows_its_own():
    agency, other = make.agency(), make.agency()
    service = make.service(agency=agency)
    liaison = make.user(Role.LIAISON, agency)
    by = actor_of(liaison)
    fresh, old, waiting, done, gone = (make.case(service=service) for _ in range(5))
    late(old)
    until = timezone.now() + timedelta(days=3)
    actions.hold_case(case=waiting, reason="visit", until=until, by=by)
    actions.resolve_case(case=done, text="Listo.", by=by)
    actions.withdraw_case(case=gone, by=actor_of(make.user(Role.OPERATOR)))
    offered = make.case(service=make.service(agency=other))
    actions.propose_transfer(
        case=offered, to=agency, text="Es suyo.", by=actor_of(make.user(Role.LIAISON, other))
    )
    client = as_(liaison)

    def folder(word: str) -> set[str]:
        return set(numbers(shown(client.get(INBOX, {"carpeta": word}))))

    assert folder("activos") == {c.number for c in (fresh, old, waiting, done, offered)}
    assert folder("vencidos") == {old.number}
    assert folder("en-espera") == {waiting.number}
    assert folder("resueltos") == {done.number}
    assert folder("propuestos") == {offered.number}
    assert folder("mios") == set()
    assert gone.number in folder("todos")
    tabs = shown(client.get(INBOX)).select(".tabs a")
    said = {str(tab.contents[0]).strip(): tab.select_one(".tabs__count") for tab in tabs}
    assert said["Vencidos"].text == "1"
    assert said["Activos"].text == "5"
    assert said["Todos"] is None


def test_an_official_begins_with_what_is_in_their_hands():
    case = make.case()
    other = make.case(service=case.service)
    official = make.user(Role.OFFICIAL, unit=case.unit)
    actions.assign_case(
        case=case,
        unit=official_unit(case),
        official=official,
        by=actor_of(make.user(Role.LIAISON, case.agency)),
    )
    page = shown(as_(official).get(INBOX))
    assert str(page.select_one(".tabs [aria-current]").contents[0]).strip() == "A mi cargo"
    assert numbers(page) == [case.number]
    assert other.number in numbers(shown(as_(official).get(INBOX, {"carpeta": "activos"})))


def test_filters_narrow_and_what_is_no_filter_is_ignored():
    agency = make.agency()
    place = make.place()
    one = make.case(service=make.service(agency=agency, priority="urgent"), place=place)
    two = make.case(service=make.service(agency=agency, kind="request"))
    liaison = make.user(Role.LIAISON, agency)
    client = as_(liaison)

    def found(**query: str) -> list[str]:
        return numbers(shown(client.get(INBOX, query)))

    both = [two.number, one.number]
    assert found(prioridad="urgent") == [one.number]
    assert found(tipo="request") == [two.number]
    assert found(provincia=place.province.code) == [one.number]
    assert found(servicio=one.service.code) == [one.number]
    assert found(unidad=str(one.unit_id)) == both
    assert found(estado="waiting") == []
    assert found(estado="nada", prioridad="x", unidad="9999999", despues="hola") == both
    assert found(q=one.number) == [one.number]
    assert found(q="hueco") == both


@pytest.mark.slow
def test_pages_follow_one_another_without_gap_or_repeat(django_assert_max_num_queries):
    service = make.service(agency=make.agency())
    opened = [make.case(service=service) for _ in range(53)]
    liaison = make.user(Role.LIAISON, service.agency)
    client = as_(liaison)
    page = shown(client.get(INBOX))
    with django_assert_max_num_queries(6):
        page = shown(client.get(INBOX))
    first = numbers(page)
    with django_assert_max_num_queries(6):
        second = numbers(shown(client.get(str(page.select_one("a[rel=next]")["href"]))))
    assert (len(first), len(second)) == (50, 3)
    assert first + second == [case.number for case in reversed(opened)]


def test_a_supervisor_s_list_costs_no_more(django_assert_max_num_queries):
    for _ in range(12):
        make.case()
    client = as_(make.user(Role.SUPERVISOR))
    client.get(INBOX)
    with django_assert_max_num_queries(6):
        assert len(numbers(shown(client.get(INBOX)))) == 12


def test_the_counts_are_one_statement_whatever_the_folders(django_assert_num_queries):
    make.case()
    user = make.user(Role.SUPERVISOR)
    with django_assert_num_queries(2):  # the scope, and the counts
        counts = folder_counts(user, ["active", "overdue", "unassigned", "waiting", "all"])
    assert counts == {"active": 1, "overdue": 0, "unassigned": 1, "waiting": 0}
    assert folder_counts(user, ["all"]) == {}


def test_loads_count_each_entity_and_triage():
    case = late(make.case())
    make.case(service=make.service(agency=None))
    make.case(confidentiality="sealed")
    loads = {load.agency: load for load in agency_loads(make.user(Role.SUPERVISOR))}
    assert loads.keys() == {case.agency_id, None}
    assert (loads[case.agency_id].active, loads[case.agency_id].overdue) == (1, 1)


def test_a_filter_is_kept_by_name_used_and_dropped():
    agency = make.agency()
    liaison, other = make.user(Role.LIAISON, agency), make.user(Role.LIAISON, agency)
    client = as_(liaison)
    where = reverse("desk:save_filter")
    client.post(
        where, {"name": "Urgentes", "query": "carpeta=activos&prioridad=urgent&despues=4&x=1"}
    )
    kept = SavedFilter.objects.get(user=liaison)
    assert kept.query == "carpeta=activos&prioridad=urgent"
    page = shown(client.get(f"{INBOX}?{kept.query}"))
    assert page.select_one(".chip[aria-current]").get_text(strip=True) == "Urgentes"
    assert not shown(as_(other).get(INBOX)).select(".chip")
    client.post(where, {"name": "Urgentes", "query": "prioridad=high"})
    assert SavedFilter.objects.get(user=liaison).query == "prioridad=high"
    as_(other).post(reverse("desk:drop_filter", kwargs={"pk": kept.pk}))
    assert SavedFilter.objects.count() == 1
    client.post(reverse("desk:drop_filter", kwargs={"pk": kept.pk}))
    assert not SavedFilter.objects.exists()


def test_nobody_keeps_filters_without_end():
    user = make.user(Role.SUPERVISOR)
    for n in range(20):
        SavedFilter.objects.create(user=user, name=str(n), query="")
    page = shown(as_(user).post(reverse("desk:save_filter"), {"name": "uno más"}, follow=True))
    assert "borre uno" in page.get_text()


def test_many_are_assigned_at_once_and_the_others_say_why():
    service = make.service(agency=make.agency())
    one, two, done = (make.case(service=service) for _ in range(3))
    stranger = make.case()
    official = make.user(Role.OFFICIAL, unit=one.unit)
    liaison = make.user(Role.LIAISON, service.agency)
    actions.resolve_case(case=done, text="Listo.", by=actor_of(liaison))
    page = shown(
        as_(liaison).post(
            reverse("desk:assign_many"),
            {
                "caso": [one.number, two.number, done.number, stranger.number],
                "to": f"{one.unit_id}:{official.pk}",
                "volver": "carpeta=activos",
            },
            follow=True,
        )
    )
    text = page.select_one(".toasts").get_text(" ", strip=True)
    assert "Se encargaron 2 casos" in text
    assert f"No se encargó {done.number}" in text
    assert f"No existe el caso {stranger.number}" in text
    assert set(Case.objects.filter(official=official)) == {one, two}


def test_nothing_marked_or_nobody_chosen_is_said():
    service = make.service(agency=make.agency())
    case = make.case(service=service)
    liaison = make.user(Role.LIAISON, service.agency)
    page = shown(as_(liaison).post(reverse("desk:assign_many"), {}, follow=True))
    assert "Marque al menos un caso" in page.select_one(".toasts").text
    page = shown(
        as_(liaison).post(
            reverse("desk:assign_many"), {"caso": [case.number], "to": "0:0"}, follow=True
        )
    )
    assert page.select_one(".toasts .alert--danger")


def test_a_supervisor_assigns_within_the_entity_filtered():
    case = make.case()
    supervisor = make.user(Role.SUPERVISOR)
    client = as_(supervisor)
    assert not shown(client.get(INBOX)).select_one(".bulk")
    query = f"entidad={case.agency.acronym}"
    assert shown(client.get(f"{INBOX}?{query}")).select_one(".bulk")
    client.post(
        reverse("desk:assign_many"),
        {"caso": [case.number], "to": str(case.unit_id), "volver": query},
    )
    assert case.timeline.filter(kind="assigned").exists()


@pytest.mark.slow
def test_by_deadline_the_most_urgent_comes_first_page_after_page():
    service = make.service(agency=make.agency())
    opened = [make.case(service=service) for _ in range(54)]
    first = timezone.now() + timedelta(days=2)
    for n, case in enumerate(opened):
        # Pairs share a deadline, and the order is not that of the numbers.
        due = first + timedelta(hours=(n * 7 % 54) // 2)
        Case.objects.filter(pk=case.pk).update(due_at=due)
    client = as_(make.user(Role.LIAISON, service.agency))
    page = shown(client.get(INBOX, {"orden": "plazo"}))
    found = numbers(page)
    found += numbers(shown(client.get(str(page.select_one("a[rel=next]")["href"]))))
    wanted = Case.objects.filter(service=service).order_by("due_at", "pk")
    assert found == [case.number for case in wanted]


def test_the_latest_of_all_stands_in_front_of_what_is_late():
    service = make.service(agency=make.agency())
    worst, bad = late(make.case(service=service)), late(make.case(service=service))
    Case.objects.filter(pk=worst.pk).update(due_at=timezone.now() - timedelta(days=55))
    Case.objects.filter(pk=bad.pk).update(due_at=timezone.now() - timedelta(days=3))
    client = as_(make.user(Role.LIAISON, service.agency))
    assert numbers(shown(client.get(INBOX, {"carpeta": "vencidos"}))) == [worst.number, bad.number]
    newest = shown(client.get(INBOX, {"carpeta": "vencidos", "orden": "recientes"}))
    assert numbers(newest) == [bad.number, worst.number]


def test_the_way_back_from_a_case_keeps_the_filters():
    case = make.case()
    client = as_(make.user(Role.LIAISON, case.agency))
    where = reverse("desk:case", kwargs={"number": case.number})
    came_from = f"http://testserver{INBOX}?carpeta=vencidos&tipo=complaint"
    page = shown(client.get(where, headers={"Referer": came_from}))
    assert page.select_one(".crumbs a")["href"] == f"{INBOX}?carpeta=vencidos&tipo=complaint"
    page = shown(client.get(where, headers={"Referer": "http://mal.example/mesa/bandeja/?a=1"}))
    assert page.select_one(".crumbs a")["href"] == INBOX


def test_strange_characters_break_nothing():
    client = as_(make.user(Role.AUDITOR))
    for name in ("inbox", "looks", "search"):
        for word in ("q", "caso", "quien", "despues", "estado", "servicio", "carpeta"):
            assert client.get(reverse(f"desk:{name}"), {word: "\x00'%_\\"}).status_code == 200
    client = as_(make.user(Role.SUPERVISOR))
    assert client.get(reverse("desk:mailbox"), {"caso": "\x00"}).status_code == 200
    assert client.get("/mesa/casos/%00/").status_code == 404
