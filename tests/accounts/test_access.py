"""What a view says about who may use it, and what a refusal looks like."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.test import RequestFactory

from centro.accounts.models import User
from centro.accounts.roles import Role
from centro.kernel.clock import today
from centro.kernel.errors import Invalid, NotAllowed, NotFound, Refused, TooMany
from centro.web.access import allow, public
from centro.web.refusals import RefusalMiddleware
from tests import make


@allow(Role.LIAISON, Role.SUPERVISOR)
def view(request) -> HttpResponse:
    return HttpResponse("dentro")


def ask(user: User) -> HttpResponseBase:
    request = RequestFactory().get("/")
    request.user = user
    return view(request)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_posts_named_get_in(role):
    user = make.user(role)
    if role in {Role.LIAISON, Role.SUPERVISOR}:
        assert ask(user).status_code == 200
    else:
        with pytest.raises(PermissionDenied):
            ask(user)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)])
def test_a_post_of_another_time_does_not_count(days):
    starts, ends = (today() + timedelta(days=n) for n in days)
    with pytest.raises(PermissionDenied):
        ask(make.user(Role.SUPERVISOR, starts=starts, ends=ends))


def test_neither_flags_nor_groups_open_a_view():
    with pytest.raises(PermissionDenied):
        ask(make.user(None, is_superuser=True, is_staff=True))


def test_a_view_tells_the_route_test_who_may_use_it():
    assert vars(view)["allowed_roles"] == {Role.LIAISON, Role.SUPERVISOR}
    assert vars(public(lambda request: HttpResponse()))["login_required"] is False


@pytest.mark.parametrize("error", [Refused, NotFound, Invalid, NotAllowed, TooMany])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_refusal_keeps_its_status_and_its_words(error, htmx, client):
    headers = {"HX-Request": "true"} if htmx else {}
    request = client.get("/", headers=headers).wsgi_request
    middleware = RefusalMiddleware(lambda _request: HttpResponse())
    answer = middleware.process_exception(request, error("No se puede <b>ahora</b>."))
    assert answer is not None
    assert answer.status_code == error.status
    text = answer.content.decode()
    assert "No se puede &lt;b&gt;ahora&lt;/b&gt;." in text
    assert ("<html" in text) is not htmx


def test_other_errors_are_not_swallowed(client):
    request = client.get("/").wsgi_request
    middleware = RefusalMiddleware(lambda _request: HttpResponse())
    assert middleware.process_exception(request, ValueError("x")) is None


def test_being_refused_for_haste_says_how_long(client):
    request = client.get("/").wsgi_request
    middleware = RefusalMiddleware(lambda _request: HttpResponse())
    answer = middleware.process_exception(request, TooMany("Espere.", retry_after=90))
    assert answer is not None
    assert answer["Retry-After"] == "90"
