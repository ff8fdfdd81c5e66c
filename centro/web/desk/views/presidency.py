"""What reached the President, made for five minutes a day on a telephone."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.agencies.scopes import actor_of, scope_of
from centro.cases import presidency
from centro.cases.actions import instruct_agency
from centro.cases.models import Case, Incident
from centro.cases.presidency import Card
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.presidency import InstructForm, title_of
from centro.web.desk.posts import PRESIDENTIAL
from centro.web.templatetags.look import day


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as the page draws it; no form for who may only look, or where no entity has it."""

    card: Card
    title: str
    form: InstructForm | None


@require_safe
@allow(*PRESIDENTIAL)
def board(request: StaffRequest) -> HttpResponse:
    """The matters of today, the heaviest first, and what came of the last instructions."""
    beyond = request.GET.get("mas") == "1"
    found = presidency.board(beyond=beyond)
    context = {
        "shown": [_shown(request, card) for card in found.cards],
        "board": found,
        "beyond": beyond,
        "limit": settings.PRESIDENT_BUNDLES,
    }
    return render(request, "desk/presidency.html", context)


def _shown(request: StaffRequest, card: Card, form: InstructForm | None = None) -> Shown:
    instructs = scope_of(request.user).has(Role.PRESIDENCY) and card.bundle.first.agency is not None
    usual = form or InstructForm(bundle=card.bundle)
    return Shown(card, title_of(card.bundle), usual if instructs else None)


@require_safe
@allow(*PRESIDENTIAL)
def matter(request: StaffRequest, key: str) -> HttpResponse:
    """One matter with its cases."""
    return _show_matter(request, _reach(key))


def _reach(key: str) -> Card:
    card = presidency.find_card(key[:40])
    if card is None:
        raise NotFound(
            _("Ese asunto ya no espera: se resolvió, o tiene una instrucción en marcha.")
        )
    return card


def _show_matter(
    request: StaffRequest, card: Card, form: InstructForm | None = None, status: int = 200
) -> HttpResponse:
    context = {"one": _shown(request, card, form), "cases": presidency.cases_of(card)}
    return render(request, "desk/matter.html", context, status=status)


@require_POST
@allow(Role.PRESIDENCY)
def instruct(request: StaffRequest, key: str) -> HttpResponse:
    """One tap: the entity is told, with a day."""
    card = _reach(key)
    form = InstructForm(request.POST, bundle=card.bundle)
    if not form.is_valid():
        return _show_matter(request, card, form, status=422)
    one = card.bundle.first
    try:
        given = instruct_agency(
            agency=Agency.objects.get(pk=one.agency) if one.agency else _nobody(),
            cases=[Case(pk=pk) for pk in card.bundle.ids],
            incident=Incident(pk=one.incident) if one.incident else None,
            by=actor_of(request.user),
            **form.cleaned_data,
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _show_matter(request, card, form, status=refusal.status)
    said = _("%(agency)s tiene la instrucción. Responde a más tardar el %(day)s.")
    messages.success(request, said % {"agency": one.agency_acronym, "day": day(given.due_at)})
    return redirect("desk:presidency")


def _nobody() -> Agency:
    raise NotFound(_("Ese asunto está en clasificación: ninguna entidad lo tiene todavía."))
