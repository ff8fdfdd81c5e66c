"""The cases of a demonstration: the published figures, a clean doctor, the timeline of the actions."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth
from django.test.utils import CaptureQueriesContext

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.actions.step import index_of
from centro.cases.doctor import check_everything
from centro.cases.models import (
    Case,
    Escalation,
    Grant,
    Look,
    Notice,
    SlaClock,
    TimelineEntry,
    Transfer,
)
from centro.channels.models import DeliveryAttempt, OutboundMessage
from centro.contacts.models import CallBack, Contact
from centro.insights.facts import check_facts, refresh_facts
from centro.insights.questions import Filters, ask
from centro.insights.registry import measure
from centro.kernel.actor import Actor, citizen
from centro.kernel.clock import now
from centro.kernel.identifiers import parse_cedula, parse_phone
from centro.ops.demo import make_demo_people
from centro.ops.demonstration.load import Summary, make_demonstration
from centro.ops.demonstration.plan import read_plan
from centro.ops.pack import load_pack
from centro.people.models import ContactPoint, Person
from tests import make
from tests.ops.packs import MINI, PANAMA

pytestmark = pytest.mark.slow  # makes a demonstration for each

PLAN = PANAMA / "demo"
# The end of 31 May 2011 in Panama.
LAST_DAY = datetime(2011, 6, 1, 5, tzinfo=UTC)
PUBLISHED = {
    "2010-09": (754, 73),
    "2010-10": (6323, 66),
    "2010-11": (3847, 64),
    "2010-12": (3649, 66),
    "2011-01": (3807, 55),
    "2011-02": (4505, 51),
    "2011-03": (5235, 57),
    "2011-04": (5871, 59),
    "2011-05": (5372, 32),
}
A_YEAR_AGO = now() - timedelta(days=365)
OLD, FRESH = Q(opened_at__lt=A_YEAR_AGO), Q(opened_at__gte=A_YEAR_AGO)


def demonstrate(pack: Path = MINI, *, scale: float = 0.012, **fields: Any) -> Summary:
    load_pack(pack)
    make_demo_people()
    moment = now().replace(microsecond=0)
    return make_demonstration(PLAN, scale=scale, **{"now": moment, **fields})


@pytest.fixture
def small() -> Summary:
    return demonstrate()


# ---- The whole, once ----


@pytest.mark.slow
def test_the_published_months_come_out_exactly_and_everything_is_sound():
    with CaptureQueriesContext(connection) as statements:
        made = demonstrate(PANAMA, scale=1.0)
    assert made.cases == Case.objects.count()
    assert Case.objects.filter(OLD).count() == 39_363
    assert _months() == PUBLISHED
    assert _closed_then(_reopened_later()) == 0
    assert not Case.objects.filter(OLD).active().exists()
    effectiveness, on_time, on_time_of_solved = _shares_of("IDAAN")
    assert (round(effectiveness), round(on_time), round(on_time_of_solved)) == (16, 17, 17)
    fresh = Case.objects.filter(FRESH)
    assert fresh.count() > 3_500
    assert fresh.aggregate(n=Count("description", distinct=True))["n"] >= 0.97 * fresh.count()
    assert check_everything() == []
    assert len(statements) < 800  # loading the country is most of them
    _check_that_everybody_has_work()
    _check_the_figures()


def _check_the_figures() -> None:
    """The metrics say of those days what was published of them, and equal the database."""
    refresh_facts()
    asked = ask(date(2010, 9, 1), date(2011, 5, 31), as_of=date(2011, 5, 31))
    rows = measure("operational-effectiveness", asked).rows
    assert {r["month"]: (r["total"], round(r["closed_pct"])) for r in rows} == PUBLISHED
    water = Agency.objects.get(acronym="IDAAN").pk
    of_water = replace(asked, filters=Filters(agency=water))
    assert round(measure("effectiveness", of_water).one["closed_pct"]) == 16
    assert round(measure("within-sla", of_water).one["within_pct"]) == 17
    assert check_facts() == []


def _months() -> dict[str, tuple[int, int]]:
    """Cohort and rounded closed share by month of opening, as of the last day."""
    rows = (
        Case.objects.filter(OLD)
        .annotate(month=TruncMonth("opened_at"))
        .values("month")
        .annotate(total=Count("pk"), closed=Count("pk", filter=Q(closed_at__lt=LAST_DAY)))
    )
    return {
        f"{row['month']:%Y-%m}": (row["total"], round(100 * row["closed"] / row["total"]))
        for row in rows
    }


def _reopened_later() -> Q:
    later = TimelineEntry.objects.filter(kind="reopened", at__gte=LAST_DAY)
    return Q(pk__in=later.values("case_id"))


def _closed_then(of: Q) -> int:
    return Case.objects.filter(OLD).filter(of).filter(closed_at__lt=LAST_DAY).count()


def _shares_of(acronym: str) -> tuple[float, float, float]:
    """Closed ÷ cohort; on time ÷ closed; on time ÷ closed with a solution. In per cent."""
    cohort = Case.objects.filter(OLD, agency__acronym=acronym)
    closed = cohort.filter(closed_at__lt=LAST_DAY)
    on_time = closed.filter(resolved_at__lte=F("due_at")).count()
    solved = closed.filter(resolved_at__isnull=False).count()
    return (
        100 * closed.count() / cohort.count(),
        100 * on_time / closed.count(),
        100 * on_time / solved,
    )


def _check_that_everybody_has_work() -> None:
    for name in ("funcionaria", "funcionario", "chiriqui", "funcionario.mop"):
        mine = Case.objects.active().filter(official__username=name)
        assert mine.count() >= 8, name
    for acronym in ("IDAAN", "MOP"):
        assert Case.objects.filter(proposed_agency__acronym=acronym).exists()
    states = Counter(Case.objects.filter(FRESH).values_list("status", "reason"))
    wanted = {
        ("received", "triage"),
        ("received", "transfer_refused"),
        ("received", "transfer_expired"),
        ("assigned", "routed"),
        ("assigned", "transfer_accepted"),
        ("assigned", "unmerged"),
        ("in_progress", "working"),
        ("in_progress", "reopened"),
        ("in_progress", "citizen_answered"),
        ("in_progress", "wait_ended"),
        *(("waiting", w) for w in ("citizen", "visit", "materials", "third_party", "weather")),
        ("resolved", "solved"),
        *(("closed", r) for r in ("satisfied", "no_answer", "first_contact", "not_applicable")),
        *(("closed", r) for r in ("out_of_scope", "spam", "withdrawn", "unreachable")),
        ("duplicate", "duplicate"),
    }
    assert wanted <= set(states)
    cycles = Counter(Case.objects.filter(FRESH).values_list("cycle", flat=True))
    assert cycles[2] > 20
    assert cycles[3] > 3
    assert set(Transfer.objects.values_list("decision", flat=True)) >= {
        "pending",
        "accepted",
        "refused",
        "expired",
    }
    assert Case.objects.active().filter(confidentiality="sealed").count() >= 5
    assert Grant.objects.exists()
    assert Look.objects.exists()
    assert CallBack.objects.filter(state="waiting", due_at__lte=now()).count() > 10
    assert Contact.objects.filter(outcome="answered").count() > 1_000
    burst = Case.objects.filter(
        service__code="IDAAN-03", place__code="080806", opened_at__gte=now() - timedelta(hours=24)
    )
    assert burst.count() >= 30
    assert burst.filter(status="duplicate").count() >= 3


# ---- A little of it, often ----


def test_a_small_pack_gets_a_small_demonstration_without_a_fault(small: Summary):
    assert small.cases == Case.objects.count() > 500
    assert check_everything() == []
    assert Case.objects.filter(OLD).active().count() == 0
    assert Case.objects.filter(opened_at__gt=now()).count() == 0
    later = now() + timedelta(minutes=1)
    assert not TimelineEntry.objects.filter(at__gt=later).exists()
    assert not Case.objects.filter(waiting_until__lt=now()).exists()
    pending = Transfer.objects.filter(decision="pending")
    assert not pending.filter(answer_by__lt=now()).exists()


def test_every_line_of_the_timeline_can_be_read(small: Summary):
    kinds = set()
    for entry in TimelineEntry.objects.order_by("pk"):
        assert entry.sentence
        kinds.add(entry.kind)
    assert len(kinds) > 20


def test_numbers_go_on_where_the_demonstration_ends(small: Summary):
    numbers = list(Case.objects.order_by("pk").values_list("pk", "opened_at"))
    assert [moment for _pk, moment in numbers] == sorted(moment for _pk, moment in numbers)
    assert make.case().pk == numbers[-1][0] + 1
    assert make.case(reporter=make.reporter()).person.pk > small.people
    assert Contact.objects.count() == small.contacts


def test_search_finds_a_case_as_if_it_had_been_opened_by_hand(small: Summary):
    cases = Case.objects.select_related("service", "place__district", "place__province")
    reclassified = TimelineEntry.objects.filter(kind="reclassified").values("case_id")
    for case in cases.exclude(pk__in=reclassified).order_by("?")[:40]:
        stored = case.search
        place = str(case.place or "")
        case.search = index_of(case.description, case.reference, case.service.name, place)
        case.save(update_fields=["search"])
        assert Case.objects.values_list("search", flat=True).get(pk=case.pk) == stored


def test_nobody_of_the_demonstration_can_be_reached(small: Summary):
    for kind, value in ContactPoint.objects.values_list("kind", "value"):
        if kind == "phone":
            assert value.startswith(("+5076000", "+507200"))
            assert parse_phone(value).e164 == value
        else:
            assert value.endswith("@correo.example")
            assert value.isascii()
    for person in Person.objects.exclude(document_hmac=""):
        assert parse_cedula(person.document).split("-")[1] >= "9000"


def test_messages_left_as_they_leave_and_hide_the_code(small: Summary):
    messages = OutboundMessage.objects.all()
    assert messages.count() == small.messages > 20
    assert not messages.filter(status="queued").exists()
    assert DeliveryAttempt.objects.count() == small.messages
    for message in messages.filter(name="case_opened")[:5]:
        case = Case.objects.numbered(message.reference).get()
        assert case.code not in message.body
        assert case.code in message.body_as_sent
        sent = case.timeline.get(kind="opened").data["message"]
        assert sent == message.pk


def test_sealed_cases_say_nothing_in_contacts(small: Summary):
    sealed = Case.objects.filter(confidentiality="sealed", contact__isnull=False)
    for case in sealed:
        assert case.contact is not None
        if case.contact.summary:  # sealed only after it was opened
            assert case.timeline.filter(kind="confidentiality_set").exists()


def test_the_same_seed_and_moment_make_the_same():
    moment = now().replace(microsecond=0)
    first = _rolled_back(seed=7, moment=moment)
    assert _rolled_back(seed=7, moment=moment) == first
    assert _rolled_back(seed=8, moment=moment) != first


def _rolled_back(*, seed: int, moment: datetime) -> list[tuple[Any, ...]]:
    from django.db import transaction

    with transaction.atomic():
        demonstrate(scale=0.004, seed=seed, now=moment)
        cases = Case.objects.order_by("pk").values_list(
            "service__code", "status", "reason", "description", "solution", "opened_at",
            "closed_at", "place__code", "person__name", "official__first_name", "cycle",
        )  # fmt: skip
        lines = TimelineEntry.objects.order_by("case_id", "pk").values_list(
            "kind", "at", "actor_label", "cycle"
        )
        clocks = SlaClock.objects.order_by("case_id", "pk").values_list(
            "metric", "state", "due_at", "consumed_seconds", "next_at"
        )
        rungs = Escalation.objects.order_by("pk").values_list("rung", "fired_at", "nobody")
        notices = Notice.objects.order_by("pk").values_list("kind", "sent_at", "seen_at")
        found = [*cases, *lines, *clocks, *rungs, *notices]
        transaction.set_rollback(True)
    return found


def test_cases_that_exist_are_never_touched():
    load_pack(MINI)
    make.case()
    with pytest.raises(FileExistsError):
        make_demonstration(PLAN, now=now(), scale=0.001)
    assert Case.objects.count() == 1


# ---- The same timeline as the actions write ----


def test_the_timeline_holds_what_the_actions_write(small: Summary):
    told = _keys(TimelineEntry.objects.all())
    TimelineEntry.objects.all().delete()
    _do_everything()
    done = _keys(TimelineEntry.objects.all())
    assert {kind: told[kind] for kind in done if kind in told} == {
        kind: keys for kind, keys in done.items() if kind in told
    }
    assert told.keys() <= done.keys()


def _keys(entries: Any) -> dict[str, frozenset[str]]:
    """The keys of each kind's data; they are the same in every entry."""
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for kind, data in entries.values_list("kind", "data"):
        found[kind].add(frozenset(data))
    assert all(len(keys) == 1 for keys in found.values()), found
    return {kind: keys.pop() for kind, keys in found.items()}


