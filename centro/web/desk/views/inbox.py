"""The inbox: folders, filters that can be kept, keyset pages, and assignment of many at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.agencies.models import Unit
from centro.agencies.scopes import Scope, actor_of, scope_of
from centro.cases.actions import assign_case
from centro.cases.counts import MOST_COUNTED, folder_counts
from centro.cases.models import Case, SavedFilter
from centro.cases.queries import inbox as find_page
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.inbox import FOLDERS, BulkForm, FilterForm, SaveFilterForm
from centro.web.desk.posts import DISTRIBUTORS, READERS

_MOST_SAVED = 20
_ORDERS = {"recientes": _lazy("Más recientes"), "plazo": _lazy("Por plazo")}


@dataclass(frozen=True, slots=True)
class Tab:
    """A folder as the page shows it."""

    label: str
    address: str
    here: bool
    count: str
    hot: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use, and the address of the page without it."""

    label: str
    value: str
    without: str


@require_safe
@allow(*READERS)
def inbox(request: StaffRequest) -> HttpResponse:
    scope = scope_of(request.user)
    folders = folders_for(scope)
    word = request.GET.get("carpeta", "")
    word = word if word in folders else folders[0]
    form = FilterForm(request.GET, scope=scope)
    order = _order(request.GET, word)
    wanted = form.as_filter(
        FOLDERS[word][0], by_deadline=order == "plazo", after=_after(request.GET)
    )
    found = find_page(wanted, request.user)
    saved = list(SavedFilter.objects.filter(user=request.user))
    here = kept_query(request.GET, folders)
    context = {
        "folder": FOLDERS[word][1],
        "tabs": _tabs(request, folders, word),
        "cases": [(case, case.is_overdue(now())) for case in found.cases],
        "form": form,
        "chips": [
            Chip(label, value, _address(request.GET, **{name: ""}))
            for name, label, value in form.chips()
        ],
        "word": word,
        "order": order,
        "orders": [
            (name, label, _address(request.GET, orden=name, despues=""))
            for name, label in _ORDERS.items()
        ],
        "national": not scope.all_agencies,
        "bulk": _bulk_form(scope, form),
        "saved": saved,
        "is_saved": any(one.query == here for one in saved),
        "here": here,
        "first": _address(request.GET, despues="") if request.GET.get("despues") else "",
        "next": _address(request.GET, despues=found.next_after) if found.next_after else "",
    }
    return render(request, "desk/inbox.html", context)


def folders_for(scope: Scope) -> list[str]:
    """The folders that mean something for these posts, the one opened first in front."""
    words = list(FOLDERS)
    if not scope.has(Role.LIAISON, Role.EXECUTIVE):
        words.remove("propuestos")
    if not scope.all_agencies:
        words.remove("mios")
        words.remove("avances")
    if scope.roles == {Role.OFFICIAL}:
        words.remove("sin-encargado")
        words.insert(0, words.pop(words.index("mios")))
    return words


def _order(query: QueryDict, folder: str) -> str:
    """The order asked for; what is late is otherwise shown with the latest of all in front."""
    given = query.get("orden", "")
    usual = "plazo" if folder == "vencidos" else "recientes"
    return given if given in _ORDERS else usual


def _after(query: QueryDict) -> int | None:
    given = query.get("despues", "")
    return int(given) if given.isdecimal() and len(given) < 19 else None


def _tabs(request: StaffRequest, folders: list[str], word: str) -> list[Tab]:
    counts = folder_counts(request.user, [FOLDERS[f][0] for f in folders])  # type: ignore[misc]
    tabs = []
    for folder in folders:
        name, label = FOLDERS[folder]
        n = counts.get(name)  # type: ignore[call-overload]
        said = "" if n is None else f"{MOST_COUNTED - 1}+" if n >= MOST_COUNTED else str(n)
        hot = name in {"overdue", "proposed", "interim"} and bool(n)
        address = _address(request.GET, carpeta=folder, despues="")
        tabs.append(Tab(str(label), address, folder == word, said, hot))
    return tabs


