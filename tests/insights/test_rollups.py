"""The rollups count what the facts say, and who asks of them gets what the facts would answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from centro.cases import actions
from centro.insights import engine
from centro.insights.facts import check_facts, current_manifest, refresh_facts, store
from centro.insights.facts.rollup import GROUPINGS, roll_up
from centro.insights.facts.schema import LONG_FROM_NOW, ORDER, SCHEMA
from centro.insights.metrics.signs import _recurrent
from centro.insights.population import Population
from centro.insights.questions import Filters, Part, Question, Sight, ask
from centro.insights.registry import METRICS, measure
from centro.kernel.actor import SYSTEM
from tests import make
from tests.moments import Frozen

OF_FACTS = sorted(
    name
    for name in METRICS
    # Neither what is asked of the database, nor what names places that it does not have.
    if not name.startswith(("contacts", "first-contact", "registration", "early", "recurrent"))
)
FIRST, TODAY = date(2025, 9, 1), date(2026, 3, 19)


class OfRows(Population):
    """Asks the same of the rows themselves."""

    _of_whole_months = False


@pytest.fixture
def asking(settings: Any, tmp_path: Path, frozen: Frozen) -> Iterator[None]:
    """Facts of all kinds of turns, as no set of cases made one by one would have them."""
    frozen.to("2026-03-19 11:00")
    settings.FACTS_ROOT = tmp_path
    luck = Random(7)
    rows = [row for number in range(3000) for row in turns_of(number, luck)]
    months: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        months.setdefault(f"{row['opened_on']:%Y-%m}", []).append(row)
    kept = {
        name: store.write_month(date.fromisoformat(f"{name}-01"), table_of(some))
        for name, some in months.items()
    }
    store.publish(store.Manifest("made", 0, "", kept))
    engine.forget_views()
    yield
    engine.forget_views()


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA).sort_by(ORDER)


def turns_of(number: int, luck: Random) -> list[dict[str, Any]]:
    """A case's turns: most have one, some were reopened, some wait for ever, some are sealed."""
    opened = FIRST + timedelta(days=luck.randrange((TODAY - FIRST).days + 1))
    first = turn(number, 1, opened, opened, luck)
    end = first["closed_on"] or first["solved_on"]
    if end is None or end >= TODAY or luck.random() < 0.7:
        return [first]
    again = end + timedelta(days=luck.randrange((TODAY - end).days + 1))
    first |= {"ended_on": again, "over_on": max(first["due_on"], again)}
    first["told_on"] = max(first["due_on"], again)
    second = turn(number, 2, again, opened, luck)
    same = ("agency_id", "unit_id", "province_id", "service_id", "kind", "channel", "rung")
    return [first, second | {name: first.get(name) for name in same}]


def turn(number: int, cycle: int, started: date, opened: date, luck: Random) -> dict[str, Any]:
    due = started + timedelta(days=luck.choice([1, 5, 15, 40]))
    solved = day_after(started, luck) if luck.random() < 0.8 else None
    closed = day_after(solved or started, luck) if luck.random() < 0.7 else None
    told = max(day for day in (opened, started, due, solved, closed) if day)
    late = luck.random() < 0.3
    sealed = luck.random() < 0.05
    row = {
        "cycle": cycle, "opened_on": opened, "started_on": started, "due_on": due,
        "due_s": int((due - date(1970, 1, 1)).total_seconds()) + luck.randrange(18_000, 104_000),
        "solved_on": solved, "closed_on": closed, "told_on": told,
        "over_on": told if closed else LONG_FROM_NOW,
        "on_time": (solved <= due and not late) if solved else None,
        "before_due": closed <= due if closed else None,
        "status": "closed" if closed else "in_progress",
        "reason": luck.choice(["satisfied", "no_answer"]) if closed else "working",
        "merged": luck.random() < 0.1,
        "confidentiality": "sealed" if sealed else "open",
    }  # fmt: skip
    if sealed:
        return row
    place = luck.randrange(1, 9)
    return row | {
        "case_id": number, "opened_hour": luck.randrange(24), "agency_id": luck.randrange(1, 6),
        "unit_id": luck.choice([None, 1, 2]), "service_id": luck.randrange(1, 12),
        "province_id": place % 3 + 1, "district_id": 10 + place % 4,
        "corregimiento_id": luck.choice([None, 100 + place]),
        "kind": luck.choice(["complaint", "request"]), "channel": luck.choice(["web", "phone"]),
        "to_solve_s": luck.randrange(10**6) if solved else None,
        "last_hours": luck.random() < 0.2 if solved else None,
        "satisfied": luck.choice([None, True, False]) if solved else None,
        "reclassified": luck.choice([0, 0, 1, 3]), "transferred": luck.choice([0, 2]),
        "rung": luck.randrange(6),
    }  # fmt: skip


def day_after(day: date, luck: Random) -> date | None:
    found = day + timedelta(days=luck.randrange(50))
    return found if found <= TODAY else None


def answers(question: Question, kind: type[Population]) -> dict[str, list[dict[str, Any]]]:
    manifest = current_manifest()
    return {name: METRICS[name].rows(kind(question, manifest)) for name in OF_FACTS}


