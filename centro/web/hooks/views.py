"""Providers call here. What they bring is kept before it is acknowledged, and read later."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from centro.channels.channel import Call, Channel, TooLarge
from centro.channels.reading import open_account, receive_call
from centro.channels.registry import get_channel
from centro.kernel.errors import Refused

_TEXT = "text/plain; charset=utf-8"


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """Keep a provider's call once it has proved who it is; answer its question whether we are here.

    Errors are one line of text: a program reads them.
    """
    try:
        channel = get_channel(kind)
        account = open_account(kind, slug)
        call = _call(request, channel)
        if request.method == "GET":
            asked = channel.challenge(account.access, call)
            if asked is not None:
                return HttpResponse(asked, content_type=channel.challenge_type)
        receive_call(account=account, call=call)
        body, media_type = channel.reply(account.access)
        return HttpResponse(body, content_type=media_type)
    except Refused as refusal:
        # The one face whose answers are for programs (see web/refusals.py for people).
        return HttpResponse(refusal.code, status=refusal.status, content_type=_TEXT)


def _call(request: HttpRequest, channel: Channel) -> Call:
    """The call, its body read no further than the channel's largest."""
    return Call(
        method=request.method or "",
        url=f"{settings.SITE_URL}{request.get_full_path()}",
        headers={name.lower(): value for name, value in request.headers.items()},
        # Some providers bring a message in the address of a GET: that is then what is kept.
        body=request.META.get("QUERY_STRING", "").encode()
        if request.method == "GET"
        else _body(request, channel.largest),
        query=request.GET.dict(),
    )


def _body(request: HttpRequest, most: int) -> bytes:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > most:
        raise TooLarge
    try:
        return request.read(most + 1)
    except (OSError, RawPostDataException):
        raise Broken from None


class Broken(Refused):
    code = "broken"
    status = 400

    def __init__(self) -> None:
        super().__init__("the call broke off")