def _address(query: QueryDict, **changes: object) -> str:
    """The inbox's address with some words changed; an empty value drops the word."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed.setdefault(name, str(value))
    return f"{reverse('desk:inbox')}?{changed.urlencode()}"


def kept_query(query: QueryDict, folders: list[str]) -> str:
    """The part of an address worth keeping: folder and filters, never the page."""
    known = QueryDict(mutable=True)
    if query.get("carpeta") in folders:
        known.setdefault("carpeta", query.get("carpeta", ""))
    for name in ("orden", *FilterForm.base_fields):
        if query.get(name):
            known.setdefault(name, query.get(name, ""))
    return known.urlencode()


def _bulk_form(scope: Scope, form: FilterForm) -> BulkForm | None:
    """Offered to those who distribute, once it is clear whose units to offer."""
    if not scope.has(*DISTRIBUTORS) or form.one_agency is None:
        return None
    return BulkForm(agency=form.one_agency)


@require_POST
@allow(*DISTRIBUTORS)
def assign_many(request: StaffRequest) -> HttpResponse:
    """Assign each marked case in its own transaction and say which were not, and why."""
    scope = scope_of(request.user)
    query = QueryDict(request.POST.get("volver", "")[:1000])
    back = redirect(f"{reverse('desk:inbox')}?{kept_query(query, list(FOLDERS))}")
    agency = FilterForm(query, scope=scope).one_agency
    form = BulkForm(request.POST, agency=agency)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return back
    unit, official = form.cleaned_data["to"]
    _say_result(request, *_assign_each(request, form.cleaned_data["caso"], unit, official))
    return back


def _assign_each(
    request: StaffRequest, numbers: list[str], unit: Unit, official: User | None
) -> tuple[int, dict[str, list[str]]]:
    """How many were assigned, and the numbers of the others by the reason they were not."""
    by = actor_of(request.user)
    refused: dict[str, list[str]] = defaultdict(list)
    for number in numbers:
        try:
            case = Case.objects.reach(number, request.user, to="work")
            if case.is_sealed:
                raise Invalid(_("Un caso sellado no se encarga a la entidad."))
            assign_case(case=case, unit=unit, official=official, by=by)
        except Refused as refusal:
            # One that cannot be assigned must not keep back the others.
            refused[str(refusal.message)].append(number)
    return len(numbers) - sum(map(len, refused.values())), refused


def _say_result(request: HttpRequest, n: int, refused: dict[str, list[str]]) -> None:
    if n:
        said = ngettext("Se encargó %(n)d caso.", "Se encargaron %(n)d casos.", n) % {"n": n}
        messages.success(request, said)
    for why, numbers in refused.items():
        listed = ", ".join(number[:20] for number in numbers)
        messages.warning(
            request, _("No se encargó %(numbers)s: %(why)s") % {"numbers": listed, "why": why}
        )


@require_POST
@allow(*READERS)
def save_filter(request: StaffRequest) -> HttpResponse:
    """Keep the present filters under a name; the same name again replaces them."""
    query = kept_query(QueryDict(request.POST.get("query", "")[:1000]), list(FOLDERS))[:500]
    form = SaveFilterForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Escriba un nombre para el filtro, de 60 letras como máximo."))
    elif SavedFilter.objects.filter(user=request.user).count() >= _MOST_SAVED:
        messages.error(
            request, _("Ya tiene %(n)s filtros guardados: borre uno.") % {"n": _MOST_SAVED}
        )
    else:
        name = form.cleaned_data["name"]
        SavedFilter.objects.update_or_create(
            user=request.user, name=name, defaults={"query": query}
        )
        messages.success(request, _("El filtro «%(name)s» quedó guardado.") % {"name": name})
    return redirect(f"{reverse('desk:inbox')}?{query}")


@require_POST
@allow(*READERS)
def drop_filter(request: StaffRequest, pk: int) -> HttpResponse:
    SavedFilter.objects.filter(user=request.user, pk=pk).delete()
    messages.success(request, _("El filtro se borró."))
    return redirect("desk:inbox")
