"""`centro explain CASE`: the dates of a case and their reasons, as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click
from django.utils.timezone import localtime

from centro.cases.clockwork import TOP, first_rung, share_of, step_to
from centro.cases.explaining import Explanation, explanation_of
from centro.cases.models import Case, Escalation, SlaClock
from centro.catalog.calendars import calendar_at
from centro.kernel.calendar import seconds_between
from centro.kernel.clock import now


def explain_case(number: str) -> str:
    """Everything that makes the dates of a case. Raises ClickException for no such case."""
    case = Case.objects.numbered(number).select_related(*Case.COMPANIONS).first()
    if case is None:
        raise click.ClickException(f"There is no case {number}.")
    told = explanation_of(case)
    clocks = case.clocks.select_related("agency", "calendar").order_by("id")
    answer = {
        "case": case.number,
        "status": case.status,
        "cycle": case.cycle,
        "spoken_at": _iso(case.spoken_at),
        "opened_at": _iso(case.opened_at),
        "due_at": _iso(case.due_at),
        "clocks": [_clock(clock, case) for clock in clocks],
        "rungs": _rungs(case, told) if told else [],
        "pauses": [
            {
                "since": _iso(p.since),
                "until": _iso(p.until),
                "reason": p.reason,
                "seconds": p.seconds,
                "over": p.over,
            }
            for p in (told.pauses if told else ())
        ],
        "skipped_days": [
            {"day": day.day.isoformat(), "name": day.name} for day in (told.skipped if told else ())
        ],
        "reasons": told.sentences() if told else [],
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _clock(clock: SlaClock, case: Case) -> dict[str, Any]:
    return {
        "metric": clock.metric,
        "cycle": clock.cycle,
        "agency": clock.agency.acronym if clock.agency else None,
        "state": clock.state,
        "term": {"amount": clock.term_amount, "unit": clock.term_unit},
        "started_at": _iso(clock.started_at),
        "due_at": _iso(clock.due_at),
        "target_seconds": clock.target_seconds,
        "consumed_seconds": _consumed(clock, case),
        "stopped_at": _iso(clock.stopped_at),
        "on_time": clock.on_time,
    }


def _consumed(clock: SlaClock, case: Case) -> int:
    """What has been used up of the target by now."""
    if clock.resumed_at is None:
        return clock.consumed_seconds
    calendar = calendar_at(clock.calendar, case.place)
    return clock.consumed_seconds + seconds_between(calendar, clock.resumed_at, now())


def _rungs(case: Case, told: Explanation) -> list[dict[str, Any]]:
    """Every rung of the present cycle: those that fired with their moments, the others to come."""
    clock = told.clock
    fired = {e.rung: e for e in Escalation.objects.filter(case=case, cycle=case.cycle)}
    rungs = []
    for rung in range(first_rung(clock.base_rung), TOP + 1):
        record = fired.get(rung)
        rungs.append(
            {
                "rung": rung,
                "share": share_of(rung, clock.base_rung, clock.policy.shares),
                "moment": _iso(record.moment if record else _moment(told, rung)),
                "fired_at": _iso(record.fired_at if record else None),
                "nobody": record.nobody if record else None,
            }
        )
    return rungs


def _moment(told: Explanation, rung: int) -> datetime | None:
    """When a rung will be reached: if the clock runs on, or once its pause ends as planned."""
    clock = told.clock
    since = clock.resumed_at
    if clock.state == SlaClock.State.PAUSED:
        since = told.case.waiting_until
    if since is None:
        return None
    step = step_to(
        rung,
        calendar=told.calendar,
        resumed=since,
        target=clock.target_seconds,
        consumed=clock.consumed_seconds,
        base=clock.base_rung,
        shares=clock.policy.shares,
    )
    return step.moment if step else None


def _iso(moment: datetime | None) -> str | None:
    return localtime(moment).isoformat(timespec="seconds") if moment else None
