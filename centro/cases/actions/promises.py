"""What people of the ladder answer: "I have seen it, and will…", and whether they did."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import gettext as _

from centro.cases import rules
from centro.cases.actions import step
from centro.cases.actions.notices import notices_for, roster_of
from centro.cases.clockwork import TOP
from centro.cases.ladders import ladder_of
from centro.cases.models import Case, Escalation, Notice, TimelineEntry
from centro.cases.rules import Status
from centro.cases.rungs import Roster, Told
from centro.kernel.actor import SYSTEM, Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotAllowed

LONGEST_PROMISE = timedelta(days=90)
_BATCH = 200


@transaction.atomic
def acknowledge_escalation(
    *, escalation: Escalation, text: str, promised_for: datetime | None = None, by: Actor
) -> Escalation:
    """Somebody who holds the rung has seen it and says what they will do, maybe by when.

    The date is followed: without a solution by then, they and the rung above are told. Raises
    NotAllowed for anybody else, NotNow when it was answered before or the case is past it, Invalid
    for an empty text or a date that is past or too far.
    """
    case = step.lock(escalation.case)
    escalation = Escalation.objects.select_related("acknowledged_by").get(pk=escalation.pk)
    _require_open(escalation, case)
    if not may_acknowledge(escalation, case, by.id):
        raise NotAllowed(_("Sólo responde quien tiene ese escalón en este caso."))
    text = rules.require_text(text, _("lo que va a hacer"))
    if promised_for is not None and not now() < promised_for <= now() + LONGEST_PROMISE:
        raise Invalid(
            _("El compromiso debe tener una fecha futura y antes de %(days)s días.")
            % {"days": LONGEST_PROMISE.days}
        )
    escalation.acknowledged_by_id = by.id
    escalation.acknowledged_at = now()
    escalation.promise, escalation.promised_for = text, promised_for
    escalation.save(update_fields=["acknowledged_by", "acknowledged_at", "promise", "promised_for"])
    Notice.objects.filter(escalation=escalation, user=by.id, seen_at=None).update(seen_at=now())
    case.record(
        "escalation_answered",
        by=by,
        rung=escalation.rung,
        ladder=ladder_of(sealed=case.is_sealed, agency=case.agency_id),
        text=text,
        promised=promised_for.isoformat() if promised_for else "",
    )
    return escalation


def _require_open(escalation: Escalation, case: Case) -> None:
    rules.require_one_of(Status(case.status), rules.UNSOLVED, _("responder al escalamiento"))
    if escalation.cycle != case.cycle:
        raise rules.NotNow(_("Ese escalón es de una vuelta anterior del caso."))
    if escalation.acknowledged_by is not None:
        raise rules.NotNow(
            _("Ya respondió %(who)s.") % {"who": escalation.acknowledged_by.actor.label}
        )


def may_acknowledge(escalation: Escalation, case: Case, user: int | None) -> bool:
    """Whether this user answers for that rung of the case: by post, for somebody absent, or because
    they were told of it. The President's people do not answer for a case that is sealed to them.
    """
    if user is None or (case.is_sealed and escalation.rung == TOP):
        return False
    roster = roster_of(case)
    people, _at = roster.climb(case, escalation.rung)
    answering = {told.user_id for told in people} | set(roster.holders(case, escalation.rung))
    told = Notice.objects.filter(escalation=escalation, user=user)
    return user in answering or (not case.is_sealed and told.exists())


def settle_promises(case: Case, *, at: datetime) -> None:
    """The case is solved: whoever promised it by now or later has kept their word. One statement."""
    open_ones = Escalation.objects.filter(
        case=case, promised_for__isnull=False, promise_kept__isnull=True
    )
    kept = ExpressionWrapper(Q(promised_for__gte=at), output_field=BooleanField())
    open_ones.update(promise_kept=kept)


@transaction.atomic
def follow_promises() -> int:
    """Tell whoever promised something for a date that has passed, and the rung above them.

    A case that ended without a solution leaves nothing to keep: its promise has no date any more.
    Returns how many promises were broken.
    """
    passed = Escalation.objects.filter(promised_for__lte=now(), promise_kept=None)
    locked = passed.select_for_update(of=("self", "case"), skip_locked=True, no_key=True)
    companions = ("clock", "case__service", "acknowledged_by")
    found = list(locked.select_related(*companions).order_by("promised_for")[:_BATCH])
    broken = [one for one in found if one.case.status in rules.UNSOLVED]
    ended = [one.pk for one in found if one.case.status not in rules.UNSOLVED]
    Escalation.objects.filter(pk__in=ended).update(promised_for=None)
    Escalation.objects.filter(pk__in=[one.pk for one in broken]).update(promise_kept=False)
    roster = Roster([(one.case, one.clock.policy_id) for one in broken])
    Notice.objects.bulk_create(notice for one in broken for notice in _broken(one, roster))
    TimelineEntry.objects.bulk_create(_entry(one) for one in broken)
    return len(broken)


def _broken(one: Escalation, roster: Roster) -> list[Notice]:
    """Whoever promised and the people of the rung above hear of it, each once."""
    above, at = roster.climb(one.case, one.rung + 1)
    # Above a sealed case the President's people learn that it is late, nothing of who promised.
    told = {} if one.case.is_sealed and at == TOP else {person.user_id: person for person in above}
    if one.acknowledged_by_id is not None:
        told.setdefault(one.acknowledged_by_id, Told(one.acknowledged_by_id))
    kept = {"who": _who(one), "promised": _date(one), "text": one.promise}
    return notices_for(
        told.values(), one.case, Notice.Kind.PROMISE, escalation=one.pk, rung=one.rung, **kept
    )


def _entry(one: Escalation) -> TimelineEntry:
    return one.case.entry("promise_broken", by=SYSTEM, who=_who(one), until=_date(one))


def _who(one: Escalation) -> str:
    return one.acknowledged_by.actor.label if one.acknowledged_by else ""


def _date(one: Escalation) -> str:
    return one.promised_for.isoformat() if one.promised_for else ""