def _do_everything() -> None:
    """Every kind of entry that the demonstration may hold, by the real actions."""
    agency, other = make.agency(), make.agency()
    unit = make.unit(agency)
    official = make.user(Role.OFFICIAL, unit=unit)
    make.user(Role.OFFICIAL, unit=unit)
    by, liaison = actor_of(official), actor_of(make.user(Role.LIAISON, of=agency))
    boss = actor_of(make.user(Role.SUPERVISOR))
    receiver = actor_of(make.user(Role.LIAISON, of=other))
    service = make.service(agency=agency)

    def fresh() -> Case:
        case: Case = make.case(service=service, reporter=make.reporter())
        return actions.assign_case(case=case, unit=unit, official=official, by=liaison)

    tomorrow = now() + timedelta(days=1)
    case = actions.start_case(case=fresh(), by=by)
    actions.add_note(case=case, text="Nota", by=by)
    actions.record_attempt(case=case, text="No contesta", by=by)
    actions.interim_reply(case=case, text="Vamos", by=by)
    actions.ask_citizen(case=case, text="¿Dónde?", until=tomorrow, by=by)
    actions.add_information(case=case, text="Aquí", by=citizen())
    actions.hold_case(case=case, reason="visit", until=tomorrow, by=by)
    actions.resume_case(case=case, by=by)
    actions.hold_case(case=case, reason="weather", until=tomorrow, by=by)
    Case.objects.filter(pk=case.pk).update(waiting_until=now() - timedelta(minutes=1))
    actions.end_waits()
    actions.resolve_case(case=case, text="Listo", by=by)
    actions.reopen_case(case=case, text="No", by=citizen())
    actions.resolve_case(case=case, text="Ahora sí", by=by)
    actions.confirm_case(case=case, by=citizen())
    actions.withdraw_case(case=fresh(), by=citizen())
    actions.close_case(case=fresh(), reason="not_applicable", text="No procede", by=boss)
    _do_transfers(fresh, other, liaison, receiver, boss)
    one, two = fresh(), fresh()
    actions.mark_duplicate(case=two, of=one, by=boss)
    actions.unmerge_case(case=two, by=boss)
    _do_sealed(fresh())
    make.user(Role.EXECUTIVE, of=agency)
    late: Case = make.case(service=service, spoken_at=now() - timedelta(days=90))
    actions.escalate_due()
    told = Escalation.objects.get(case=late, rung=2)
    actions.acknowledge_escalation(
        escalation=told, text="Vamos mañana", promised_for=tomorrow, by=liaison
    )
    Escalation.objects.filter(pk=told.pk).update(promised_for=now() - timedelta(minutes=1))
    actions.follow_promises()
    unknown = make.case(service=make.service(agency=None))
    actions.reclassify_case(case=unknown, service=service, text="Es esto", by=boss)


