"""Having the figures of a dashboard by mail, and ending that."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.agencies.scopes import actor_of
from centro.insights.actions import subscribe_report, unsubscribe_report
from centro.insights.asking import filters_of, told_filters, words_of
from centro.insights.dashboards import dashboard_named
from centro.insights.models import ReportSubscription
from centro.insights.questions import Question, sight_of
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.figures import FiguresForm
from centro.web.desk.forms.reports import SubscribeForm
from centro.web.desk.posts import COUNTED
from centro.web.desk.views.figures import reach_board

_MOST_ENDED = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscription with its dashboard and its filters in words."""

    subscription: ReportSubscription
    title: str
    filters: list[tuple[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*COUNTED)
def subscribe(request: StaffRequest, slug: str) -> HttpResponse:
    """The report that the filters of the address describe; a POST asks for it."""
    sight = sight_of(request.user)
    board = reach_board(slug, sight)
    asked = FiguresForm(request.GET, sight=sight)
    question = asked.question()
    form = SubscribeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                subscribe_report(
                    dashboard=board,
                    words=_words(asked),
                    months=months_of(question),
                    every=form.cleaned_data["every"],
                    by=actor_of(request.user),
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
                status = refusal.status
            else:
                messages.success(request, _("Listo: lo recibirá por correo."))
                return redirect("desk:reports_mail")
    context = {
        "board": board,
        "form": form,
        "filters": told_filters(question.filters),
        "months": months_of(question),
        "address": request.user.email,
        "query": request.GET.urlencode(),
    }
    return render(request, "desk/figures/subscribe.html", context, status=status)


@require_safe
@allow(*COUNTED)
def own(request: StaffRequest) -> HttpResponse:
    """What the user receives, and what ended lately and why."""
    every = ReportSubscription.objects.filter(user=request.user)
    ended = every.exclude(ended="").exclude(ended=ReportSubscription.Ended.ASKED)
    context = {
        "listed": [_listed(one) for one in every.active()],
        "ended": [_listed(one) for one in ended.order_by("-pk")[:_MOST_ENDED]],
        "address": request.user.email,
    }
    return render(request, "desk/figures/reports.html", context)


@require_POST
@allow(*COUNTED)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """One's own, ended."""
    found = ReportSubscription.objects.reach(pk, request.user)
    unsubscribe_report(subscription=found, by=actor_of(request.user))
    messages.success(request, _("Ya no lo recibirá."))
    return redirect("desk:reports_mail")


def months_of(question: Question) -> int:
    """How many months a question is about."""
    first, last = question.first, question.last
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _words(asked: FiguresForm) -> dict[str, str]:
    return {name: str(value) for name, value in asked.cleaned_data.items() if value}


def _listed(one: ReportSubscription) -> Listed:
    board = dashboard_named(one.dashboard)
    try:
        filters = told_filters(filters_of(words_of(one.query)))
    except NotFound:
        filters = []
    return Listed(one, str(board.title) if board else one.dashboard, filters)
