"""The files equal the database, whatever happens to cases, files, writers and readers."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from centro.accounts.roles import Role
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import TimelineEntry
from centro.insights.facts import (
    check_facts,
    current_manifest,
    rebuild_facts,
    refresh_facts,
    store,
)
from centro.insights.facts.reading import SEALED_AT_LEAST
from centro.insights.questions import ask
from centro.insights.registry import measure
from centro.kernel.actor import SYSTEM, citizen
from tests import make
from tests.moments import Frozen


def rows() -> list[dict[str, object]]:
    manifest = current_manifest()
    assert manifest is not None
    return [row for month in manifest.months.values() for row in store.read_file(month).to_pylist()]


def a_life(frozen: Frozen) -> None:
    """Cases of two months in many states."""
    frozen.to("2026-02-25 09:00")
    one, two, three = (make.case(reporter=make.reporter()) for _ in range(3))
    frozen.to("2026-03-02 09:00")
    four = make.case(confidentiality="reserved", place=make.place())
    actions.resolve_case(case=one, text="Listo.", by=SYSTEM)
    actions.reopen_case(case=one, text="No.", by=citizen())
    actions.withdraw_case(case=two, by=citizen())
    boss = actor_of(make.user(Role.SUPERVISOR))
    actions.close_case(case=three, reason="not_applicable", text="No procede.", by=boss)
    actions.start_case(case=four, by=SYSTEM)


def test_a_refresh_holds_what_a_rebuild_holds(frozen: Frozen):
    refresh_facts()
    a_life(frozen)
    followed = refresh_facts()
    assert not followed.rebuilt
    assert (followed.cases, followed.months) == (4, 2)
    again = rebuild_facts()
    assert again.manifest.months == followed.manifest.months
    assert check_facts() == []


def test_nothing_changed_writes_nothing(frozen: Frozen):
    a_life(frozen)
    first = refresh_facts()
    second = refresh_facts()
    assert (second.months, second.bytes) == (0, 0)
    assert second.manifest.key == first.manifest.key


def test_each_turn_of_a_case_is_a_row(frozen: Frozen):
    case = make.case(reporter=make.reporter())
    frozen.on(hours=5)
    actions.resolve_case(case=case, text="Listo.", by=SYSTEM)
    frozen.on(days=1)
    actions.reopen_case(case=case, text="No.", by=citizen())
    frozen.on(days=1)
    actions.resolve_case(case=case, text="Ahora sí.", by=SYSTEM)
    actions.confirm_case(case=case, by=citizen())
    refresh_facts()
    first, second = rows()
    assert (first["cycle"], first["satisfied"], first["to_solve_s"]) == (1, False, 5 * 3600)
    assert (first["started_on"], first["ended_on"]) == (date(2026, 3, 2), date(2026, 3, 3))
    assert (first["status"], first["closed_on"]) == ("resolved", None)
    assert (second["cycle"], second["satisfied"], second["ended_on"]) == (2, True, None)
    assert second["to_solve_s"] == 24 * 3600
    assert second["opened_on"] == date(2026, 3, 2)


def test_a_reserved_case_is_not_placed_closely():
    where = make.place()
    make.case(confidentiality="reserved", place=where)
    make.case(place=where)
    refresh_facts()
    reserved, usual = sorted(rows(), key=lambda row: str(row["confidentiality"]), reverse=True)
    assert (reserved["corregimiento_id"], reserved["district_id"]) == (None, where.district_id)
    assert usual["corregimiento_id"] == where.pk


def test_sealed_cases_are_counted_only_when_they_are_many():
    for _ in range(SEALED_AT_LEAST - 1):
        make.case(confidentiality="sealed")
    refresh_facts()
    assert rows() == []
    make.case(confidentiality="sealed")
    refresh_facts()
    found = rows()
    assert len(found) == SEALED_AT_LEAST
    for row in found:
        told = {name for name, value in row.items() if value is not None}
        assert told == {
            "cycle", "opened_on", "started_on", "due_on", "due_s", "over_on", "told_on", "status",
            "reason", "confidentiality", "merged",
        }  # fmt: skip
    assert check_facts() == []


def test_a_case_that_is_sealed_leaves_the_others():
    case = make.case()
    refresh_facts()
    boss = actor_of(make.user(Role.SUPERVISOR))
    actions.set_confidentiality(case=case, level="sealed", text="Contra ellos", by=boss)
    refresh_facts()
    assert rows() == []


@pytest.mark.django_db(transaction=True)
def test_a_damaged_file_is_found(frozen: Frozen):
    a_life(frozen)
    manifest = refresh_facts().manifest
    broken = store.root() / manifest.months["2026-03"].file
    broken.write_bytes(broken.read_bytes()[:-50])
    assert [difference.month for difference in check_facts()] == ["2026-03"]


@pytest.mark.django_db(transaction=True)
def test_a_file_that_says_something_else_is_found(frozen: Frozen):
    a_life(frozen)
    manifest = refresh_facts().manifest
    month = manifest.months["2026-02"]
    table = store.read_file(month).slice(1)
    kept = store.write_month(date(2026, 2, 1), table)
    (store.root() / month.file).write_bytes((store.root() / kept.file).read_bytes())
    (found,) = check_facts()
    assert (found.month, found.in_database - found.in_files) == ("2026-02", 1)


def test_a_damaged_file_is_healed_by_the_next_change(frozen: Frozen):
    a_life(frozen)
    manifest = refresh_facts().manifest
    (store.root() / manifest.months["2026-03"].file).unlink()
    make.case()
    refresh_facts()
    assert check_facts() == []


def test_a_damaged_file_of_another_month_is_healed_too(frozen: Frozen):
    a_life(frozen)
    manifest = refresh_facts().manifest
    old = store.root() / manifest.months["2026-02"].file
    old.write_bytes(old.read_bytes()[:-50])
    make.case()
    assert "2026-02" in refresh_facts().manifest.months
    assert check_facts() == []


def test_files_of_another_database_or_another_shape_are_made_anew(frozen: Frozen):
    a_life(frozen)
    manifest = refresh_facts().manifest
    store.publish(store.Manifest("another", manifest.watermark, "", {}))
    assert refresh_facts().rebuilt
    ahead = store.Manifest(manifest.database, manifest.watermark + 10_000_000, "", {})
    store.publish(ahead)
    assert refresh_facts().rebuilt
    text = (store.root() / "manifest.json").read_text()
    (store.root() / "manifest.json").write_text(text.replace('"version": 4', '"version": 0'))
    assert refresh_facts().manifest.months == manifest.months


def test_every_line_of_the_timeline_knows_its_transaction():
    case = make.case()
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        (here,) = cursor.fetchone()
    assert set(TimelineEntry.objects.filter(case=case).values_list("tx", flat=True)) == {here}


def test_an_empty_country_has_facts_too():
    refresh_facts()
    year = ask(date(2026, 1, 1), date(2026, 2, 28))
    assert measure("requested", year).one == {"total": 0}
    assert measure("effectiveness", year).one["closed_pct"] is None
    assert measure("operational-effectiveness", year).rows == []


@pytest.mark.parametrize("name", ["by-province", "league", "equity", "overdue-by-month"])
def test_tables_of_nothing_are_empty_or_nought(name: str):
    year = ask(date(2026, 1, 1), date(2026, 1, 31))
    for row in measure(name, year).rows:
        assert set(row.values()) <= {0, "2026-01"}
