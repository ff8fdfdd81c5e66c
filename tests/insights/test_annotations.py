"""Notes on the time axis: who writes, who sees, where they stand on a line, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.insights.actions import annotate_days, remove_annotation
from centro.insights.actions.annotations import MOST_IN_A_YEAR
from centro.insights.charts import Span, draw_line
from centro.insights.facts import refresh_facts
from centro.insights.models import Annotation
from centro.insights.notes import notes_in, notes_on, spans_of
from centro.insights.questions import EVERYTHING, Filters, Part, Question, Sight, ask
from centro.insights.registry import METRICS
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Invalid, NotAllowed, NotFound
from tests import make
from tests.moments import Frozen

MARCH = date(2026, 3, 3)


def director():
    return actor_of(make.user(Role.DIRECTOR))


def note(day: date = MARCH, words: str = "Tormenta", by=None, **fields) -> Annotation:
    return annotate_days(day=day, words=words, by=by or director(), **fields)


def asked(sight: Sight = EVERYTHING, **filters: Any) -> Question:
    return ask(date(2026, 1, 1), date(2026, 3, 31), filters=Filters(**filters), sight=sight)


def told(question: Question) -> list[str]:
    return [one.words for one in notes_on(question)]


def signed_in(role: Role, of=None) -> Client:
    client = Client()
    client.force_login(make.user(role, of))
    return client


# ---- Who writes and who takes away ----
@pytest.mark.parametrize("role", list(Role))
def test_who_writes_for_the_country(role: Role, frozen: Frozen):
    by = actor_of(make.user(role))
    if role in {Role.DIRECTOR, Role.SUPERVISOR}:
        made = note(by=by)
        assert (made.agency, made.by_id, made.at) == (None, by.id, frozen.now)
    else:
        with pytest.raises(NotAllowed):
            note(by=by)


@pytest.mark.parametrize("role", list(Role))
def test_who_writes_for_an_entity(role: Role):
    agency = make.agency()
    by = actor_of(make.user(role, agency if role in make.AGENCY_ROLES else None))
    if role == Role.EXECUTIVE:
        assert note(by=by, agency=agency).agency == agency
        with pytest.raises(NotAllowed):
            note(by=by, agency=make.agency())
    else:
        with pytest.raises(NotAllowed):
            note(by=by, agency=agency)


@pytest.mark.parametrize("by", [SYSTEM, citizen()], ids=["system", "citizen"])
def test_who_has_no_post_writes_nothing(by):
    with pytest.raises(NotAllowed):
        note(by=by)


def test_taking_away(frozen: Frozen):
    agency = make.agency()
    own = actor_of(make.user(Role.EXECUTIVE, agency))
    others = actor_of(make.user(Role.EXECUTIVE))
    of_entity, of_country = note(by=own, agency=agency), note()
    for annotation, by in ((of_entity, others), (of_country, own)):
        with pytest.raises(NotAllowed):
            remove_annotation(annotation=annotation, by=by)
    colleague = actor_of(make.user(Role.EXECUTIVE, agency))
    remove_annotation(annotation=of_entity, by=colleague)
    of_entity.refresh_from_db()
    assert (of_entity.removed_by_id, of_entity.removed_at) == (colleague.id, frozen.now)
    remove_annotation(annotation=of_country, by=actor_of(make.user(Role.SUPERVISOR)))
    with pytest.raises(NotFound):
        remove_annotation(annotation=of_country, by=director())
    assert told(asked()) == []


# ---- What is kept ----
def test_words_are_put_on_one_line():
    assert note(words="  Lluvia \n fuerte\x07 \u202een Colón ").words == "Lluvia fuerte en Colón"


@pytest.mark.parametrize("words", ["", "   ", "\x00\n", "a" * 61, "😀" * 61])
def test_words_that_cannot_be_kept(words: str):
    with pytest.raises(Invalid):
        note(words=words)


@pytest.mark.parametrize(
    ("day", "until"),
    [
        (MARCH, MARCH - timedelta(days=1)),
        (MARCH, MARCH + timedelta(days=400)),
        (date(1999, 12, 31), None),
        (date(1, 1, 1), date(1, 1, 2)),
        (date(9999, 12, 31), None),
    ],
)
def test_days_that_cannot_be_kept(frozen: Frozen, day: date, until: date | None):
    with pytest.raises(Invalid):
        note(day, until=until)


def test_one_day_has_no_end():
    assert note(until=MARCH).until is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Annotation.objects.update(until=MARCH)


def test_a_diary_is_refused():
    by = director()
    for _ in range(MOST_IN_A_YEAR):
        note(by=by)
    with pytest.raises(Invalid):
        note(by=by)
    note(date(2025, 3, 3), by=by)


# ---- Who sees what ----
def test_who_sees_an_entity_s_note(frozen: Frozen):
    one, two = make.agency(acronym="UNO"), make.agency(acronym="DOS")
    note(words="Del país")
    for agency in (one, two):
        by = actor_of(make.user(Role.EXECUTIVE, agency))
        note(words="Huelga", by=by, agency=agency)
    of_one = Sight(parts=frozenset({Part(one.pk, unit=7)}))
    assert told(asked()) == ["Del país", "UNO: Huelga", "DOS: Huelga"]
    assert told(asked(of_one)) == ["Del país", "UNO: Huelga"]
    assert told(asked(agency=two.pk)) == ["Del país", "DOS: Huelga"]
    assert told(asked(of_one, agency=two.pk)) == ["Del país"]
    assert told(asked(Sight())) == []


@pytest.mark.parametrize(
    ("day", "until", "seen"),
    [
        (date(2025, 12, 31), None, False),
        (date(2025, 12, 1), date(2026, 1, 1), True),
        (date(2025, 12, 1), date(2025, 12, 31), False),
        (date(2026, 3, 31), None, True),
        (date(2026, 4, 1), None, False),
        (date(2025, 12, 1), date(2026, 4, 30), True),
    ],
)
def test_notes_of_the_period_only(frozen: Frozen, day: date, until: date | None, seen: bool):
    note(day, until=until)
    assert (told(asked()) == ["Tormenta"]) == seen


def test_numbers_follow_the_days(frozen: Frozen):
    for day in (20, 5, 12):
        note(date(2026, 2, day), words=f"El {day}")
    assert [(n.number, n.words) for n in notes_on(asked())] == [
        (1, "El 5"), (2, "El 12"), (3, "El 20"),
    ]  # fmt: skip


# ---- Where they stand ----
def test_a_note_stands_at_its_month(frozen: Frozen):
    metric = METRICS["created-by-month"]
    rows = [{"month": f"2026-0{n}", "total": n} for n in (1, 2, 3)]
    note(date(2026, 2, 28))
    note(date(2025, 11, 1), until=date(2026, 3, 1), words="Larga")
    found = spans_of(metric, rows, notes_on(asked()))
    assert [(span.first, span.last) for span in found] == [(0, 2), (1, 1)]
    assert [n.words for n in notes_in(metric, rows[1], notes_on(asked()))] == ["Larga", "Tormenta"]


def test_a_note_stands_at_its_week(frozen: Frozen):
    metric = METRICS["closed-by-week"]
    rows = [{"week": date(2026, 2, day), "closed": 1} for day in (2, 9, 23)]
    for day in (1, 8, 9, 18, 25):
        note(date(2026, 2, day), words=f"El {day}")
    found = spans_of(metric, rows, notes_on(asked()))
    # Before the first week there is no place; a week without a row is between its neighbours.
    assert [(s.words[-4:], s.first) for s in found] == [
        ("El 8", 0), ("El 9", 1), ("l 18", 1.5), ("l 25", 2),
    ]  # fmt: skip


def test_rankings_have_no_time_axis(frozen: Frozen):
    note()
    metric = METRICS["by-kind"]
    assert (
        spans_of(metric, [{"kind": "complaint", "total": 1, "share": 1}], notes_on(asked())) == []
    )
    assert spans_of(METRICS["created-by-month"], [], notes_on(asked())) == []


def test_flags_at_one_place_stand_above_each_other():
    spans = [Span(1, 1, "1", "Uno"), Span(1, 1, "2", "Dos"), Span(0, 2, "3", "Tres")]
    line = draw_line(["a", "b", "c"], [1, 2, 3], ["1", "2", "3"], spans)
    assert line is not None
    assert [(m.label, m.width != "0.0") for m in line.marks] == [
        ("3", True), ("1", False), ("2", False),
    ]  # fmt: skip
    assert len({(m.x, m.flag_y) for m in line.marks}) == 3
    assert line.top < min(int(m.flag_y) for m in line.marks)
    plain = draw_line(["a", "b"], [1, 2], ["1", "2"])
    assert plain is not None
    assert (plain.marks, plain.view_box) == ((), "0 0 640 200")


# ---- At the desk ----
@pytest.fixture
def _cases(frozen: Frozen) -> None:
    for month in ("2026-02-10", "2026-03-02"):
        frozen.to(f"{month} 09:00")
        make.case()
    refresh_facts()


@pytest.mark.usefixtures("_cases")
def test_writing_seeing_and_taking_away_at_the_desk():
    client = signed_in(Role.DIRECTOR)
    page = reverse("desk:dashboard", args=["efectividad"])
    where = reverse("desk:annotate", args=["efectividad"]) + "?desde=2026-01"
    given = {"words": "<b>Tormenta</b>", "day": "2026-02-03", "until": "", "agency": ""}
    response = client.post(where, given)
    assert response["Location"] == f"{page}?desde=2026-01"
    text = client.get(page, {"desde": "2026-01"}).content.decode()
    assert "3 feb 2026: &lt;b&gt;Tormenta" in text
    assert (
        text.count('class="line__flag"') == 2
    )  # on the cases opened and overdue; nothing was closed
    (made,) = Annotation.objects.all()
    path = reverse("desk:annotation_remove", args=[made.pk])
    response = client.post(f"{path}?tablero=efectividad&desde=2026-01")
    assert response["Location"] == f"{page}?desde=2026-01"
    assert "Tormenta" not in client.get(page).content.decode()
    assert client.post(path).status_code == 404


def test_what_is_wrong_is_said_beside_it():
    client = signed_in(Role.EXECUTIVE)
    where = reverse("desk:annotate", args=["nacional"])
    for given in (
        {},
        {"words": "x", "day": "ayer"},
        {"words": "x", "day": "2026-02-03", "agency": "OTRA"},
    ):
        response = client.post(where, given)
        assert response.status_code == 422
        assert "Revise lo siguiente" in response.content.decode()
    assert client.post(where, {"words": "x", "day": "2026-02-03", "agency": ""}).status_code == 403
    assert client.post(where, {"words": "x", "day": "1800-01-01"}).status_code in {403, 422}
    assert not Annotation.objects.exists()


def test_another_entity_s_note_does_not_exist():
    agency = make.agency()
    made = note(by=actor_of(make.user(Role.EXECUTIVE, agency)), agency=agency)
    path = reverse("desk:annotation_remove", args=[made.pk])
    assert signed_in(Role.EXECUTIVE).post(path).status_code == 404
    assert signed_in(Role.LIAISON, agency).post(path).status_code == 403
    assert signed_in(Role.EXECUTIVE, agency).post(path).status_code == 302


def test_the_way_back_is_never_somewhere_else():
    made = note()
    path = reverse("desk:annotation_remove", args=[made.pk])
    response = signed_in(Role.DIRECTOR).post(f"{path}?tablero=//evil.example/")
    assert response["Location"].startswith(reverse("desk:figures"))


def test_boards_without_lines_ask_for_no_notes():
    text = signed_in(Role.DIRECTOR).get(reverse("desk:dashboard", args=["geografia"]))
    assert "Anotar en el tiempo" not in text.content.decode()
    text = signed_in(Role.LIAISON).get(reverse("desk:dashboard", args=["nacional"]))
    assert "Anotar en el tiempo" not in text.content.decode()
