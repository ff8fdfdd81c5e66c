"""The first page of the desk: what waits for whoever signed in."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from centro.accounts.roles import Role
from centro.agencies.scopes import scope_of
from centro.web.access import StaffRequest, allow
from centro.web.desk.navigation import items_for
from centro.web.desk.posts import FRONT
from centro.web.desk.today import tiles_for
from centro.web.desk.ways import buttons


@require_safe
@allow(*Role)
def home(request: StaffRequest) -> HttpResponse:
    """Numbers that link to the work, and the screens of the user's posts."""
    scope = scope_of(request.user)
    context = {
        "tiles": tiles_for(request.user),
        "links": [item for item in items_for(scope.roles) if item.route != "desk:home"],
        "channels": buttons() if scope.has(*FRONT) else [],
        "posts": [Role(role).label for role in Role.values if role in scope.roles],
    }
    return render(request, "desk/home.html", context)
