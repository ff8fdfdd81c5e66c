"""The dashboards, what their numbers mean, and the same numbers to take away."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.agencies.scopes import scope_of
from centro.insights.actions.annotations import may_remove
from centro.insights.dashboards import Dashboard, all_dashboards, dashboard_named
from centro.insights.facts import current_manifest
from centro.insights.notes import Note, notes_on
from centro.insights.questions import Question, Sight, sight_of
from centro.insights.registry import metric_named
from centro.insights.reports import as_pdf
from centro.insights.tables import as_csv, as_xlsx
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.figures import show
from centro.web.desk.forms.annotations import AnnotationForm
from centro.web.desk.forms.figures import FiguresForm
from centro.web.desk.posts import ANNOTATORS, COUNTED, READERS

_WRITERS = {"csv": as_csv, "pdf": as_pdf, "xlsx": as_xlsx}
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
@allow(*COUNTED)
def start(request: StaffRequest) -> HttpResponse:
    """The first dashboard that this user may see."""
    sight = sight_of(request.user)
    return _page(request, _offered(sight)[0], sight)


@require_safe
@allow(*COUNTED)
def dashboard(request: StaffRequest, slug: str) -> HttpResponse:
    """One dashboard with the filters of its address."""
    sight = sight_of(request.user)
    return _page(request, reach_board(slug, sight), sight)


def _page(request: StaffRequest, board: Dashboard, sight: Sight) -> HttpResponse:
    form = FiguresForm(request.GET, sight=sight)
    question = form.question()
    compare = bool(form.cleaned_data.get("comparar"))
    notes = notes_on(question)
    context = {
        "board": board,
        "boards": _offered(sight),
        "form": form,
        "question": question,
        "panels": [show(panel, question, compare=compare, notes=notes) for panel in board.panels],
        "compare": compare,
        "manifest": current_manifest(),
        "query": request.GET.urlencode(),
        "filtered": any(question.filters.given()),
        "sees_cases": scope_of(request.user).has(*READERS),
        "drill": _drill(request, question),
        "noted": _noted(request, board, notes),
        "annotate_form": _annotate_form(request, board),
    }
    return render(request, "desk/figures/dashboard.html", context)


@require_safe
@allow(*COUNTED)
def metric(request: StaffRequest, name: str) -> HttpResponse:
    """What a number means, with all its rows for the filters of the address."""
    sight = sight_of(request.user)
    found = metric_named(name)
    homes = [board for board in _offered(sight) if any(p.name == name for p in board.panels)]
    if not homes:
        raise NotFound(_("No hay un indicador con ese nombre."))
    form = FiguresForm(request.GET, sight=sight)
    panel = next(panel for panel in homes[0].panels if panel.name == name)
    question = form.question()
    context = {
        "metric": found,
        "homes": homes,
        "form": form,
        "shown": show(panel, question, compare=True, whole=True, notes=notes_on(question)),
        "question": question,
        "query": request.GET.urlencode(),
        "manifest": current_manifest(),
    }
    return render(request, "desk/figures/metric.html", context)


@require_safe
@allow(*COUNTED)
def export(request: StaffRequest, slug: str, form: str) -> HttpResponse:
    """All tables of a dashboard as a file: a report, a sheet for each metric, or one after the other."""
    sight = sight_of(request.user)
    board = reach_board(slug, sight)
    asked = FiguresForm(request.GET, sight=sight).question()
    if form not in _TYPES:
        raise NotFound(_("Ese formato no existe."))
    content = _WRITERS[form](board, asked)
    name = f"{board.slug}-{asked.first:%Y-%m}-{asked.last:%Y-%m}.{form}"
    response = HttpResponse(content, content_type=_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _offered(sight: Sight) -> list[Dashboard]:
    return [board for board in all_dashboards() if sight.country or not board.of_country]


def reach_board(slug: str, sight: Sight) -> Dashboard:
    """A dashboard that this sight includes; absent and out of sight look the same."""
    board = dashboard_named(slug)
    if board is None or (board.of_country and not sight.country):
        raise NotFound(_("No hay un tablero con ese nombre."))
    return board


def _noted(request: StaffRequest, board: Dashboard, notes: list[Note]) -> list[tuple[Note, bool]]:
    """The notes of a page that draws lines, each with whether this user may take it away."""
    if not board.has_lines:
        return []
    scope = scope_of(request.user)
    return [(note, may_remove(note.annotation, scope)) for note in notes]


def _annotate_form(request: StaffRequest, board: Dashboard) -> AnnotationForm | None:
    """For whoever writes on the time axis, where there is one."""
    scope = scope_of(request.user)
    if not (board.has_lines and scope.has(*ANNOTATORS)):
        return None
    return AnnotationForm(scope=scope)


def _drill(request: StaffRequest, question: Question) -> str:
    """The address of this page with another place, which the template completes."""
    kept = {k: v for k, v in request.GET.items() if k != "lugar" and v}
    return f"?{urlencode(kept)}&lugar=" if kept else "?lugar="
