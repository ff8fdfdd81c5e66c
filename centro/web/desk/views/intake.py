"""The operator's screen: one page on which a case is opened while talking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.cases.models import Case
from centro.cases.talks import talks_of
from centro.contacts.models import Conversation, Draft
from centro.kernel.clock import now
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow, is_htmx
from centro.web.desk import intake
from centro.web.desk.casing import talk_behind
from centro.web.desk.forms.intake import IntakeForm
from centro.web.desk.posts import FRONT
from centro.web.desk.screen import ASKED, PARTS, Screen, Typed, look_at, read, typed_of
from centro.web.desk.ways import buttons

SECTIONS = {
    "servicios": "que",
    "preguntas": "que",
    "lugares": "donde",
    "cercanos": "donde",
    "personas": "quien",
    "historia": "quien",
}


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*FRONT)
def start(request: StaffRequest) -> HttpResponse:
    """Choose how the person arrives, or go on with something unfinished."""
    if request.method == "POST":
        draft = intake.begin(
            channel=request.POST.get("channel", ""),
            who=request.POST.get("who", ""),
            user=request.user,
        )
        return redirect("desk:intake_screen", token=draft.token)
    context = {"channels": buttons(), "drafts": intake.own_drafts(request.user)}
    return render(request, "desk/intake_start.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*FRONT)
def screen(request: StaffRequest, token: UUID) -> HttpResponse:
    """Show the screen as its draft has it; a POST opens the case."""
    if request.method == "POST":
        return _save(request, token)
    draft = intake.own_draft(token, request.user)
    if draft is None:
        # Going back after saving shows what was saved.
        intake.opened_from(token, request.user)
        return redirect("desk:intake_done", token=token)
    typed = typed_of(draft)
    return _page(request, draft, typed, IntakeForm(initial=typed))


def _save(request: StaffRequest, token: UUID) -> HttpResponse:
    typed = read(request.POST.dict())
    form = IntakeForm(typed)
    draft = intake.own_draft(token, request.user)
    if draft is not None and not form.is_valid():
        intake.keep(token, typed, request.user)
        return _page(request, draft, typed, form, status=422)
    conversation = talk_behind(draft, request.user)
    case = intake.save_case(token, form, request.user)
    if conversation is not None:
        return _back_to_talk(request, conversation, case)
    return redirect("desk:intake_done", token=token)


def _back_to_talk(
    request: StaffRequest, conversation: Conversation, case: Case
) -> HttpResponseRedirect:
    """The person is told where they wrote, so nobody reads the number aloud."""
    said = _("Caso %(number)s abierto desde la conversación.") % {"number": case.number}
    if case.opened_by_id != request.user.pk:
        said = _("Un colega ya había abierto el caso %(number)s.") % {"number": case.number}
    messages.success(request, said)
    if not talks_of(request.user).filter(pk=conversation.pk).exists():
        return redirect("desk:talks")
    return redirect("desk:talk", pk=conversation.pk)


def _page(
    request: StaffRequest, draft: Draft, typed: Typed, form: IntakeForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "token": draft.token,
        "form": form,
        "typed": typed,
        "kept_at": draft.updated_at,
        "started": parse_datetime(draft.data.get("started", "")) or draft.created_at,
        "handed_over": draft.data.get("handed_over", ""),
    }
    shown = Screen(typed, request.user, asked=form.questions)
    for name in PARTS:
        context |= shown.part(name)
    return render(request, "desk/intake.html", context, status=status)


@require_POST
@allow(*FRONT)
def part(request: StaffRequest, token: UUID, part: str) -> HttpResponse:
    """Look something up: keep what is typed, and answer with the parts that change."""
    if part not in ASKED:
        raise NotFound(_("Esa parte de la pantalla no existe."))
    typed = read(request.POST.dict())
    before = intake.own_draft(token, request.user)
    intake.keep(token, typed, request.user)
    shown = Screen(typed, request.user)
    if before and shown.person and typed["person"] != before.data.get("person"):
        look_at(shown.person, request.user)
    if not is_htmx(request):
        return HttpResponseRedirect(_screen_at(token, SECTIONS.get(part, "")))
    pieces = [_piece(request, token, shown, name, oob=i > 0) for i, name in enumerate(ASKED[part])]
    return HttpResponse("".join(pieces))


def _piece(request: StaffRequest, token: UUID, shown: Screen, name: str, *, oob: bool) -> str:
    context = {"token": token, "typed": shown.typed, "form": None, "oob": oob}
    answer = render(request, PARTS[name][0], context | shown.part(name))
    return answer.content.decode()


def _screen_at(token: UUID, section: str) -> str:
    address = reverse("desk:intake_screen", kwargs={"token": token})
    return f"{address}#{section}" if section else address


@require_POST
@allow(*FRONT)
def keep(request: StaffRequest, token: UUID) -> HttpResponse:
    """Keep the draft while the operator types.

    What the page sends by itself may come after the screen was saved or given up, and is no error.
    """
    try:
        intake.keep(token, read(request.POST.dict()), request.user)
    except NotFound:
        # Asked only now: whoever asks before may do so while it is being saved.
        if is_htmx(request) and intake.came_to_an_end(token, request.user):
            return HttpResponse(status=204)
        raise
    if not is_htmx(request):
        return redirect("desk:intake_screen", token=token)
    return render(request, "desk/_intake_kept.html", {"kept_at": now()})


@require_POST
@allow(*FRONT)
def discard(request: StaffRequest, token: UUID) -> HttpResponse:
    """Give it up; the contact stays noted."""
    if "description" in request.POST and intake.own_draft(token, request.user):
        intake.keep(token, read(request.POST.dict()), request.user)
    intake.discard(token, request.user)
    messages.success(request, _("Atención terminada sin caso."))
    return redirect("desk:intake")


@require_POST
@allow(*FRONT)
def answer(request: StaffRequest, token: UUID) -> HttpResponse:
    """The question was answered at once: a contact, no case."""
    typed = read(request.POST.dict())
    intake.answer_now(token, typed, request.POST.get("article", ""), request.user)
    messages.success(request, _("Contado como atendido en primer contacto."))
    return redirect("desk:intake")


@require_POST
@allow(*FRONT)
def join(request: StaffRequest, token: UUID) -> HttpResponse:
    """Add this caller to a case that is already open."""
    typed = read(request.POST.dict())
    case = intake.join_case(token, typed, request.POST.get("join", ""), request.user)
    messages.success(request, _("Sumado al caso %(number)s.") % {"number": case.number})
    return redirect("desk:intake")


@require_POST
@allow(*FRONT)
def count(request: StaffRequest, token: UUID) -> HttpResponse:
    """Count this caller with a known event: ten seconds, and the next one."""
    typed = read(request.POST.dict())
    incident = intake.count_with_event(token, typed, request.POST.get("count", ""), request.user)
    messages.success(request, _("Contado con el evento: %(title)s.") % {"title": incident.title})
    return redirect("desk:intake")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*FRONT)
def emergency(request: StaffRequest, token: UUID) -> HttpResponse:
    """Hand the call over; the page then says to whom and what to tell them."""
    if request.method == "POST":
        intake.keep(token, read(request.POST.dict()), request.user)
        intake.hand_over(token, request.POST.get("emergency", ""), request.user)
        return redirect("desk:intake_emergency", token=token)
    draft = intake.own_draft(token, request.user)
    number = intake.handed_over_to(draft) if draft else None
    if draft is None or number is None:
        raise NotFound(_("Esa atención ya no existe. Empiece otra."))
    context = {"token": token, "number": number, "typed": typed_of(draft)}
    return render(request, "desk/intake_emergency.html", context)


@require_safe
@allow(*FRONT)
def done(request: StaffRequest, token: UUID) -> HttpResponse:
    """The number and the code, large, for whoever opened the case to read aloud."""
    case = intake.opened_from(token, request.user)
    if intake.too_late_for_code(case):
        return redirect("desk:case", number=case.number)
    context = {"case": case, "channels": buttons()}
    return render(request, "desk/intake_done.html", context)
