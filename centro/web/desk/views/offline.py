"""What begins away from the system: papers of a counter, and what the press tells."""

from __future__ import annotations

from datetime import date, timedelta

import segno
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.accounts.roles import Role
from centro.agencies.models import Agency
from centro.agencies.scopes import actor_of, scope_of
from centro.cases.actions import (
    Matter,
    Reporter,
    note_press,
    open_case,
    reserve_numbers,
    void_number,
)
from centro.cases.models import Case, NumberBlock, PressMention
from centro.cases.press import capacity_of, mentions_for
from centro.contacts.ways import Way
from centro.files.actions import keep_file, open_file
from centro.kernel.clock import today
from centro.kernel.errors import NotFound, Refused
from centro.kernel.numbers import access_code
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.offline import BlockForm, CounterForm, PressForm, matter_of
from centro.web.desk.posts import COUNTERS, PRESS_READERS, PRESS_WRITERS
from centro.web.serving import served

_REPORTED = timedelta(days=365)


# ---- The counter ----


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*COUNTERS)
def counter(request: StaffRequest) -> HttpResponse:
    """Quick entry of what was said at a counter, one paper after the other."""
    form = CounterForm(request.POST or None)
    status = 200
    if request.method == "POST":
        case = _enter(request, form) if form.is_valid() else None
        if case is not None:
            told = {"number": case.number, "code": case.code}
            messages.success(request, _("Caso %(number)s registrado. Clave: %(code)s.") % told)
            return redirect("desk:counter")
        status = 422
    context = {"form": form, "blocks": _blocks(request)[:5]}
    return render(request, "desk/counter.html", context, status=status)


def _enter(request: StaffRequest, form: CounterForm) -> Case | None:
    given = form.cleaned_data
    try:
        return open_case(
            matter=Matter(**matter_of(form)),
            channel=Way.WALK_IN,
            reporter=Reporter(**{key: given[key] for key in ("name", "cedula", "phone", "email")}),
            spoken_at=given["spoken_at"],
            intake_token=given["token"],
            paper=given["paper"],
            by=actor_of(request.user),
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*COUNTERS)
def blocks(request: StaffRequest) -> HttpResponse:
    """The blocks of numbers of one's entity, and a form for one more."""
    form = BlockForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                block = reserve_numbers(
                    **form.cleaned_data,
                    agency=_own_agency(request),
                    user=request.user,
                    by=actor_of(request.user),
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                return redirect("desk:number_block", block.pk)
    context = {"form": form, "blocks": _blocks(request)[:50]}
    return render(request, "desk/number_blocks.html", context, status=status)


@require_safe
@allow(*COUNTERS)
def block(request: StaffRequest, pk: int) -> HttpResponse:
    """The papers of a block, to be printed: the person keeps one half, the counter the other."""
    found = _blocks(request).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("No existe ese bloque."))
    papers = [
        {
            "number": each,
            "code": access_code(each.number, settings.ACCESS_KEY),
            "drawing": _drawing(each.number),
        }
        for each in found.numbers.all()
    ]
    context = {"pad": found, "papers": papers, "site": settings.SITE_URL}
    return render(request, "desk/number_block.html", context)


@require_POST
@allow(*COUNTERS)
def void(request: StaffRequest, pk: int) -> HttpResponse:
    """A paper was spoilt or lost."""
    if not _blocks(request).filter(pk=pk).exists():
        raise NotFound(_("No existe ese bloque."))
    reserved = void_number(number=request.POST.get("numero", ""), by=actor_of(request.user))
    messages.success(request, _("El número %(number)s se anuló.") % {"number": reserved.number})
    return redirect("desk:number_block", pk)


def _blocks(request: StaffRequest) -> QuerySet[NumberBlock]:
    """Those of one's entity; those of the centre for the centre. Each with how many are `left`."""
    found = NumberBlock.objects.filter(agency=_own_agency(request)).select_related("made_by")
    unused = Q(numbers__used_at=None, numbers__void_at=None)
    return found.annotate(left=Count("numbers", filter=unused), whole=Count("numbers"))


def _own_agency(request: StaffRequest) -> Agency | None:
    if scope_of(request.user).has(Role.OPERATOR, Role.SUPERVISOR):
        return None
    agencies = scope_of(request.user).agencies_for(Role.LIAISON, Role.EXECUTIVE, Role.OFFICIAL)
    return Agency.objects.filter(pk__in=agencies).order_by("pk").first()


def _drawing(number: str) -> SafeString:
    drawn = segno.make(number, error="m").svg_inline(scale=2, border=1, omitsize=True)
    return mark_safe(drawn)  # noqa: S308 - drawn by segno from a number of ours


# ---- The press ----


@require_safe
@allow(*PRESS_READERS)
def press(request: StaffRequest) -> HttpResponse:
    """What the press told, and how each entity answers it."""
    first, last = _period(request)
    context = {
        "mentions": mentions_for(request.user),
        "capacity": capacity_of(first, last, request.user),
        "first": first,
        "last": last,
        "may_write": scope_of(request.user).has(*PRESS_WRITERS),
    }
    return render(request, "desk/press.html", context)


def _period(request: StaffRequest) -> tuple[date, date]:
    try:
        first = date.fromisoformat(request.GET.get("desde", ""))
        last = date.fromisoformat(request.GET.get("hasta", ""))
    except ValueError:
        return today() - _REPORTED, today()
    return min(first, last), max(first, last)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*PRESS_WRITERS)
def press_new(request: StaffRequest) -> HttpResponse:
    """A piece of the press: about a case there is, or one that begins with it."""
    form = PressForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        mention = _note(request, form) if form.is_valid() else None
        if mention is not None:
            messages.success(request, _("La nota de prensa quedó anotada."))
            return redirect("desk:case", mention.case.number)
        status = 422
    return render(request, "desk/press_new.html", {"form": form}, status=status)


def _note(request: StaffRequest, form: PressForm) -> PressMention | None:
    given, by = form.cleaned_data, actor_of(request.user)
    try:
        case = _case_of_press(request, form)
        clip = given["clip"]
        kept = keep_file(upload=clip, name=clip.name, by=by) if clip else None
        return note_press(
            case=case, medium=given["medium"], outlet=given["outlet"], link=given["link"],
            published_on=given["published_on"], headline=given["headline"], clip=kept,
            user=request.user, by=by,
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None


def _case_of_press(request: StaffRequest, form: PressForm) -> Case:
    given = form.cleaned_data
    if given["number"]:
        return Case.objects.reach(given["number"], request.user)
    return open_case(
        matter=Matter(**matter_of(form)),
        channel=Way.PRESS,
        intake_token=given["token"],
        by=actor_of(request.user),
    )


@require_safe
@allow(*PRESS_READERS)
def clip(request: StaffRequest, pk: int) -> FileResponse:
    """The clip of a piece, to be downloaded."""
    mention = PressMention.objects.filter(pk=pk).select_related("clip").first()
    seen = Case.objects.visible_to(request.user)
    if mention is None or mention.clip is None or not seen.filter(pk=mention.case_id).exists():
        raise NotFound(_("No existe ese recorte."))
    path, media_type = open_file(mention.clip)
    return served(path, media_type, mention.clip.name or "recorte")
