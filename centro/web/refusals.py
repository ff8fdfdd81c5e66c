"""The one place where a Refused becomes an HTTP answer for people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from centro.kernel.errors import Refused
from centro.web.access import is_htmx


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page that says what happened, or for htmx the message alone, with the status kept."""
        if not isinstance(error, Refused):
            return None
        template = "_refused.html" if is_htmx(request) else "refused.html"
        answer = render(request, template, {"refusal": error}, status=error.status)
        if "retry_after" in error.data:
            answer["Retry-After"] = str(error.data["retry_after"])
        patch_vary_headers(answer, ["HX-Request"])
        return answer
