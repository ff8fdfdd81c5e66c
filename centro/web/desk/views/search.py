"""One box over everything: number, person, telephone, cédula, text."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from centro.agencies.scopes import scope_of
from centro.cases.models import Case
from centro.cases.queries import search_cases
from centro.people.queries import find_people
from centro.web.access import StaffRequest, allow
from centro.web.desk.looks import look_at_reporters
from centro.web.desk.posts import FRONT, READERS

_MOST_PEOPLE = 10


@require_safe
@allow(*READERS)
def search(request: StaffRequest) -> HttpResponse:
    """Results in groups, within the user's scope; an exact number opens its case."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    people = find_people(text) if text and _knows_people(request) else None
    cases = search_cases(text, request.user, people=people) if text else []
    if len(cases) == 1 and _is_number_of(text, cases[0]):
        return redirect("desk:case", number=cases[0].number)
    people = (people or [])[:_MOST_PEOPLE]
    look_at_reporters(cases, people, request.user)
    context = {"query": text, "cases": cases, "people": people}
    return render(request, "desk/search.html", context)


def _is_number_of(text: str, case: Case) -> bool:
    return Case.objects.numbered(text).filter(pk=case.pk).exists()


def _knows_people(request: StaffRequest) -> bool:
    """Only the front of the centre looks people up across all entities."""
    return scope_of(request.user).has(*FRONT)
