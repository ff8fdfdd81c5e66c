"""What is said in a conversation and how it ends: an answer, a note, the end, what nobody wants."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.contacts.answering import (
    answer_conversation,
    close_conversation,
    mark_spam,
    reopen_conversation,
    unmark_spam,
    write_note,
)
from centro.kernel.errors import NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.talks import CloseForm, NoteForm
from centro.web.desk.posts import TALKERS
from centro.web.desk.talkfile import Hints, TalkFile, open_talk
from centro.web.desk.views.conversations import reply_form, show


@require_POST
@allow(*TALKERS)
def reply(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the answer; what was typed comes back where it could not leave."""
    file = open_talk(pk, request.user)
    form = reply_form(file, "", request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            answer_conversation(
                conversation=file.talk,
                text=told["text"],
                public=told.get("public", False),
                reference=_reference(file),
                user=request.user,
                by=actor_of(request.user),
            )
        except Refused as refusal:
            if refusal.status == NotFound.status:
                raise
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Respuesta enviada."))
            return redirect("desk:talk", pk=file.talk.pk)
    return show(request, file, reply=form, status=422)


def _reference(file: TalkFile) -> str:
    """The case that an answer is about: the one that is still worked, if it is just one."""
    active = [case for case in file.cases if case.is_active]
    return active[0].number if len(active) == 1 else ""


@require_POST
@allow(*TALKERS)
def note(request: StaffRequest, pk: int) -> HttpResponse:
    file = open_talk(pk, request.user)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return show(request, file, note=form, status=422)
    text = form.cleaned_data["note"]
    write_note(conversation=file.talk, text=text, user=request.user, by=actor_of(request.user))
    messages.success(request, _("Nota guardada."))
    return redirect("desk:talk", pk=file.talk.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALKERS)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """Say how it ended; an inquiry that was answered is counted."""
    file = open_talk(pk, request.user)
    hints = Hints(file)
    subject = file.talk.subject[:200]
    data = request.POST if request.method == "POST" else None
    form = CloseForm(data, articles=hints.articles, initial={"summary": subject})
    if data is not None and form.is_valid():
        close_conversation(
            conversation=file.talk,
            **form.cleaned_data,
            user=request.user,
            by=actor_of(request.user),
        )
        messages.success(request, _("Conversación terminada."))
        return redirect("desk:talks")
    context = {"file": file, "talk": file.talk, "form": form}
    status = 422 if data is not None else 200
    return render(request, "desk/talk_close.html", context, status=status)


@require_POST
@allow(*TALKERS)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    file = open_talk(pk, request.user)
    reopen_conversation(conversation=file.talk, user=request.user, by=actor_of(request.user))
    messages.success(request, _("Conversación abierta otra vez."))
    return redirect("desk:talk", pk=file.talk.pk)


@require_POST
@allow(*TALKERS)
def spam(request: StaffRequest, pk: int) -> HttpResponse:
    """Put what nobody wants aside, with all that comes from there; or take it back."""
    file = open_talk(pk, request.user)
    by = actor_of(request.user)
    if request.POST.get("quitar"):
        unmark_spam(conversation=file.talk, user=request.user, by=by)
        messages.success(request, _("Ya no es no deseada: la persona espera respuesta."))
        return redirect("desk:talk", pk=file.talk.pk)
    mark_spam(conversation=file.talk, user=request.user, by=by)
    messages.success(request, _("Lo que llegue de ahí irá a «No deseadas»."))
    return redirect("desk:talks")
