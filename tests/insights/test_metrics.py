"""Every metric, against a count in plain Python of the same rows; and the contract of them all."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.test import override_settings

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import Case
from centro.insights.dashboards import all_dashboards
from centro.insights.facts import current_manifest, refresh_facts, store
from centro.insights.naming import NAME, named
from centro.insights.questions import Filters, Part, Question, Sight, ask
from centro.insights.registry import METRICS, Metric, measure
from centro.insights.writing import WORDS, written
from centro.kernel.actor import SYSTEM, citizen
from centro.kernel.errors import Invalid, NotAllowed, NotFound
from centro.places.stamps import forget_copies
from tests import make
from tests.moments import Frozen

Rows = list[dict[str, Any]]


def live(frozen: Frozen) -> None:
    """Two dozen cases of two entities over four months, in every state they may be in."""
    frozen.to("2026-01-05 09:00")
    one, two = make.agency(), make.agency()
    services = [make.service(agency=a, working_days=d) for a, d in ((one, 3), (two, 8), (one, 15))]
    places = [make.place() for _ in range(3)]
    boss = actor_of(make.user(Role.SUPERVISOR))
    for n in range(24):
        frozen.on(days=4, hours=n % 7)
        case = make.case(
            service=services[n % 3],
            place=places[n % 5 % 3],
            channel=("web", "phone", "sms")[n % 3],
            reporter=make.reporter(),
        )
        step(n, case, frozen, boss)


def step(n: int, case: Case, frozen: Frozen, boss: Any) -> None:
    if n % 4 == 3:
        return  # nobody does anything
    if n % 11 == 5:
        actions.withdraw_case(case=case, by=citizen())
        return
    if n % 6 == 4:
        actions.close_case(case=case, reason="not_applicable", text="No procede.", by=boss)
        return
    frozen.on(days=n % 3 * 3, hours=2)
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    if n % 5 == 1:
        actions.reopen_case(case=case, text="No.", by=citizen())
        frozen.on(days=2)
        actions.resolve_case(case=case, text="Ahora sí.", by=SYSTEM)
    if n % 3:
        actions.confirm_case(case=case, by=citizen())


@pytest.fixture(scope="module")
def lived(lasting: Path) -> Path:
    """The folder of the facts of those lives: lived once, and asked by every test."""
    facts = lasting / "facts"
    forget_copies()
    with pytest.MonkeyPatch.context() as patch, override_settings(FACTS_ROOT=facts):
        live(Frozen(patch))
        refresh_facts()
    return facts


@pytest.fixture
def asked(lived: Path, settings: Any) -> Question:
    settings.FACTS_ROOT = lived
    return ask(date(2026, 1, 1), date(2026, 3, 31), as_of=date(2026, 4, 10))


def all_rows() -> Rows:
    manifest = current_manifest()
    assert manifest is not None
    return [row for month in manifest.months.values() for row in store.read_file(month).to_pylist()]


def standing(asked: Question) -> Rows:
    day = asked.as_of
    return [r for r in all_rows() if r["started_on"] <= day and (r["ended_on"] or date.max) > day]


def by(day: date | None, asked: Question) -> bool:
    return day is not None and day <= asked.as_of


def inside(day: date | None, asked: Question) -> bool:
    return day is not None and asked.first <= day <= min(asked.last, asked.as_of)


def late(row: dict[str, Any], asked: Question) -> bool:
    over = by(row["solved_on"], asked) or by(row["closed_on"], asked)
    return not over and row["due_s"] < asked.moment.timestamp()


def cohort(asked: Question) -> Rows:
    return [r for r in standing(asked) if inside(r["opened_on"], asked)]


def solutions(asked: Question) -> Rows:
    return [r for r in all_rows() if inside(r["solved_on"], asked) and not r["merged"]]


def test_shares_of_the_cohort(asked: Question):
    rows = cohort(asked)
    assert len(rows) == 15
    for name, column in (("by-kind", "kind"), ("by-channel", "channel"), ("by-reason", "reason")):
        found = {row[column]: row["total"] for row in measure(name, asked).rows}
        assert found == Counter(row[column] for row in rows)
        assert sum(row["share"] for row in measure(name, asked).rows) == pytest.approx(100)
    hours = {row["opened_hour"]: row["total"] for row in measure("by-hour", asked).rows}
    assert hours == Counter(row["opened_hour"] for row in rows)


def test_top_and_all_agree_and_are_in_order(asked: Question):
    counts = [row["total"] for row in measure("all-services", asked).rows]
    assert counts == sorted(counts, reverse=True)
    assert measure("top-services", asked).rows == measure("all-services", asked).rows[:10]
    agencies = {row["agency_id"]: row["total"] for row in measure("top-agencies", asked).rows}
    assert agencies == Counter(row["agency_id"] for row in cohort(asked))


def test_what_is_late(asked: Question):
    rows = [row for row in standing(asked) if late(row, asked)]
    assert rows
    assert measure("overdue", asked).one["overdue"] == len(rows)
    services = {row["service_id"]: row["overdue"] for row in measure("overdue-top", asked).rows}
    assert services == Counter(row["service_id"] for row in rows)
    agencies = {row["agency_id"]: row["overdue"] for row in measure("overdue-agencies", asked).rows}
    assert agencies == Counter(row["agency_id"] for row in rows)


def test_by_month_and_week(asked: Question):
    created = Counter(f"{row['opened_on']:%Y-%m}" for row in cohort(asked))
    assert {r["month"]: r["total"] for r in measure("created-by-month", asked).rows} == created
    closed = [row["closed_on"] for row in standing(asked) if inside(row["closed_on"], asked)]
    months = {row["month"]: row["closed"] for row in measure("closed-by-month", asked).rows}
    assert months == Counter(f"{day:%Y-%m}" for day in closed)
    weeks = {row["week"]: row["closed"] for row in measure("closed-by-week", asked).rows}
    assert weeks == Counter(day - timedelta(days=day.weekday()) for day in closed)


def test_what_people_say(asked: Question):
    said = measure("satisfaction", asked).one
    rows = solutions(asked)
    assert said["asked"] == len(rows)
    assert said["answered"] == sum(row["satisfied"] is not None for row in rows)
    assert 0 < said["satisfied"] == sum(row["satisfied"] is True for row in rows) < said["answered"]
    months = {r["month"]: r["answered"] for r in measure("satisfaction-by-month", asked).rows}
    assert sum(months.values()) == said["answered"]
    rate = measure("reopening-rate", asked).one
    assert rate["reopened"] == sum(inside(row["ended_on"], asked) for row in all_rows()) > 0


def test_how_long_it_takes(asked: Question):
    hours = [row["to_solve_s"] / 3600 for row in solutions(asked)]
    timed = measure("time-to-solve", asked).one
    assert (timed["solved"], timed["median_h"]) == (len(hours), pytest.approx(median(hours)))
    for row in measure("equity", asked).rows:
        own = sorted(
            r["to_solve_s"] / 3600
            for r in solutions(asked)
            if r["province_id"] == row["province_id"]
        )
        assert row["solved"] == len(own)
        assert own[0] <= row["low_h"] <= row["median_h"] <= row["high_h"] <= own[-1]
        assert row["median_h"] == pytest.approx(median(own))


def test_places(asked: Question):
    for name, column in (("by-province", "province_id"), ("by-district", "district_id")):
        found = {row[column]: row["total"] for row in measure(name, asked).rows}
        assert found == Counter(row[column] for row in cohort(asked))
    inside_one = measure("by-province", asked).rows[0]["province_id"]
    narrowed = asked.narrowed(Filters(province=inside_one))
    districts = {row["place_id"] for row in measure("by-place", narrowed).rows}
    assert districts == {
        row["district_id"] for row in cohort(asked) if row["province_id"] == inside_one
    }


def test_entities_side_by_side(asked: Question):
    for row in measure("league", asked).rows:
        own = [r for r in cohort(asked) if r["agency_id"] == row["agency_id"]]
        assert row["total"] == len(own)
        closed = sum(by(r["closed_on"], asked) for r in own)
        assert row["closed_pct"] == pytest.approx(100 * closed / len(own))
    total = sum(row["total"] for row in measure("escalations", asked).rows)
    assert total == len(cohort(asked))


def test_a_filter_and_a_sight_narrow_every_metric(asked: Question):
    agency = cohort(asked)[0]["agency_id"]
    own = [row for row in cohort(asked) if row["agency_id"] == agency]
    assert len(own) < len(cohort(asked))
    by_filter = asked.narrowed(Filters(agency=agency))
    assert measure("requested", by_filter).one["total"] == len(own)
    sight = Sight(parts=frozenset({Part(agency)}))
    seen = ask(asked.first, asked.last, as_of=asked.as_of, sight=sight)
    assert measure("requested", seen).one["total"] == len(own)
    other = ask(asked.first, asked.last, as_of=asked.as_of, sight=sight, filters=Filters(agency=-1))
    assert measure("requested", other).one["total"] == 0
    nowhere = Sight(parts=frozenset({Part(agency, unit=-1), Part(-1, province=-1)}))
    blind = ask(asked.first, asked.last, as_of=asked.as_of, sight=nowhere)
    assert measure("overdue", blind).one["overdue"] == 0


def test_who_sees_nothing_asks_nothing(asked: Question):
    with pytest.raises(NotAllowed):
        measure("requested", ask(asked.first, asked.last, sight=Sight()))


def test_a_code_that_is_no_word_is_refused():
    for code in ("x' OR '1'='1", "¤first¤", "a" * 31, "A", ""):
        with pytest.raises(Invalid):
            Filters(channel=code)


def test_a_name_that_is_none_says_which_there_are(asked: Question):
    with pytest.raises(NotFound, match="effectiveness"):
        measure("effectivenes", asked)


def test_every_metric_keeps_its_contract(asked: Question):
    """The columns it promises, in values that can be written, of an empty time and a full one."""
    for metric in METRICS.values():
        keep_contract(metric, asked)
        keep_contract(metric, ask(date(2001, 1, 1), date(2001, 3, 31)))


def keep_contract(metric: Metric, question: Question) -> None:
    for row in named(metric, measure(metric.name, question).rows):
        assert set(row) - {NAME} == {column.name for column in metric.columns}, metric.name
        for column in metric.columns:
            assert written(row[column.name], column.unit)
            if column.unit == "count":
                assert isinstance(row[column.name], int), (metric.name, column.name)
    assert str(metric.sentence).endswith("."), metric.name
    assert metric.columns[0].unit in {*WORDS, "month", "day", "count", "percent"}


def test_every_metric_stands_on_a_page_and_each_page_has_its_numbers():
    shown = {panel.name for board in all_dashboards() for panel in board.panels}
    assert shown == set(METRICS)
    for board in all_dashboards():
        for panel in board.panels:
            assert panel.metric.column(panel.value).name == panel.value
