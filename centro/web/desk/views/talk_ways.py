"""Where a conversation goes: to a person of the desk, or into a case."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.cases.talks import reach_talk
from centro.contacts.assigning import (
    assign_conversation,
    by_load,
    release_conversation,
    take_conversation,
)
from centro.web.access import StaffRequest, allow
from centro.web.desk import casing
from centro.web.desk.forms.talks import AssignForm
from centro.web.desk.posts import FRONT, TALKERS
from centro.web.desk.talkfile import colleagues_of, open_talk


@require_POST
@allow(*TALKERS)
def take(request: StaffRequest, pk: int) -> HttpResponse:
    found = reach_talk(pk, request.user)
    take_conversation(conversation=found, user=request.user, by=actor_of(request.user))
    return redirect("desk:talk", pk=found.pk)


@require_POST
@allow(*TALKERS)
def release(request: StaffRequest, pk: int) -> HttpResponse:
    found = reach_talk(pk, request.user)
    release_conversation(conversation=found, user=request.user, by=actor_of(request.user))
    messages.success(request, _("Devuelta a la cola."))
    return redirect("desk:talk", pk=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALKERS)
def assign(request: StaffRequest, pk: int) -> HttpResponse:
    """Give it to a colleague: who can take it and has least is in front."""
    file = open_talk(pk, request.user)
    colleagues = by_load(colleagues_of(request.user), file.talk)
    data = request.POST if request.method == "POST" else None
    form = AssignForm(data, colleagues=colleagues)
    if data is not None and form.is_valid():
        assign_conversation(
            conversation=file.talk, to=form.chosen, user=request.user, by=actor_of(request.user)
        )
        name = form.chosen.actor.label
        messages.success(request, _("Asignada a %(name)s.") % {"name": name})
        return redirect("desk:talks")
    context = {"file": file, "talk": file.talk, "form": form}
    status = 422 if data is not None else 200
    return render(request, "desk/talk_assign.html", context, status=status)


@require_POST
@allow(*FRONT)
def begin_case(request: StaffRequest, pk: int) -> HttpResponse:
    """The operator's screen, filled in with what was said: one more key opens the case."""
    file = open_talk(pk, request.user)
    draft = casing.begin_case(file, request.user)
    return redirect("desk:intake_screen", token=draft.token)
