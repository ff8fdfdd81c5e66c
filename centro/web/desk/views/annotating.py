"""Writing on the time axis of the figures, and taking it away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of, scope_of
from centro.insights.actions import annotate_days, remove_annotation
from centro.insights.dashboards import Dashboard, dashboard_named
from centro.insights.models import Annotation
from centro.insights.questions import sight_of
from centro.kernel.errors import Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.annotations import AnnotationForm
from centro.web.desk.posts import ANNOTATORS
from centro.web.desk.views.figures import reach_board


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*ANNOTATORS)
def annotate(request: StaffRequest, slug: str) -> HttpResponse:
    """The form by itself; a POST, from here or from the dashboard, writes and goes back there."""
    board = reach_board(slug, sight_of(request.user))
    scope = scope_of(request.user)
    if request.method != "POST":
        return _show(request, board, AnnotationForm(scope=scope))
    form = AnnotationForm(request.POST, scope=scope)
    if not form.is_valid():
        return _show(request, board, form, 422)
    try:
        annotate_days(**form.cleaned_data, by=actor_of(request.user))
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show(request, board, form, refusal.status)
    messages.success(request, _("Anotado: se ve en cada línea que pase por esos días."))
    return _back(request, board.slug)


@require_POST
@allow(*ANNOTATORS)
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a note away."""
    found = Annotation.objects.reach(pk, sight_of(request.user))
    remove_annotation(annotation=found, by=actor_of(request.user))
    messages.success(request, _("La anotación quedó quitada."))
    return _back(request, request.GET.get("tablero", ""))


def _show(
    request: StaffRequest, board: Dashboard, form: AnnotationForm, status: int = 200
) -> HttpResponse:
    context = {"board": board, "form": form, "query": _filters(request)}
    return render(request, "desk/figures/annotate.html", context, status=status)


def _back(request: StaffRequest, slug: str) -> HttpResponse:
    """To the dashboard with the filters that it had."""
    where = reverse("desk:figures")
    if dashboard_named(slug):
        where = reverse("desk:dashboard", kwargs={"slug": slug})
    return redirect(f"{where}?{_filters(request)}")


def _filters(request: StaffRequest) -> str:
    kept = request.GET.copy()
    kept.pop("tablero", None)
    return kept.urlencode()
