"""Audits of closures: chance draws some, a quality analyst says whether the solution was real."""

from __future__ import annotations

import hmac
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from centro.accounts.roles import Role
from centro.agencies.models import Assignment
from centro.cases import rules
from centro.cases.actions import step
from centro.cases.actions.notices import tell_rung
from centro.cases.models import Case, ClosureAudit, Escalation, Notice
from centro.cases.rules import Status
from centro.catalog.models import Confidentiality
from centro.kernel.actor import Actor
from centro.kernel.clock import now, today
from centro.kernel.errors import Invalid, NotAllowed

Why = ClosureAudit.Why
# A worker that stood still draws the days it missed, but no more than these.
_MOST_DAYS_BACK = 7
# A case, its cycle, and who had it.
Closure = tuple[int, int, int, int | None]


@transaction.atomic
def draw_audits() -> int:
    """Draw from yesterday's closures with a solution those to look at again. Returns how many.

    Of each entity AUDIT_SHARE percent, at least one and at most AUDIT_MOST a day. Sealed cases are
    never drawn. Which ones follows from the day and a secret, so nobody can know before and
    whoever draws again draws the same. Days that no run drew are caught up.
    """
    if not settings.AUDIT_SHARE:
        return 0
    drawn = [closure for day in _days_to_draw() for closure in _chosen(day)]
    audits = ClosureAudit.objects.bulk_create(
        (
            ClosureAudit(case_id=case, cycle=cycle, agency_id=agency, official_id=official)
            for case, cycle, agency, official in drawn
        ),
        ignore_conflicts=True,
    )
    return len(audits)


def _days_to_draw() -> list[date]:
    """The days since the last drawing, yesterday at the latest; none when today is drawn."""
    first = today() - timedelta(days=_MOST_DAYS_BACK)
    last = ClosureAudit.objects.aggregate(last=Max("drawn_at"))["last"]
    if last is not None:
        first = max(first, localdate(last))
    return [first + timedelta(days=n) for n in range((today() - first).days)]


def _chosen(day: date) -> list[Closure]:
    """What chance chose of a day's closures."""
    by_agency: dict[int, list[Closure]] = defaultdict(list)
    for closure in _closures_of(day):
        by_agency[closure[2]].append(closure)
    return [
        closure
        for closures in by_agency.values()
        for closure in sorted(closures, key=lambda c: _lot(day, c))[: _quota(len(closures))]
    ]


def _closures_of(day: date) -> list[Closure]:
    begins = _midnight(day)
    closed = Case.objects.filter(
        closed_at__gte=begins,
        closed_at__lt=_midnight(day + timedelta(days=1)),
        status=Status.CLOSED,
        reason__in=rules.CLOSINGS_WITH_SOLUTION,
        agency__isnull=False,
    ).exclude(confidentiality=Confidentiality.SEALED)
    return list(closed.order_by("pk").values_list("pk", "cycle", "agency", "official"))


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))


def _quota(closures: int) -> int:
    share = closures * settings.AUDIT_SHARE // 100
    return int(min(max(share, 1), settings.AUDIT_MOST))


def _lot(day: date, closure: Closure) -> bytes:
    """The place of a closure in the drawing of its day."""
    said = f"audit:{day}:{closure[0]}:{closure[1]}"
    return hmac.new(settings.SECRET_KEY.encode(), said.encode(), sha256).digest()


@transaction.atomic
def judge_closure(
    *, audit: ClosureAudit, real: bool, why: str = "", text: str = "", by: Actor
) -> ClosureAudit:
    """A quality analyst says whether the solution of a closed cycle was real, otherwise why not.

    Nobody judges an entity in which they hold a post. A "no" is told to the entity's liaisons; to
    reopen the case is a supervisor's decision. Raises NotAllowed, Invalid for a "no" without its
    reason, NotNow for an audit that is done.
    """
    case = step.lock(audit.case)
    audit = ClosureAudit.objects.select_for_update().get(pk=audit.pk)
    _require_judge(audit, by)
    if audit.done_at is not None:
        raise rules.NotNow(_("Otra persona ya revisó ese cierre."))
    if case.is_sealed:
        raise rules.NotNow(_("El caso se selló: ya no se revisa."))
    why, text = _checked(real, why, text)
    audit.real, audit.why, audit.text = real, why, text
    audit.done_by_id, audit.done_at = by.id, now()
    audit.save(update_fields=["real", "why", "text", "done_by", "done_at"])
    entry = _entry_of(real, why)
    case.record(entry, by=by, finding=why, text=text, of_cycle=audit.cycle)
    if entry == "audited_not_real" and case.agency_id == audit.agency_id:
        tell_rung(case, Escalation.Rung.LIAISON, Notice.Kind.AUDIT, audit=audit.pk, why=why)
    return audit


def _entry_of(real: bool, why: str) -> str:
    if real:
        return "audited_real"
    return "audited_unclear" if why == Why.NOT_REACHED else "audited_not_real"


def _require_judge(audit: ClosureAudit, by: Actor) -> None:
    if Role.QUALITY not in by.roles:
        raise NotAllowed(_("Sólo un analista de calidad revisa los cierres."))
    posts = Assignment.objects.current().filter(user=by.id, agency=audit.agency)
    if posts.exists():
        raise NotAllowed(_("Nadie revisa los cierres de una entidad en la que trabaja."))


def _checked(real: bool, why: str, text: str) -> tuple[str, str]:
    if real:
        return "", text.replace("\x00", "").strip()[: rules.LONGEST_TEXT]
    if why not in Why.values:
        raise Invalid(_("Diga por qué no fue una solución real."))
    return why, rules.require_text(text, _("lo que encontró"))
