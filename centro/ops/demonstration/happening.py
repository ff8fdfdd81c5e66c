"""What goes on in the demonstration just now, done by its people through the real actions.

An event with its announcement, instructions of the Presidency, pieces of the press, and numbers
printed for a counter. What was done a while ago is then told as of a while ago.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from centro.accounts.models import User
from centro.agencies.models import Agency
from centro.agencies.scopes import actor_of
from centro.cases import actions
from centro.cases.models import (
    Case,
    CaseQuerySet,
    Incident,
    Instruction,
    Notice,
    NumberBlock,
    PressMention,
    TimelineEntry,
)
from centro.catalog.models import ServiceType
from centro.kernel.actor import Actor
from centro.places.models import Place

Row = Mapping[str, Any]
_FILE = "happening.toml"


@transaction.atomic
def stage_happenings(folder: Path, now: datetime) -> int:
    """Do what a pack tells of; how many things. Nothing where there is some of it already."""
    file = folder / _FILE
    known = Incident.objects.exists() or PressMention.objects.exists()
    if known or not file.is_file() or not Case.objects.exists():
        return 0
    with file.open("rb") as stream:
        told = tomllib.load(stream)
    done = [_event(told["event"], now)] if "event" in told else []
    done += [_instruct(row, now) for row in told.get("instruction", ())]
    done += [_tell_press(row, now) for row in told.get("press", ())]
    done += [_print_numbers(told["numbers"])] if "numbers" in told else []
    return sum(done)


def _somebody(username: str) -> tuple[User, Actor] | None:
    user = User.objects.filter(username=username, is_active=True).first()
    return (user, actor_of(user)) if user else None


def _date_back(cases: CaseQuerySet, kinds: tuple[str, ...], at: datetime) -> None:
    """Lines written just now, as of then."""
    lines = TimelineEntry.objects.filter(case__in=cases.values("pk"), kind__in=kinds, at__gt=at)
    lines.update(at=at)


# ---- An event that many report ----


def _event(row: Row, now: datetime) -> bool:
    who = _somebody(row["by"])
    service = ServiceType.objects.filter(code=row["service"]).first()
    place = Place.objects.filter(code=row["place"]).first()
    if who is None or service is None or place is None:
        return False
    at = now - timedelta(minutes=row["ago"])
    heard = Case.objects.unsolved().filter(service=service, place=place, opened_at__lt=at)
    incident = actions.open_incident(
        service=service, place=place, title=row["title"], cases=list(heard), by=who[1]
    )
    actions.announce_incident(
        incident=incident,
        text=row["announcement"],
        text_en=row["announcement_en"],
        expected_at=(now + timedelta(hours=row["hours_left"])).replace(minute=0, second=0),
        by=who[1],
    )
    Incident.objects.filter(pk=incident.pk).update(opened_at=at, also_affected=row["also_affected"])
    _date_back(Case.objects.filter(incident=incident), ("incident_joined",), at)
    return True


# ---- What the Presidency tells an entity ----


def _instruct(row: Row, now: datetime) -> bool:
    who = _somebody(row["by"])
    agency = Agency.objects.filter(acronym=row["agency"]).first()
    if who is None or agency is None:
        return False
    at = now - timedelta(minutes=row["ago"])
    cases = _late_together(agency, at)[: row["most"]]
    if not cases:
        return False
    given = actions.instruct_agency(
        agency=agency, cases=cases, text=row["text"], days=row["term"], by=who[1]
    )
    Instruction.objects.filter(pk=given.pk).update(given_at=at)
    Notice.objects.filter(kind=Notice.Kind.INSTRUCTION, data__instruction=given.pk).update(
        created_at=at
    )
    covered = Case.objects.filter(instructions=given)
    _date_back(covered, ("instructed",), at)
    if "answer" in row:
        _answer(given, row["answer"], now)
    return True


def _late_together(agency: Agency, at: datetime) -> list[Case]:
    """The late cases of the service type and district that have most of them."""
    late = Case.objects.unsolved().filter(
        agency=agency, incident=None, due_at__lt=at, place__isnull=False, confidentiality="open"
    )
    found = list(late.select_related("place").order_by("due_at", "pk"))
    most = Counter(_bundle(case) for case in found).most_common(1)
    return [case for case in found if most and _bundle(case) == most[0][0]]


def _bundle(case: Case) -> tuple[int, int | None]:
    return case.service_id, case.place.district_id if case.place else None


def _answer(instruction: Instruction, row: Row, now: datetime) -> None:
    who = _somebody(row["by"])
    if who is None:
        return
    at = now - timedelta(minutes=row["ago"])
    answered = actions.answer_instruction(instruction=instruction, text=row["text"], by=who[1])
    Instruction.objects.filter(pk=answered.pk).update(answered_at=at)
    _date_back(Case.objects.filter(instructions=answered), ("instruction_answered",), at)


# ---- What the press told ----


def _tell_press(row: Row, now: datetime) -> bool:
    who = _somebody(row.get("by", "supervisora"))
    at = now - timedelta(days=row["days"])
    cases = Case.objects.filter(
        service__code=row["service"], opened_at__lt=at, confidentiality="open",
        duplicate_of=None, agency__isnull=False, press_mentions=None,
    )  # fmt: skip
    cases = cases.filter(resolved_at__gt=at) if row.get("solved") else cases.unsolved()
    case = cases.select_related(*Case.COMPANIONS).order_by("-opened_at").first()
    if who is None or case is None:
        return False
    told = {name: row[name] for name in ("medium", "outlet", "headline")}
    mention = actions.note_press(
        case=case, published_on=localdate(at), link=row.get("link", ""), user=who[0], by=who[1],
        **told,
    )  # fmt: skip
    PressMention.objects.filter(pk=mention.pk).update(noted_at=at)
    _date_back(Case.objects.filter(pk=case.pk), ("press_noted",), at)
    return True


# ---- Numbers of a counter ----


def _print_numbers(row: Row) -> bool:
    who = _somebody(row["by"])
    if who is None or NumberBlock.objects.exists():
        return False
    block = actions.reserve_numbers(
        counter=row["counter"], count=row["count"], agency=None, user=who[0], by=who[1]
    )
    for paper in block.numbers.order_by("-serial")[: row["spoilt"]]:
        actions.void_number(number=paper.number, by=who[1])
    return True
