"""Writes the clocks of all lives, what happened to them, and the rungs they reached."""

from __future__ import annotations

import json
from collections.abc import Sequence

from centro.cases.models import ClockEvent, SlaClock
from centro.ops.demonstration.climbing import Reached
from centro.ops.demonstration.copying import Row, copy, number
from centro.ops.demonstration.life import Life

_CLOCKS = (
    "id case_id metric cycle stint agency_id policy_id calendar_id term_amount term_unit started_at"
    " target_seconds consumed_seconds resumed_at due_at state stopped_at on_time base_rung next_at"
    " next_rung"
)
_EVENTS = "clock_id kind at due_at consumed_seconds data"
_ESCALATIONS = (
    "id case_id cycle rung clock_id agency_id share moment fired_at nobody acknowledged_by_id"
    " acknowledged_at promise promised_for promise_kept"
)
_NOTICES = "user_id case_id escalation_id kind urgent instead_of_id data created_at sent_at seen_at"


class ClockRows:
    """The clocks in the order of their cases; `reached` is given before they are written."""

    def __init__(self, lives: Sequence[Life]) -> None:
        self.lives = lives
        self.clocks = [(life, clock) for life in lives for clock in life.clocks.all]
        self.reached: Sequence[Reached] = ()
        number("cases_slaclock", [clock for _life, clock in self.clocks])

    def write(self) -> None:
        """After the cases, before the timeline."""
        number("cases_escalation", self.reached)
        copy("cases_slaclock", _CLOCKS, (_clock(life, clock) for life, clock in self.clocks))
        events = (event for life in self.lives for event in life.clocks.events)
        copy("cases_clockevent", _EVENTS, (_event(event) for event in events))
        copy("cases_escalation", _ESCALATIONS, (_escalation(one) for one in self.reached))
        copy("cases_notice", _NOTICES, (row for one in self.reached for row in _notices(one)))


def _clock(life: Life, clock: SlaClock) -> Row:
    return (
        clock.pk,
        life.pk,
        str(clock.metric),
        clock.cycle,
        clock.stint,
        clock.agency_id,
        clock.policy_id,
        clock.calendar_id,
        clock.term_amount,
        clock.term_unit,
        clock.started_at,
        clock.target_seconds,
        clock.consumed_seconds,
        clock.resumed_at,
        clock.due_at,
        str(clock.state),
        clock.stopped_at,
        clock.on_time,
        clock.base_rung,
        clock.next_at,
        clock.next_rung,
    )


def _event(event: ClockEvent) -> Row:
    data = json.dumps(event.data)
    # The clock had no id yet when its event was made.
    clock = event.clock.pk
    return clock, str(event.kind), event.at, event.due_at, event.consumed_seconds, data


def _escalation(one: Reached) -> Row:
    rung = one.rung
    return (
        one.pk,
        one.life.pk,
        rung.clock.cycle,
        rung.rung,
        rung.clock.pk,
        rung.agency.pk if rung.agency else None,
        rung.share,
        rung.moment,
        rung.fired_at,
        one.nobody,
        one.answered_by,
        one.answered_at,
        one.promise,
        one.promised_for,
        one.kept,
    )


def _notices(one: Reached) -> list[Row]:
    data = json.dumps(one.data)
    return [
        (
            told.user_id,
            one.life.pk,
            one.pk,
            one.kind,
            one.urgent,
            told.instead_of,
            data,
            one.rung.fired_at,
            one.sent_at,
            one.seen_at,
        )
        for told in one.people
    ]
