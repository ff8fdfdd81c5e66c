"""The notices of a reader, and the absences that decide who gets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Absence
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions.notices import notices_for
from centro.cases.models import Case, Notice
from centro.cases.noticeboard import notice_page
from centro.cases.rungs import Told
from centro.kernel.clock import now, today
from tests import make
from tests.web.desk.test_case_page import as_

BOARD = "/mesa/avisos/"


def told(user: User, case: Case, **data) -> Notice:
    made = notices_for([Told(user.pk)], case, Notice.Kind.RUNG, rung=2, share=100, **data)
    return Notice.objects.bulk_create(made)[0]


def board(client: Client, query: str = "") -> str:
    answer = client.get(BOARD + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_notice_says_which_case_and_why():
    case = make.case(place=make.place("Arraiján"))
    liaison = make.user(Role.LIAISON, case.agency)
    told(liaison, case, nobody_at=1)
    text = board(as_(liaison))
    for part in (
        "Subió hasta usted",
        case.number,
        case.service.name,
        "Arraiján",
        "Pasó el 100 % del plazo.",
        "Nadie responde por el escalón anterior (Funcionario responsable): le toca a usted.",
    ):
        assert part in text, part


def test_a_reader_sees_their_own_alone():
    case = make.case()
    told(make.user(Role.LIAISON, case.agency), case)
    assert case.number not in board(as_(make.user(Role.LIAISON, case.agency)))


def test_to_open_a_notice_reads_it_and_leads_to_its_case():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    notice = told(liaison, case)
    client = as_(liaison)
    assert "Avisos sin leer" in client.get("/mesa/").content.decode()
    answer = client.get(f"{BOARD}{notice.pk}/")
    assert answer["Location"] == reverse("desk:case", kwargs={"number": case.number})
    notice.refresh_from_db()
    assert notice.seen_at is not None


def test_all_are_marked_as_read_at_once():
    case = make.case()
    liaison, other = (make.user(Role.LIAISON, case.agency) for _ in "ab")
    told(liaison, case)
    theirs = told(other, case)
    client = as_(liaison)
    client.post(f"{BOARD}leidos/")
    assert list(Notice.objects.filter(seen_at=None)) == [theirs]
    assert "Marcar todos" not in board(client)


def test_the_notice_of_somebody_else_does_not_exist():
    case = make.case()
    notice = told(make.user(Role.LIAISON, case.agency), case)
    client = as_(make.user(Role.LIAISON, case.agency))
    assert client.get(f"{BOARD}{notice.pk}/").status_code == 404


def test_pages_show_what_is_unread_first_without_gap_or_repeat():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    notices = [told(liaison, case) for _ in range(120)]
    Notice.objects.filter(pk__in=[n.pk for n in notices[::2]]).update(seen_at=notices[0].created_at)
    seen, after = [], ""
    while True:
        page = notice_page(liaison, after)
        seen += [(one.notice.seen_at is not None, -one.notice.pk) for one in page.posted]
        after = page.next_after
        if not after:
            break
    assert len(seen) == 120
    assert seen == sorted(seen)


@pytest.mark.parametrize("key", ["x", "n", "nabc", "l-1", "n" + "9" * 30, "%00"])
def test_a_key_that_is_none_shows_the_first_page(key: str):
    liaison = make.user(Role.LIAISON)
    assert "No tiene avisos" in board(as_(liaison), f"?despues={key}")


def test_the_board_costs_at_most_eight_statements(django_assert_max_num_queries):
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    for _ in range(30):
        told(liaison, case)
    client = as_(liaison)
    board(client)
    with django_assert_max_num_queries(8):
        board(client)


def test_the_president_s_people_learn_the_number_of_a_sealed_case_and_nothing_else():
    case = make.case(confidentiality="sealed", description="Un soborno en la oficina")
    president = make.user(Role.PRESIDENCY)
    notice = told(president, case)
    text = board(as_(president))
    assert case.number in text
    for part in (case.service.name, case.agency.acronym, "soborno", f"/casos/{case.number}/"):
        assert part not in text, part
    assert as_(president).get(f"{BOARD}{notice.pk}/")["Location"] == BOARD


def test_a_case_that_was_sealed_since_is_not_named_to_who_lost_it():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    told(liaison, case)
    by = actor_of(make.user(Role.SUPERVISOR))
    actions.set_confidentiality(case=case, level="sealed", text="Contra ellos.", by=by)
    assert case.number not in board(as_(liaison))


def test_a_notice_of_an_instruction_leads_to_it():
    head = make.user(Role.HEAD)
    data = {"instruction": 7, "text": "Arreglen la tubería.", "until": now().isoformat()}
    notice = Notice.objects.create(user=head, kind="instruction", data=data)
    assert "Arreglen la tubería." in board(as_(head))
    answer = as_(head).get(f"{BOARD}{notice.pk}/")
    assert answer["Location"] == "/mesa/instrucciones/7/"


def test_a_notice_of_an_audit_says_what_was_found():
    case = make.case()
    liaison = make.user(Role.LIAISON, case.agency)
    Notice.objects.create(user=liaison, case=case, kind="audit", data={"why": "not_done"})
    assert "no halló una solución real: El trabajo no se hizo." in board(as_(liaison))


# ---- Absences ----


def absence_page(client: Client) -> str:
    answer = client.get("/mesa/ausencias/")
    assert answer.status_code == 200
    return answer.content.decode()


def days(first: int = 0, last: int = 3) -> dict[str, str]:
    start = today()
    return {
        "starts": (start + timedelta(days=first)).isoformat(),
        "ends": (start + timedelta(days=last)).isoformat(),
    }


def test_somebody_says_that_they_will_be_away_and_comes_back():
    agency = make.agency()
    official, colleague = (make.user(Role.OFFICIAL, agency) for _ in "ab")
    client = as_(official)
    assert 'name="user"' not in absence_page(client)
    given = days() | {"delegate": str(colleague.pk), "reason": "Vacaciones"}
    assert client.post("/mesa/ausencias/", given).status_code == 302
    absence = Absence.objects.get()
    assert (absence.user, absence.delegate, absence.reason) == (official, colleague, "Vacaciones")
    assert "Vacaciones" in absence_page(client)
    assert "Usted responde en lugar de" in absence_page(as_(colleague))
    client.post(f"/mesa/ausencias/{absence.pk}/terminar/")
    assert not Absence.objects.exists()


def test_a_liaison_writes_it_down_for_the_people_of_the_entity():
    agency = make.agency()
    liaison, official = make.user(Role.LIAISON, agency), make.user(Role.OFFICIAL, agency)
    given = days() | {"user": str(official.pk), "delegate": ""}
    assert as_(liaison).post("/mesa/ausencias/", given).status_code == 302
    assert Absence.objects.get().user == official


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (days(3, 1), "debe terminar"),
        (days() | {"starts": ""}, "obligatorio"),
        (days() | {"delegate": "999999"}, "válida"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(given: dict[str, str], said: str):
    answer = as_(make.user(Role.OFFICIAL)).post("/mesa/ausencias/", given | {"reason": "Viaje"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert 'value="Viaje"' in answer.content.decode()
    assert not Absence.objects.exists()


def test_nobody_ends_what_is_not_theirs():
    absence = Absence.objects.create(user=make.user(Role.OFFICIAL), starts=today(), ends=today())
    client = as_(make.user(Role.LIAISON))
    assert client.post(f"/mesa/ausencias/{absence.pk}/terminar/").status_code == 404
