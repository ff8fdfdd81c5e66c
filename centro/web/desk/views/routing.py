"""Where cases go and why: the plan that is live, the others, and what each would do."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centro.accounts.models import User
from centro.cases.tryout import MOST_CASES, SINCE, try_rules
from centro.catalog.models import RoutingPlan
from centro.catalog.routing import Rules, fingerprint, rules_of
from centro.kernel.errors import NotFound
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.routing import WhereForm
from centro.web.desk.posts import SIGN_READERS, SIGNPOSTERS
from centro.web.desk.signposts import Way, lines_of, may_edit, moves_of, ways_for

_HISTORY = 20
State = RoutingPlan.State


@require_safe
@allow(*SIGN_READERS)
def live(request: StaffRequest) -> HttpResponse:
    """The plan that is live."""
    return show_plan(request, RoutingPlan.objects.filter(state=State.LIVE).first())


@require_safe
@allow(*SIGN_READERS)
def plan(request: StaffRequest, number: int) -> HttpResponse:
    """One plan by its number; the draft with what its editors need."""
    return show_plan(request, reach_plan(number, request.user))


@require_safe
@allow(*SIGNPOSTERS)
def trial(request: StaffRequest, number: int) -> HttpResponse:
    """A plan tried on past cases: what would have gone elsewhere, and which rules do nothing."""
    tried = reach_plan(number, request.user)
    found = try_rules(rules_of(tried), _live_rules())
    context = {
        "plan": tried,
        "found": found,
        "moves": moves_of(found.changes, request.user),
        "lines": lines_of(tried, found.uses),
        "days": SINCE.days,
        "most": MOST_CASES,
    }
    return render(request, "desk/routing_trial.html", context)


def reach_plan(number: int, user: User) -> RoutingPlan:
    """A plan that this user may read: drafts are their editors' own."""
    found = RoutingPlan.objects.select_related("made_by", "live_by").filter(number=number).first()
    if found is None or (found.state == State.DRAFT and not may_edit(user)):
        raise NotFound(_("No existe el plan %(number)s.") % {"number": number})
    return found


def show_plan(
    request: StaffRequest, shown: RoutingPlan | None, *, refused: str = "", status: int = 200
) -> HttpResponse:
    """The page of a plan; without one, that each service type's entity answers."""
    edits = may_edit(request.user)
    lines = lines_of(shown) if shown else []
    form, ways = _asked_where(request, shown)
    plans = RoutingPlan.objects.select_related("live_by").order_by("-number")
    context: dict[str, Any] = {
        "plan": shown,
        "lines": lines,
        "edits": edits,
        "editing": edits and shown is not None and shown.state == State.DRAFT,
        "seen": fingerprint(line.rule for line in lines),
        "draft": plans.filter(state=State.DRAFT).first() if edits else None,
        "history": plans.exclude(state=State.DRAFT)[:_HISTORY],
        "form": form,
        "ways": ways,
        "refused": refused,
    }
    return render(request, "desk/routing.html", context, status=status)


def _asked_where(request: StaffRequest, shown: RoutingPlan | None) -> tuple[WhereForm, list[Way]]:
    """The small form that asks where something would go, and its answer if it was sent."""
    if "servicio" not in request.GET:
        return WhereForm(), []
    form = WhereForm(request.GET)
    if not form.is_valid():
        return form, []
    plans = [(_("Hoy"), _live_rules())]
    if shown is not None and shown.state != State.LIVE:
        plans.append((_("Con el plan %(n)s") % {"n": shown.number}, rules_of(shown)))
    return form, ways_for(form.cleaned_data["servicio"], form.cleaned_data["lugar"], plans)


def _live_rules() -> Rules:
    """As they are in the database: an editor must not compare with a copy of seconds ago."""
    found = RoutingPlan.objects.filter(state=State.LIVE).first()
    return rules_of(found) if found else Rules()
