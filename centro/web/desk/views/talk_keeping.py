"""Around the conversations: ready answers, who takes what, the end of a shift, the surge."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.channels.registry import all_channels
from centro.contacts.assigning import hand_over_shift, set_skills
from centro.contacts.canned import BLANKS, save_reply
from centro.contacts.models import CannedReply, Conversation, Handover, Skill, Surge
from centro.contacts.surging import begin_surge, end_surge, surge_now
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.talks import CannedForm, ShiftForm, SurgeForm
from centro.web.desk.posts import TALK_KEEPERS, TALKERS
from centro.web.desk.talkfile import colleagues_of

_LATEST = 10


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALK_KEEPERS)
def replies(request: StaffRequest) -> HttpResponse:
    """Every ready answer, and a form for a new one."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALK_KEEPERS)
def reply(request: StaffRequest, pk: int) -> HttpResponse:
    row = CannedReply.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("Esa respuesta ya no existe."))
    return _edit(request, row)


def _edit(request: StaffRequest, row: CannedReply | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    initial = {"name": row.name, "language": row.language, "body": row.body} if row else None
    form = CannedForm(data, initial=initial)
    if data is not None and form.is_valid():
        try:
            save_reply(reply=form.as_reply(row), user=request.user)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Respuesta guardada."))
            return redirect("desk:canned")
    context = {
        "form": form,
        "row": row,
        "replies": CannedReply.objects.select_related("agency", "changed_by"),
        "blanks": BLANKS.items(),
    }
    status = 422 if data is not None else 200
    return render(request, "desk/canned.html", context, status=status)


@require_POST
@allow(*TALK_KEEPERS)
def drop_reply(request: StaffRequest, pk: int) -> HttpResponse:
    CannedReply.objects.filter(pk=pk).delete()
    messages.success(request, _("Respuesta borrada."))
    return redirect("desk:canned")


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALK_KEEPERS)
def skills(request: StaffRequest) -> HttpResponse:
    """Which languages and channels each colleague takes; nothing marked means all."""
    people = [request.user, *colleagues_of(request.user)]
    channels = [(channel.kind, channel.label) for channel in all_channels().values()]
    if request.method == "POST":
        chosen = {str(one.pk): one for one in people}.get(request.POST.get("user", ""))
        if chosen is None:
            raise NotFound(_("Esa persona no existe."))
        set_skills(
            user=chosen,
            languages=_offered(request.POST.getlist("language"), settings.LANGUAGES),
            channels=_offered(request.POST.getlist("channel"), channels),
            by=actor_of(request.user),
        )
        messages.success(request, _("Guardado: %(name)s.") % {"name": chosen.actor.label})
        return redirect("desk:skills")
    held: dict[int, set[str]] = {}
    for user_id, value in Skill.objects.filter(user__in=people).values_list("user_id", "value"):
        held.setdefault(user_id, set()).add(value)
    context = {
        "people": [(one, held.get(one.pk, set())) for one in people],
        "languages": settings.LANGUAGES,
        "channels": channels,
    }
    return render(request, "desk/skills.html", context)


def _offered(given: list[str], choices: object) -> list[str]:
    known = dict(choices)  # type: ignore[call-overload]  # pairs of words
    return [value for value in given if value in known]


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALKERS)
def shift(request: StaffRequest) -> HttpResponse:
    """End a shift: what is open goes to a colleague or to the queue, with a word for who follows."""
    data = request.POST if request.method == "POST" else None
    form = ShiftForm(data, colleagues=colleagues_of(request.user))
    if data is not None and form.is_valid():
        done = hand_over_shift(
            giver=request.user,
            taker=form.taker,
            note=form.cleaned_data["note"],
            by=actor_of(request.user),
        )
        messages.success(request, _("Turno entregado: %(n)s conversaciones.") % {"n": done.moved})
        return redirect("desk:talks")
    waiting, answered = Conversation.State.WAITING, Conversation.State.ANSWERED
    mine = Conversation.objects.filter(assigned_to=request.user, state__in=[waiting, answered])
    handed = Handover.objects.filter(taker=request.user) | Handover.objects.filter(taker=None)
    context = {
        "form": form,
        "mine": mine.select_related("identity", "person").order_by("waiting_since", "pk")[:50],
        "count": mine.count(),
        "handed": handed.select_related("giver", "taker").order_by("-at")[:_LATEST],
    }
    status = 422 if data is not None else 200
    return render(request, "desk/shift.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALK_KEEPERS)
def surge(request: StaffRequest) -> HttpResponse:
    """The one switch."""
    if request.POST.get("off"):
        end_surge(user=request.user, by=actor_of(request.user))
        messages.success(request, _("Modo de avalancha quitado."))
        return redirect("desk:surge")
    data = request.POST if request.method == "POST" else None
    form = SurgeForm(data)
    if data is not None and form.is_valid():
        try:
            begin_surge(**form.cleaned_data, user=request.user, by=actor_of(request.user))
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Modo de avalancha puesto."))
            return redirect("desk:surge")
    context = {
        "form": form,
        "on": surge_now(),
        "past": Surge.objects.select_related("started_by", "ended_by").order_by("-pk")[:_LATEST],
    }
    status = 422 if data is not None else 200
    return render(request, "desk/surge.html", context, status=status)