def _do_transfers(fresh: Any, other: Any, liaison: Actor, receiver: Actor, boss: Actor) -> None:
    case = fresh()
    actions.propose_transfer(case=case, to=other, text="No es nuestro", by=liaison)
    actions.accept_transfer(case=case, by=receiver)
    case = fresh()
    actions.propose_transfer(case=case, to=other, text="No es nuestro", by=liaison)
    actions.refuse_transfer(case=case, text="Tampoco", by=receiver)
    actions.route_case(case=case, agency=other, text="Es suyo", by=boss)
    case = fresh()
    transfer = actions.propose_transfer(case=case, to=other, text="No es nuestro", by=liaison)
    Transfer.objects.filter(pk=transfer.pk).update(answer_by=now() - timedelta(minutes=1))
    actions.expire_transfers()
    case = fresh()
    actions.propose_transfer(case=case, to=other, text="No es nuestro", by=liaison)
    actions.resolve_case(case=case, text="Lo hicimos", by=liaison)


def _do_sealed(case: Case) -> None:
    officer: User = make.user(Role.DENUNCIATIONS)
    by = actor_of(officer)
    actions.set_confidentiality(case=case, level="sealed", text="Señala al jefe", by=by)
    actions.grant_access(case=case, user=make.user(Role.QUALITY), by=by)


# ---- The plan ----


def test_the_plan_has_words_for_every_service_type_of_its_pack():
    plan = read_plan(PLAN)
    with (PANAMA / "services.csv").open(encoding="utf-8", newline="") as file:
        assert set(plan.matters) == {row["code"] for row in csv.DictReader(file)}
    assert sum(month.total for month in plan.months) == 39_363
    figures = json.loads((PLAN / "figures.json").read_text(encoding="utf-8"))
    for month in figures["months"]:
        assert round(100 * month["closed"] / month["total"]) == month["closed_share"]
