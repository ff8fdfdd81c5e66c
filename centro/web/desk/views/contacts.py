"""The contacts of a day: what came in, by which way, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.contacts.models import Contact
from centro.kernel.clock import today
from centro.web.access import StaffRequest, allow
from centro.web.desk.posts import FRONT

PAGE = 50
_EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Total:
    """How many contacts of the day ended in one way."""

    label: str
    count: int


@require_safe
@allow(*FRONT)
def of_the_day(request: StaffRequest) -> HttpResponse:
    """An operator's own contacts; a supervisor sees everybody's."""
    day = _day(request.GET.get("dia", ""))
    everyone = scope_of(request.user).has(Role.SUPERVISOR)
    contacts = _contacts_of(day, None if everyone else request.user)
    page = list(_page(contacts, request.GET.get("antes", "")))
    context = {
        "day": day,
        "yesterday": day - timedelta(days=1),
        "tomorrow": day + timedelta(days=1) if day < today() else None,
        "contacts": page[:PAGE],
        "totals": _totals_of(contacts),
        "everyone": everyone,
        "next": _next(day, page),
    }
    return render(request, "desk/contacts.html", context)


def _day(text: str) -> date:
    """The day asked for; today for what is no day, or one to come."""
    try:
        asked = parse_date(text)
    except ValueError:
        asked = None
    return max(min(asked, today()), _EARLIEST) if asked else today()


def _contacts_of(day: date, operator: User | None) -> QuerySet[Contact]:
    begins = timezone.make_aware(datetime.combine(day, time.min))
    found = Contact.objects.filter(
        started_at__gte=begins, started_at__lt=begins + timedelta(days=1)
    )
    return found if operator is None else found.filter(operator=operator)


def _page(contacts: QuerySet[Contact], before: str) -> QuerySet[Contact]:
    if before.isascii() and before.isdigit() and len(before) <= 18:
        contacts = contacts.filter(pk__lt=int(before))
    return contacts.select_related("operator", "person", "article").order_by("-pk")[: PAGE + 1]


def _next(day: date, page: list[Contact]) -> str:
    if len(page) <= PAGE:
        return ""
    return "?" + urlencode({"dia": day.isoformat(), "antes": page[PAGE - 1].pk})


def _totals_of(contacts: QuerySet[Contact]) -> list[Total]:
    rows = dict(contacts.order_by().values_list("outcome").annotate(Count("pk")))
    return [
        Total(str(Contact.Outcome(o).label), rows[o]) for o in Contact.Outcome.values if o in rows
    ]
