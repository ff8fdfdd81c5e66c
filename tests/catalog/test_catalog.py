"""What a citizen means, what is asked of them, and which days count."""

from __future__ import annotations

import csv
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centro.agencies.models import Agency
from centro.catalog.agreements import policy_for
from centro.catalog.calendars import office_calendar
from centro.catalog.models import ServiceType
from centro.catalog.queries import questions_for, rank_services, suggest_services
from centro.catalog.ranking import Described, Ranking, features_of
from centro.kernel.calendar import Term, Unit, term_end
from centro.ops.pack import load_pack
from centro.ops.pack_content import read_pack
from tests.ops.packs import MINI, PANAMA

MESSAGES = Path(__file__).with_name("messages.csv")


@cache
def _panama() -> Ranking[ServiceType]:
    """The index of the real catalogue, without a database."""
    pack = read_pack(PANAMA)
    agencies = {row.acronym: Agency(acronym=row.acronym) for row in pack.agencies}
    return rank_services(
        ServiceType(
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            category=row.category,
            keywords=row.keywords,
            agency=agencies.get(row.agency),
        )
        for row in pack.services
    )


def _codes(text: str, limit: int = 3) -> list[str]:
    return [match.item.code for match in _panama().find(text, limit)]


def test_citizens_words_find_the_service_that_they_mean() -> None:
    with MESSAGES.open(encoding="utf-8") as file:
        messages = list(csv.DictReader(file))
    found = [(row["service"], _codes(row["text"])) for row in messages]
    first = sum(service == codes[0] for service, codes in found if codes)
    among_three = sum(service in codes for service, codes in found)
    assert first / len(messages) >= 0.8
    assert among_three / len(messages) >= 0.9


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no hay agua en mi casa", "IDAAN-01"),
        ("estamos sin agua desde ayer", "IDAAN-01"),
        ("no ai agua", "IDAAN-01"),
        ("SE FUE LA LUZ", "ASEP-01"),
        ("ueco en la caye", "MOP-01"),
        ("el semaforo no sirve", "ATTT-01"),
        ("no pasa el camion de la vasura", "AAUD-01"),
        ("quiero renovar mi licencia", "ATTT-09"),
        ("perdí mi pasaporte", "APAP-01"),
        ("mi marido me pega", "MINMUJER-01"),
        ("un funcionario me pidió coima", "ANTAI-01"),
        ("pothole in the street", "MOP-01"),
        ("felicito a la enfermera por su buena atención", "AIG-03"),
    ],
)
def test_common_matters_come_among_the_first_three(text: str, code: str) -> None:
    assert code in _codes(text)


@pytest.mark.parametrize("text", ["", "   ", "asdf qwer", "¿?", "hola buenas", "x" * 5000])
def test_words_that_tell_nothing_suggest_nothing(text: str) -> None:
    assert _codes(text) == []


def test_what_is_lacking_is_not_what_is_there() -> None:
    ranking = Ranking(
        [
            Described("leak", "Fuga", ["agua en la calle"]),
            Described("none", "Corte", ["sin agua"]),
        ]
    )
    assert ranking.find("no llega el agua")[0].item == "none"
    assert ranking.find("agua por la calle")[0].item == "leak"


def test_spelling_of_text_messages_sounds_the_same() -> None:
    assert set(features_of("baca llobio queso zapato")) == set(
        features_of("vaca yovio keso sapato")
    )


def test_a_slip_of_one_letter_is_forgiven() -> None:
    ranking = Ranking([Described(1, "Semáforo"), Described(2, "Basura")])
    assert [m.item for m in ranking.find("semafro")] == [1]
    assert [m.item for m in ranking.find("basrua")] == [2]


def test_scores_are_shares_and_fall() -> None:
    scores = [match.score for match in _panama().find("hueco en la calle", 5)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_suggestions_are_warm_after_the_first() -> None:
    load_pack(MINI)
    suggest_services("agua")
    with CaptureQueriesContext(connection) as statements:
        found = suggest_services("no hay agua")
        assert found[0].service.agency is not None
        assert found[0].service.agency.acronym == "IDAAN"
    assert len(statements) == 0
    assert found[0].service.code == "IDAAN-01"


def test_a_type_out_of_use_is_not_suggested() -> None:
    load_pack(MINI)
    ServiceType.objects.filter(code="IDAAN-01").update(active=False)
    assert "IDAAN-01" not in [each.service.code for each in suggest_services("no hay agua")]


def test_questions_come_in_the_order_of_the_pack() -> None:
    load_pack(MINI)
    service = ServiceType.objects.get(code="IDAAN-01")
    assert [question.key for question in questions_for(service)] == ["since", "reach", "vulnerable"]
    assert questions_for(ServiceType.objects.get(code="MOP-14")) == []


def test_bank_holidays_do_not_stop_a_term_and_national_ones_do() -> None:
    load_pack(MINI)
    calendar = office_calendar()

    def due(received: str) -> str:
        moment = datetime.fromisoformat(received).replace(tzinfo=calendar.zone)
        return term_end(calendar, moment, Term(1, Unit.WORKING_DAYS)).date().isoformat()

    # 3 and 5 November 2026 are national, the 4th is for banks alone.
    assert due("2026-11-02T10:00") == "2026-11-04"
    assert due("2026-11-04T10:00") == "2026-11-06"
    # Carnival of 2027: Monday the 8th of February for banks, Tuesday for everyone.
    assert due("2027-02-05T10:00") == "2027-02-08"
    assert due("2027-02-08T10:00") == "2027-02-10"


def test_urgent_services_run_around_the_clock() -> None:
    load_pack(MINI)
    urgent, other = (ServiceType.objects.get(code=code) for code in ("IDAAN-07", "MOP-01"))
    assert policy_for(urgent, None, urgent.priority).calendar.code == "continuo"
    assert policy_for(other, None, other.priority).calendar.code == "oficina"
