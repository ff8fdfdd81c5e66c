"""Facts of as many cases as one likes, written straight into files: what a country would have.

Five years of cases, more in some places, services and months than in others; most solved, some
late, some reopened. The same seed makes the same files.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from centro.agencies.models import Unit
from centro.catalog.models import ServiceType
from centro.insights.facts import store
from centro.insights.facts.refreshing import STAMP
from centro.insights.facts.schema import LAST_HOURS, LONG_FROM_NOW, ORDER, SCHEMA
from centro.insights.questions import add_months
from centro.kernel.clock import now, today
from centro.places.models import Place
from centro.places.stamps import stamp_of

MONTHS = 60
_EPOCH = date(1970, 1, 1)
_DAY = 86_400
_NEVER = (LONG_FROM_NOW - _EPOCH).days


def write_facts(cases: int, first_id: int = 1) -> store.Manifest:
    """Files with that many cases in the months up to this one; they become the true ones."""
    kinds = _Kinds()
    months: dict[str, store.Month] = {}
    for number, month in enumerate(_months()):
        count = cases * (number + 1) // MONTHS - cases * number // MONTHS
        if not count:
            continue
        table = _month(kinds, month, count, first_id, np.random.default_rng(number))
        months[f"{month:%Y-%m}"] = store.write_month(month, table)
        first_id += count
    return store.publish(store.Manifest(stamp_of(STAMP), 0, now().isoformat(), months))


def _months() -> Iterator[date]:
    first = add_months(today(), 1 - MONTHS)
    for number in range(MONTHS):
        yield add_months(first, number)


class _Kinds:
    """What a case may be about and where, with how often."""

    def __init__(self) -> None:
        services = list(ServiceType.objects.filter(agency__isnull=False).order_by("pk"))
        self.service = np.array([one.pk for one in services], np.int32)
        self.agency = np.array([one.agency_id for one in services], np.int32)
        self.kind = np.array([one.kind for one in services])
        self.days = np.array([one.working_days for one in services], np.int32)
        self.share = _falling(len(services))
        units = dict(Unit.objects.order_by("-pk").values_list("agency_id", "pk"))
        self.unit = np.array([units.get(pk, 0) for pk in self.agency], np.int32)
        places = list(Place.objects.filter(level="corregimiento").order_by("-population", "pk"))
        self.corregimiento = np.array([one.pk for one in places], np.int32)
        self.district = np.array([one.district_id for one in places], np.int32)
        self.province = np.array([one.province_id for one in places], np.int32)
        people = np.array([one.population + 1 for one in places], float)
        self.people = people / people.sum()


def _falling(n: int) -> np.ndarray:
    weights = 1 / np.arange(1, n + 1)
    return np.asarray(weights / weights.sum())


def _month(
    kinds: _Kinds, month: date, n: int, first_id: int, luck: np.random.Generator
) -> pa.Table:
    days = (add_months(month, 1) - month).days
    end = (min(today(), add_months(month, 1) - timedelta(days=1)) - _EPOCH).days
    opened = np.minimum((month - _EPOCH).days + luck.integers(0, days, n), end)
    what = luck.choice(len(kinds.service), n, p=kinds.share)
    where = luck.choice(len(kinds.corregimiento), n, p=kinds.people)
    term = np.ceil(kinds.days[what] * 1.45).astype(np.int64)
    due = opened + term
    took = np.maximum(0.05, luck.lognormal(0, 0.8, n) * term * 0.75)
    present = (today() - _EPOCH).days
    solved = np.floor(opened + took).astype(np.int64)
    is_solved = (solved <= present) & (luck.random(n) < 0.97)
    closed = solved + luck.integers(0, 6, n)
    is_closed = is_solved & (closed <= present)
    said = is_closed & (luck.random(n) < 0.6)
    on_time = is_solved & (took <= term)
    reason = np.where(is_closed, np.where(said, "satisfied", "no_answer"), "working")
    status = np.where(is_closed, "closed", np.where(is_solved, "resolved", "in_progress"))
    columns = {
        "case_id": pa.array(np.arange(first_id, first_id + n)),
        "cycle": pa.array(np.ones(n, np.int16)),
        "opened_on": _dates(opened),
        "opened_hour": pa.array(luck.integers(0, 24, n).astype(np.int8)),
        "started_on": _dates(opened),
        "ended_on": pa.nulls(n, pa.date32()),
        "due_on": _dates(due),
        "due_s": pa.array((due * _DAY + 75_600).astype(np.int64)),
        "solved_on": _dates(solved, is_solved),
        "closed_on": _dates(closed, is_closed),
        "over_on": _dates(np.where(is_closed, np.maximum(closed, due), _NEVER)),
        "told_on": _dates(
            np.maximum(
                due, np.maximum(np.where(is_solved, solved, 0), np.where(is_closed, closed, 0))
            )
        ),
        "on_time": _where(on_time, is_solved),
        "to_solve_s": _where((took * _DAY).astype(np.int64), is_solved),
        "last_hours": _where(on_time & ((term - took) * 24 < LAST_HOURS), is_solved),
        "before_due": _where(closed <= due, is_closed),
        "status": pa.array(status),
        "reason": pa.array(reason),
        "kind": pa.array(kinds.kind[what]),
        "channel": pa.array(
            luck.choice(["phone", "web", "sms", "email"], n, p=[0.5, 0.3, 0.1, 0.1])
        ),
        "priority": pa.array(luck.choice(["low", "medium", "high"], n)),
        "confidentiality": pa.array(np.full(n, "open")),
        "satisfied": _where(luck.random(n) < 0.85, said),
        "merged": pa.array(np.zeros(n, bool)),
        "agency_id": pa.array(kinds.agency[what]),
        "unit_id": pa.array(kinds.unit[what]),
        "service_id": pa.array(kinds.service[what]),
        "province_id": pa.array(kinds.province[where]),
        "district_id": pa.array(kinds.district[where]),
        "corregimiento_id": pa.array(kinds.corregimiento[where]),
        "reclassified": pa.array((luck.random(n) < 0.03).astype(np.int16)),
        "transferred": pa.array((luck.random(n) < 0.04).astype(np.int16)),
        "rung": pa.array(luck.integers(0, 6, n).astype(np.int8)),
    }
    table = pa.table([columns[name] for name in SCHEMA.names], names=SCHEMA.names).cast(SCHEMA)
    return table.sort_by(ORDER)


def _dates(days: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    mask = None if known is None else ~known
    return pa.array(days.astype(np.int32), pa.int32(), mask=mask).cast(pa.date32())


def _where(values: np.ndarray, known: np.ndarray) -> pa.Array:
    return pa.array(values, mask=~known)
