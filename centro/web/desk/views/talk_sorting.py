"""What a conversation belongs to: a case, another conversation, a person, an event."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.cases.actions import (
    add_affected,
    join_conversations,
    link_conversation,
    unlink_conversation,
)
from centro.cases.models import Case, Incident
from centro.cases.queries import search_cases
from centro.cases.talks import reach_talk, talks_of
from centro.contacts.conversations import lock_conversation, note_event
from centro.contacts.models import Conversation, ConversationEntry
from centro.contacts.recognising import accept_person, refuse_person
from centro.contacts.sorting_out import split_conversation
from centro.kernel.errors import Invalid, NotFound
from centro.people.models import Person
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.intake import is_id
from centro.web.desk.posts import TALKERS
from centro.web.desk.talkfile import Hints, open_talk

_FOUND = 12


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALKERS)
def link(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that it is about a case: one that is suggested, or one that is looked for."""
    file = open_talk(pk, request.user)
    if request.method == "POST":
        case = Case.objects.reach(request.POST.get("number", "")[:40], request.user)
        link_conversation(
            case=case, conversation=file.talk, user=request.user, by=actor_of(request.user)
        )
        said = _("Unida al caso %(number)s.") % {"number": case.number}
        messages.success(request, said)
        still = talks_of(request.user).filter(pk=file.talk.pk).exists()
        return redirect("desk:talk", pk=file.talk.pk) if still else redirect("desk:talks")
    words = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {
        "file": file,
        "talk": file.talk,
        "words": words,
        "found": search_cases(words, request.user, _FOUND) if words else [],
        "hints": Hints(file),
    }
    return render(request, "desk/talk_link.html", context)


@require_POST
@allow(*TALKERS)
def unlink(request: StaffRequest, pk: int) -> HttpResponse:
    file = open_talk(pk, request.user)
    number = request.POST.get("number", "")[:40]
    case = next((case for case in file.cases if case.number == number), None)
    if case is None:
        raise NotFound(_("Esa conversación no es de ese caso."))
    unlink_conversation(case=case, conversation=file.talk, by=actor_of(request.user))
    messages.success(request, _("Separada del caso %(number)s.") % {"number": number})
    return redirect("desk:talk", pk=file.talk.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*TALKERS)
def merge(request: StaffRequest, pk: int) -> HttpResponse:
    """Make one of this conversation and another of the same person."""
    file = open_talk(pk, request.user)
    if request.method == "POST":
        other = request.POST.get("other", "")
        if not is_id(other):
            raise Invalid(_("Elija la otra conversación."))
        absorbed = reach_talk(int(other), request.user)
        join_conversations(
            kept=file.talk, absorbed=absorbed, user=request.user, by=actor_of(request.user)
        )
        messages.success(request, _("Las dos conversaciones son ahora una."))
        return redirect("desk:talk", pk=file.talk.pk)
    context = {"file": file, "talk": file.talk, "others": others_of(file.talk, request)}
    return render(request, "desk/talk_merge.html", context)


def others_of(talk: Conversation, request: StaffRequest) -> list[Conversation]:
    """The newest other conversations of the same sender or person, in this user's sight."""
    talks = talks_of(request.user).exclude(pk=talk.pk)
    theirs = talks.filter(identity=talk.identity)
    if talk.person is not None:
        theirs = talks.filter(person=talk.person) | theirs
    return list(theirs.order_by("-touched_at")[:_FOUND])


@require_POST
@allow(*TALKERS)
def split(request: StaffRequest, pk: int) -> HttpResponse:
    """Begin another conversation with what was said from an entry on."""
    talk = reach_talk(pk, request.user)
    entry_id = request.POST.get("entry", "")
    entry = ConversationEntry.objects.filter(pk=entry_id).first() if is_id(entry_id) else None
    if entry is None:
        raise NotFound(_("Ese mensaje no es de esta conversación."))
    by = actor_of(request.user)
    new = split_conversation(conversation=talk, entry=entry, user=request.user, by=by)
    messages.success(request, _("Lo que sigue es ahora otra conversación."))
    return redirect("desk:talk", pk=new.pk)


@require_POST
@allow(*TALKERS)
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """Say who it is, or who it is not. Only somebody who was proposed, or said before."""
    file = open_talk(pk, request.user)
    wanted = request.POST.get("person", "")
    proposed = {str(one.person.pk): one.person for one in Hints(file).people}
    if file.talk.person is not None:
        proposed[str(file.talk.person.pk)] = file.talk.person
    found: Person | None = proposed.get(wanted)
    if found is None:
        raise NotFound(_("A esa persona no se la propuso."))
    by = actor_of(request.user)
    if request.POST.get("no"):
        refuse_person(conversation=file.talk, person=found, user=request.user, by=by)
        messages.success(request, _("Anotado: no es esa persona."))
    else:
        accept_person(conversation=file.talk, person=found, user=request.user, by=by)
        messages.success(request, _("Anotado: es %(name)s.") % {"name": found.display_name})
    return redirect("desk:talk", pk=file.talk.pk)


@require_POST
@allow(*TALKERS)
@transaction.atomic
def event(request: StaffRequest, pk: int) -> HttpResponse:
    """Count the person with an event that is known: once, and without a case of their own."""
    talk = lock_conversation(reach_talk(pk, request.user))
    wanted = request.POST.get("event", "")
    found = Incident.objects.open().filter(pk=wanted).first() if is_id(wanted) else None
    if found is None:
        raise NotFound(_("Ese evento ya terminó."))
    said = _("Contada con el evento: %(title)s") % {"title": found.title}
    if talk.entries.filter(kind=ConversationEntry.Kind.EVENT, text=said).exists():
        raise Invalid(_("Esa persona ya está contada con el evento."))
    add_affected(incident=found, by=actor_of(request.user))
    note_event(talk, said, author=request.user)
    talk.save()
    messages.success(request, _("Contada con el evento. Falta responderle."))
    return redirect("desk:talk", pk=talk.pk)
