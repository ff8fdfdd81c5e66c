"""A talk with the centre on the site itself. It becomes a case like any other conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centro.kernel.errors import Refused
from centro.web.limits import limit_address, limit_session
from centro.web.public import chatting
from centro.web.public.forms import ChatForm

_HOUR = timedelta(hours=1)


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def chat(request: HttpRequest) -> HttpResponse:
    """Say something, and see what was said."""
    form = ChatForm(request.POST or None, request.FILES or None, known=_known(request))
    status = 200
    if request.method == "POST":
        status = _say(request, form)
        if status == 200:
            return redirect("public:chat")
    else:
        form.initial["id"] = uuid4()
    token = chatting.token_of(request)
    shown = _talk(token, chatting.mark_of(token)) | {"form": form}
    return render(request, "public/chat.html", shown, status=status)


def _talk(token: str, mark: str) -> dict[str, Any]:
    """What was said, and whether the person spoke last."""
    said = chatting.lines_of(token)
    return {"lines": said, "mark": mark, "waiting": bool(said) and said[-1].mine}


def _known(request: HttpRequest) -> bool:
    return bool(chatting.token_of(request))


def _say(request: HttpRequest, form: ChatForm) -> int:
    if not form.is_valid():
        return 422
    limit_session(request, "chat", limit=60, window=_HOUR)
    limit_address(request, "chat", limit=1200, window=_HOUR)
    given = form.cleaned_data
    try:
        chatting.say(
            request,
            word=given["id"],
            name=given.get("name", ""),
            text=given["text"],
            photos=given["photos"],
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return refusal.status
    return 200


@require_safe
@login_not_required
@never_cache
def lines(request: HttpRequest) -> HttpResponse:
    """What was said, for a page that looks again; nothing at all when nothing is new."""
    token = chatting.token_of(request)
    mark = chatting.mark_of(token)
    if request.GET.get("visto", "") == mark:
        return HttpResponse(status=204)
    return render(request, "public/_chat_lines.html", _talk(token, mark))


@require_POST
@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """For those who used somebody else's telephone."""
    chatting.end(request)
    return redirect("public:chat")
