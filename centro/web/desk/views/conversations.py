"""Conversations: their list, the page of one, and what both ask every few seconds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from centro.agencies.scopes import scope_of
from centro.cases.talks import CENTRE, reach_talk, talks_of
from centro.channels.models import Account
from centro.contacts.assigning import take_next
from centro.contacts.surging import surge_now
from centro.contacts.watching import be_at_desk, list_stamp, talk_stamp
from centro.web.access import StaffRequest, allow, is_htmx
from centro.web.desk.forms.talks import NoteForm, ReplyForm, TalkFilter
from centro.web.desk.posts import TALK_KEEPERS, TALKERS
from centro.web.desk.talkfile import Hints, TalkFile, open_talk
from centro.web.desk.talklist import FOLDERS, Page, Wanted, count_talks, find_talks

_USUAL = "por-responder"


@require_safe
@allow(*TALKERS)
def talks(request: StaffRequest) -> HttpResponse:
    """The list, with the folder and the filters of the address."""
    return render(request, "desk/talks.html", _list(request))


@require_safe
@allow(*TALKERS)
def talks_live(request: StaffRequest) -> HttpResponse:
    """The part of the list that may have changed; 204 and one statement when nothing did."""
    be_at_desk(request.user)
    stamp = list_stamp()
    if _knows(request, stamp):
        return _unchanged(stamp)
    # Only the first page goes on moving: who reads further back reads in peace.
    answer = render(request, "desk/_talks_live.html", _list(request, stamp))
    answer["ETag"] = f'"{stamp}"'
    return answer


def _knows(request: StaffRequest, stamp: str) -> bool:
    given = request.headers.get("If-None-Match", "").strip('"')
    return stamp in {given, request.GET.get("sello", "")}


def _unchanged(stamp: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"ETag": f'"{stamp}"', "Cache-Control": "no-cache"})


def _list(request: StaffRequest, stamp: str = "") -> dict[str, Any]:
    # Before the rows are read: what changes in between makes the page ask again.
    stamp = stamp or list_stamp()
    word = request.GET.get("carpeta", "")
    word = word if word in FOLDERS else _USUAL
    form = TalkFilter(request.GET, agencies=_agencies(request))
    wanted = Wanted(
        folder=word,
        channel=form.value("canal"),
        language=form.value("idioma"),
        agency=form.value("entidad"),
        after=request.GET.get("despues", "")[:80],
    )
    found: Page = find_talks(wanted, request.user)
    counts = count_talks(request.user)
    return {
        "rows": found.rows,
        "next": _address(request.GET, despues=found.next_after) if found.next_after else "",
        "first": _address(request.GET, despues="") if wanted.after else "",
        "word": word,
        "folder": FOLDERS[word].label,
        "tabs": [
            (
                folder.label,
                _address(request.GET, carpeta=name, despues=""),
                name == word,
                counts.get(name),
            )
            for name, folder in FOLDERS.items()
        ],
        "form": form,
        "filtered": bool(wanted.channel or wanted.language or wanted.agency),
        "stamp": stamp,
        "live": _live_address(request.GET, stamp),
        "surge": surge_now(),
        "keeps": scope_of(request.user).has(*TALK_KEEPERS),
    }


def _agencies(request: StaffRequest) -> list[tuple[str, str]]:
    """The entities that have accounts of their own, for those who read those of all."""
    accounts = Account.objects.filter(agency__isnull=False)
    scope = scope_of(request.user)
    if not scope.has(*CENTRE):
        accounts = accounts.filter(agency__in=scope.all_agencies)
    rows = accounts.order_by("agency__acronym").values_list("agency__acronym", "agency__name")
    return list(dict.fromkeys(rows))


def _address(query: QueryDict, **changes: str) -> str:
    return f"{reverse('desk:talks')}?{_changed(query, **changes)}"


def _live_address(query: QueryDict, stamp: str) -> str:
    return f"{reverse('desk:talks_live')}?{_changed(query, sello=stamp)}"


def _changed(query: QueryDict, **changes: str) -> str:
    changed = query.copy()
    changed.pop("sello", None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed.setdefault(name, value)
    return changed.urlencode()


@require_POST
@allow(*TALKERS)
def take_next_talk(request: StaffRequest) -> HttpResponse:
    """The next that waits, by what this user can do and has."""
    found = take_next(user=request.user, among=talks_of(request.user))
    if found is None:
        messages.info(request, _("Nadie espera respuesta."))
        return redirect("desk:talks")
    return redirect("desk:talk", pk=found.pk)


@require_safe
@allow(*TALKERS)
def talk(request: StaffRequest, pk: int) -> HttpResponse:
    file = open_talk(pk, request.user)
    if file.talk.pk != pk:
        return redirect("desk:talk", pk=file.talk.pk)
    return show(request, file)


def show(
    request: StaffRequest,
    file: TalkFile,
    *,
    reply: forms.Form | None = None,
    note: forms.Form | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of a conversation; `reply` and `note` are its forms where something was wrong."""
    stamp = talk_stamp(file.talk, request.user)
    context = {
        "file": file,
        "talk": file.talk,
        "reply": reply or reply_form(file, request.GET.get("plantilla", "")),
        "note": note or NoteForm(),
        "stamp": stamp,
        "live": _talk_live_address(file, stamp),
        "hints": Hints(file) if request.GET.get("sugerencias") else None,
        **more,
    }
    return render(request, "desk/talk.html", context, status=status)


def reply_form(file: TalkFile, chosen: str, data: Any = None) -> ReplyForm:
    """The form of an answer, with a ready one in it where one was chosen."""
    ready = next((text for row, text in file.replies if str(row.pk) == chosen), "")
    public = bool(file.last and file.last.public)
    return ReplyForm(data, public=public, initial={"text": ready, "public": public})


def _talk_live_address(file: TalkFile, stamp: str) -> str:
    return f"{reverse('desk:talk_live', kwargs={'pk': file.talk.pk})}?sello={stamp}"


@require_safe
@allow(*TALKERS)
def talk_live(request: StaffRequest, pk: int) -> HttpResponse:
    """What is new in a conversation, and who else is there; 204 when nothing changed."""
    found = reach_talk(pk, request.user)
    stamp = talk_stamp(found, request.user, writing=bool(request.GET.get("escribe")))
    if _knows(request, stamp):
        return _unchanged(stamp)
    file = TalkFile(found, request.user)
    context = {"file": file, "talk": found, "stamp": stamp, "live": _talk_live_address(file, stamp)}
    answer = render(request, "desk/_talk_live.html", context)
    answer["ETag"] = f'"{stamp}"'
    return answer


@require_safe
@allow(*TALKERS)
def hints(request: StaffRequest, pk: int) -> HttpResponse:
    """Who it may be and what it may be about: a part for htmx, otherwise in the page."""
    file = TalkFile(reach_talk(pk, request.user), request.user)
    if not is_htmx(request):
        page = reverse("desk:talk", kwargs={"pk": file.talk.pk})
        return redirect(f"{page}?sugerencias=1#sugerencias")
    context = {"file": file, "talk": file.talk, "hints": Hints(file)}
    return render(request, "desk/_talk_hints.html", context)