PERIODS = [
    (date(2025, 10, 1), date(2026, 3, 31), None),  # the page without an address
    (date(2025, 9, 1), date(2025, 12, 31), None),  # what is past, as it stands today
    (date(2025, 10, 1), date(2025, 12, 31), date(2025, 12, 31)),  # as of the end of a month
    (date(2025, 10, 1), date(2026, 3, 31), date(2026, 1, 17)),  # as of its middle
    (date(2026, 3, 1), date(2026, 3, 31), None),
]
COUNTRY = Sight(country=True)
PARTS = Sight(parts=frozenset({Part(1), Part(3, unit=2), Part(4, province=2)}))
NARROWED = [
    *((period, Filters(), COUNTRY) for period in PERIODS),
    (PERIODS[0], Filters(agency=2, province=1), COUNTRY),
    (PERIODS[3], Filters(service=3), COUNTRY),
    (PERIODS[0], Filters(district=12), COUNTRY),
    (PERIODS[1], Filters(channel="web", kind="request"), COUNTRY),
    (PERIODS[3], Filters(), PARTS),
    (PERIODS[0], Filters(province=1), PARTS),
]


@pytest.mark.slow
@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(("period", "filters", "sight"), NARROWED)
def test_every_number_is_that_of_the_rows(period: Any, filters: Filters, sight: Sight):
    first, last, as_of = period
    question = ask(first, last, as_of=as_of, filters=filters, sight=sight)
    counted = answers(question, Population)
    for name, rows in answers(question, OfRows).items():
        assert len(counted[name]) == len(rows), name
        for mine, theirs in zip(counted[name], rows, strict=True):
            assert mine == pytest.approx(theirs, abs=1e-9, nan_ok=True), name


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize("most", [1, 60])
def test_what_recurs_most_is_among_what_is_most(most: int):
    """Looking among the likely ones gives the beginning of what looking among all gives."""
    cases = Population(ask(date(2025, 10, 1), date(2026, 3, 31)), current_manifest())
    everything = cases.rows_of("all", lambda asked: _recurrent(asked, None))
    likely = cases.rows_of(f"likely {most}", lambda asked: _recurrent(asked, most))
    assert likely == everything[: len(likely)]
    assert len(everything) == 50
    assert likely


@pytest.mark.usefixtures("asking")
def test_each_grouping_counts_every_turn_it_is_of():
    manifest = current_manifest()
    assert manifest is not None
    for month in manifest.months.values():
        facts, rolled = store.read_file(month), store.read_rolled(month)
        last = facts["ended_on"].null_count
        for grouping in GROUPINGS:
            counts = [r["n"] for r in rolled.to_pylist() if r["grouping"] == grouping.number]
            assert sum(counts) == (facts.num_rows if grouping.turns else last)
        assert month.rolled_checksum == store.checksum_of(roll_up(facts))


@pytest.mark.usefixtures("asking")
def test_no_row_is_read_of_what_stands_in_the_rollups():
    """Half a year of a country's cases, and only those of which something was told this month."""
    question = ask(date(2025, 10, 1), date(2026, 3, 31))
    manifest = current_manifest()
    assert manifest is not None
    ready = manifest.going(date(2026, 2, 28))
    assert ready is not None
    going = engine.facts_from([ready], "going").count().execute()
    assert engine.going_after(date(2026, 2, 28), manifest.files()).count().execute() == going
    told = sum(
        row["told_on"] > date(2026, 2, 28)
        for month in manifest.months.values()
        for row in store.read_file(month).to_pylist()
    )
    assert 0 < going == told < manifest.rows
    assert measure("requested", question).one["total"] > told


@pytest.mark.django_db(transaction=True)
def test_a_rollup_that_counts_otherwise_is_found():
    case = make.case()
    actions.start_case(case=case, by=SYSTEM)
    manifest = refresh_facts().manifest
    ((name, month),) = manifest.months.items()
    made = store.write_month(date.fromisoformat(f"{name}-01"), store.read_file(month).slice(1))
    (store.root() / month.rolled).write_bytes((store.root() / made.rolled).read_bytes())
    (found,) = check_facts()
    assert found.month == name
    (store.root() / month.rolled).write_bytes(b"broken")
    (found,) = check_facts()
    assert (found.month, found.in_files) == (name, 0)


@pytest.mark.django_db(transaction=True)
def test_a_rollup_that_is_gone_is_healed_by_the_next_change():
    case = make.case()
    manifest = refresh_facts().manifest
    (month,) = manifest.months.values()
    (store.root() / month.rolled).unlink()
    actions.add_note(case=case, text="Se llamó.", by=SYSTEM)
    refresh_facts()
    assert check_facts() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("which", [0, 1])
def test_what_lies_together_is_compared_and_healed(which: int):
    case = make.case()
    manifest = refresh_facts().manifest
    path = manifest.joined_files()[which]
    path.write_bytes(b"broken")
    (found,) = check_facts()
    assert (found.month, found.in_files) == (path.name, 0)
    path.unlink()
    refresh_facts()
    assert check_facts() == []
    actions.start_case(case=case, by=SYSTEM)
    assert refresh_facts().manifest.joined != manifest.joined
    assert check_facts() == []


@pytest.mark.usefixtures("asking")
def test_months_old_and_new_lie_together_with_all_their_rows():
    manifest = current_manifest()
    assert manifest is not None
    (rolled,) = manifest.rolled()
    assert pq.read_metadata(rolled).num_rows == sum(m.rolled_rows for m in manifest.months.values())


@pytest.mark.django_db(transaction=True)
def test_a_change_writes_anew_only_the_files_of_its_month(frozen: Frozen):
    frozen.to("2026-02-10 09:00")
    make.case()
    frozen.to("2026-03-10 09:00")
    new = make.case()
    before = refresh_facts().manifest
    actions.start_case(case=new, by=SYSTEM)
    after = refresh_facts().manifest
    assert after.months["2026-02"] == before.months["2026-02"]
    assert after.months["2026-03"].file != before.months["2026-03"].file
    assert after.months["2026-03"].rolled != before.months["2026-03"].rolled
