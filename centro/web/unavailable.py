"""The database does not answer: a page that says so, with everything that was typed still in it.

Nothing here may touch the database, so the page is drawn without a session and without the
processors that might ask who is signed in.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from centro.web.access import is_htmx

# Lost connections, none free in time, a server that is starting, a full disk, a broken deadlock:
# whatever it was, the same request may well succeed in a minute.
GONE = (OperationalError, InterfaceError)
# The disk is full where an upload waits to be read.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
RETRY_AFTER = 60
# Never written back into a page: secrets, and what belongs to one page only.
_NOT_REPEATED = ("password", "csrfmiddlewaretoken", "website")
_PRIVATE_PATHS = ("/cuenta/", "/admin/")


@dataclass(frozen=True, slots=True)
class Typed:
    """A field as it was sent. Words are shown so that they can be read, changed or copied."""

    name: str
    value: str
    words: bool


class UnavailableMiddleware:
    """Answers 503 where a view found no database. Must be the last, to hear of it first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request) if _passes(error) else None


def server_error_or_unavailable(request: HttpRequest) -> HttpResponse | HttpResponseServerError:
    """The handler of errors: those of the database may come from a middleware too."""
    return unavailable(request) if _passes(sys.exc_info()[1]) else server_error(request)


def _passes(error: BaseException | None) -> bool:
    return isinstance(error, GONE) or (isinstance(error, OSError) and error.errno in _NO_ROOM)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The page, with a form that sends the same again."""
    if is_htmx(request):
        words = _("El sistema no responde en este momento. Nada se perdió: espere y repita.")
        answer = HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
    else:
        answer = HttpResponse(render_to_string("503.html", _shown(request)), status=503)
    answer["Retry-After"] = str(RETRY_AFTER)
    add_never_cache_headers(answer)
    return answer


def _shown(request: HttpRequest) -> dict[str, object]:
    fields = _typed(request)
    return {
        "again": request.get_full_path(),
        "posted": request.method == "POST" and not _is_private(request),
        "fields": fields,
        "has_words": any(field.words for field in fields),
        "had_files": request.method == "POST" and _has_files(request),
        "token": get_token(request),
    }


def _is_private(request: HttpRequest) -> bool:
    return request.path.startswith(_PRIVATE_PATHS)


def _typed(request: HttpRequest) -> list[Typed]:
    if request.method != "POST" or _is_private(request):
        return []
    return [
        Typed(name, str(value), words=_are_words(str(value)))
        for name, values in request.POST.lists()
        if not any(part in name for part in _NOT_REPEATED)
        for value in values
    ]


def _are_words(value: str) -> bool:
    """Something a person wrote, rather than a choice or a code."""
    return " " in value.strip()


def _has_files(request: HttpRequest) -> bool:
    return bool(request.FILES)
