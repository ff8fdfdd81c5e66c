"""Figures that come by mail: asking for them, and sending what is due.

A sending is one transaction: the row is locked, the next moment set, the message and its job
queued. Two that send at once meet at the row; one that is killed leaves everything as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from centro.accounts.models import User
from centro.catalog.calendars import office_calendar
from centro.channels.actions import send_message
from centro.insights.asking import (
    FILTERS,
    filters_of,
    saved_query,
    told_filters,
    told_period,
    words_of,
)
from centro.insights.dashboards import Dashboard, dashboard_named
from centro.insights.letters import link_to, told_numbers
from centro.insights.models import ReportSubscription
from centro.insights.models.reports import LONGEST_QUERY
from centro.insights.questions import Question, add_months, ask, end_of_month, sight_of
from centro.kernel.actor import Actor
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotFound, Refused

# Mails leave from this hour on, so that they are there when the office opens.
SENT_AT = 7
# Until this hour; what is late waits for the next morning.
SENT_UNTIL = 19
MOST_MONTHS = 120
MOST_FOR_ONE = 20
_log = logging.getLogger(__name__)


class _Over(Exception):
    """This subscription has nothing to send any more, for the reason it carries."""

    def __init__(self, why: ReportSubscription.Ended) -> None:
        super().__init__(why)
        self.why = why


@transaction.atomic
def subscribe_report(
    *, dashboard: Dashboard, words: Mapping[str, str], months: int, every: str, by: Actor
) -> ReportSubscription:
    """Have this dashboard by mail, with the filters of these words, always of the last months.

    Whoever asks for the same report again changes how often it comes.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=by.id or 0)
    query = _checked(dashboard, words, user)
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid(_("El informe abarca entre uno y %(n)d meses.") % {"n": MOST_MONTHS})
    if every not in ReportSubscription.Every.values:
        raise Invalid(_("Elija cada cuánto quiere recibirlo."))
    if not user.email:
        raise Invalid(
            _("Usted no tiene correo en su cuenta. Pídale a administración que lo anote.")
        )
    own = ReportSubscription.objects.active().filter(user=user)
    found = own.filter(dashboard=dashboard.slug, query=query, months=months).first()
    if found is None and own.count() >= MOST_FOR_ONE:
        raise Invalid(_("Usted ya recibe %(n)d informes. Termine alguno.") % {"n": MOST_FOR_ONE})
    kept = found or ReportSubscription(
        user=user, dashboard=dashboard.slug, query=query, months=months, created_at=now()
    )
    kept.every, kept.next_at = every, next_after(now(), every)
    kept.save()
    return kept


@transaction.atomic
def unsubscribe_report(*, subscription: ReportSubscription, by: Actor) -> None:
    """One's own, ended; asking twice changes nothing."""
    rows = ReportSubscription.objects.select_for_update().active()
    found = rows.filter(pk=subscription.pk, user_id=by.id or 0).first()
    if found is not None:
        _end(found, ReportSubscription.Ended.ASKED)


def send_due_reports(moment: datetime) -> int:
    """Send what is due, on office days and at a decent hour. Returns how many mails were queued."""
    if not is_time_to_send(moment):
        return 0
    due = ReportSubscription.objects.due(moment).order_by("next_at", "pk")
    return sum(_try_to_send(pk, moment) for pk in list(due.values_list("pk", flat=True)))


def is_time_to_send(moment: datetime) -> bool:
    """Whether offices open that day, and the hour is one in which people are written to."""
    here = localtime(moment)
    return SENT_AT <= here.hour < SENT_UNTIL and office_calendar().is_working_day(here.date())


def next_after(moment: datetime, every: str) -> datetime:
    """The Monday, or the first of the month, that comes next, at seven where the centre is."""
    day = localtime(moment).date()
    if every == ReportSubscription.Every.WEEK:
        to_come = day + timedelta(days=7 - day.weekday())
    else:
        to_come = add_months(day, 1)
    return datetime.combine(to_come, time(SENT_AT), ZoneInfo(settings.TIME_ZONE))


def period_of(subscription: ReportSubscription, day: date) -> tuple[date, date]:
    """The months that a report of that day is about: those that are over for a monthly one."""
    this = day.replace(day=1)
    last = add_months(this, -1) if subscription.every == ReportSubscription.Every.MONTH else this
    return add_months(last, 1 - subscription.months), end_of_month(last)


def _try_to_send(pk: int, moment: datetime) -> bool:
    """One person's fault must not keep everybody else's report back; theirs is tried again."""
    try:
        return _send(pk, moment)
    except Exception:
        _log.exception("the report %s failed", pk)
        return False


@transaction.atomic
def _send(pk: int, moment: datetime) -> bool:
    rows = ReportSubscription.objects.select_for_update(skip_locked=True, of=("self",))
    found = rows.due(moment).select_related("user").filter(pk=pk).first()
    if found is None:
        return False
    try:
        board, question = _asked(found, moment)
    except _Over as over:
        _end(found, over.why)
        return False
    found.next_at = next_after(moment, found.every)
    if found.user.email:
        _write(found, board, question)
        found.last_sent_at = moment
    found.save(update_fields=["last_sent_at", "next_at"])
    return bool(found.user.email)


def _asked(subscription: ReportSubscription, moment: datetime) -> tuple[Dashboard, Question]:
    """What is asked today, with what its owner may see today."""
    sight = sight_of(subscription.user)
    board = dashboard_named(subscription.dashboard)
    if board is None or sight.blind or (board.of_country and not sight.country):
        raise _Over(ReportSubscription.Ended.SIGHT)
    try:
        filters = filters_of(words_of(subscription.query))
    except NotFound:
        raise _Over(ReportSubscription.Ended.FILTER) from None
    if not (filters.agency is None or sight.includes(filters.agency)):
        raise _Over(ReportSubscription.Ended.SIGHT)
    first, last = period_of(subscription, localtime(moment).date())
    return board, ask(first, last, filters=filters, sight=sight)


def _write(subscription: ReportSubscription, board: Dashboard, question: Question) -> None:
    user = subscription.user
    with override(user.language):
        title = str(board.title)
        period = told_period(question)
        told = [f"{name}: {value}" for name, value in told_filters(question.filters)]
        numbers = told_numbers(board, question)
    send_message(
        kind="email",
        address=user.email,
        name="figures_report",
        language=user.language,
        title=title,
        person=user.get_short_name() or user.username,
        period=period,
        filters="\n".join(told),
        list=numbers,
        link=link_to(board, subscription.query, question),
        own=f"{settings.SITE_URL}/mesa/cifras/correo/",
    )


def _checked(dashboard: Dashboard, words: Mapping[str, str], user: User) -> str:
    """The filters as they will be kept, if this user may ask with them."""
    sight = sight_of(user)
    if sight.blind or (dashboard.of_country and not sight.country):
        raise NotFound(_("No hay un tablero con ese nombre."))
    given = {name: words[name] for name in FILTERS if words.get(name)}
    try:
        filters = filters_of(given)
    except Refused as refusal:
        raise Invalid(refusal.message) from None
    if not (filters.agency is None or sight.includes(filters.agency)):
        raise Invalid(_("Usted no ve las cifras de esa entidad."))
    query = saved_query(given)
    if len(query) > LONGEST_QUERY:
        raise Invalid(_("Son demasiados filtros."))
    return query


def _end(subscription: ReportSubscription, why: ReportSubscription.Ended) -> None:
    subscription.active, subscription.ended = False, why
    subscription.save(update_fields=["active", "ended"])
