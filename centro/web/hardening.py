"""What no browser of ours sends, put right before anything reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse


class HardeningMiddleware:
    """Forms are read as UTF-8; no cookie and no path holds a NUL. Must come before all readers.

    Our pages are UTF-8, so their forms are. A program may claim any codec that Python has
    (`charset=rot13`), which Django would then fail to decode with. And a quoted cookie may hold
    an escaped NUL, which no text of PostgreSQL can: as the key of a session it would be an error.
    So would it be as a part of an address; nothing of ours has one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "charset" in (request.content_params or {}):
            request.encoding = "utf-8"
        for name in [name for name, value in request.COOKIES.items() if "\x00" in value]:
            del request.COOKIES[name]
        if "\x00" in request.path_info:
            raise Http404
        return self.get_response(request)
