"""The draft of the next plan: begun, changed rule by rule, published or thrown away."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from centro.agencies.scopes import actor_of
from centro.cases.tryout import try_rules
from centro.catalog.actions import routing as actions
from centro.catalog.actions.routing import Stale
from centro.catalog.models import RoutingPlan, RoutingRule
from centro.catalog.routing import fingerprint, in_order, live_rules, rules_of
from centro.kernel.actor import Actor
from centro.kernel.errors import Invalid, NotFound, Refused
from centro.web.access import StaffRequest, allow
from centro.web.desk.forms.routing import PublishForm, RuleForm
from centro.web.desk.posts import SIGNPOSTERS
from centro.web.desk.views.routing import reach_plan, show_plan

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@allow(*SIGNPOSTERS)
def start(request: StaffRequest) -> HttpResponse:
    """Begin a draft from the live plan, or from the past one that `de` names."""
    number = request.POST.get("de", "")
    source = reach_plan(int(number), request.user) if _is_number(number) else None
    try:
        draft = actions.draft_plan(of=source, by=actor_of(request.user))
    except Stale as refusal:
        # Somebody was first: on to that draft, saying so.
        begun = RoutingPlan.objects.filter(state=RoutingPlan.State.DRAFT).first()
        return show_plan(request, begun or source, refused=refusal.message, status=refusal.status)
    messages.success(request, _("El borrador está listo. Nada cambia hasta que lo publique."))
    return redirect("desk:routing_plan", number=draft.number)


@GET_OR_POST
@allow(*SIGNPOSTERS)
def add(request: StaffRequest, number: int) -> HttpResponse:
    """A new rule, behind the others."""
    plan = reach_draft(number, request)

    def save(form: RuleForm, seen: str) -> RoutingRule:
        by = actor_of(request.user)
        return actions.add_rule(plan=plan, data=form.data_of_rule, seen=seen, by=by)

    return _rule_page(request, plan, None, save)


@GET_OR_POST
@allow(*SIGNPOSTERS)
def change(request: StaffRequest, number: int, pk: int) -> HttpResponse:
    """What a rule of the draft says."""
    plan = reach_draft(number, request)
    rule = _reach_rule(plan, pk)

    def save(form: RuleForm, seen: str) -> RoutingRule:
        by = actor_of(request.user)
        return actions.change_rule(rule=rule, data=form.data_of_rule, seen=seen, by=by)

    return _rule_page(request, plan, rule, save)


@require_POST
@allow(*SIGNPOSTERS)
def move(request: StaffRequest, number: int, pk: int) -> HttpResponse:
    """Put a rule somewhere else in the order: `a` is its new position, counted from 1."""
    to = request.POST.get("a", "")
    if not _is_number(to):
        raise Invalid(_("Diga a qué posición."))

    def do(plan: RoutingPlan, seen: str, by: Actor) -> HttpResponse:
        rule = _reach_rule(plan, pk)
        return _back_to(plan, actions.move_rule(rule=rule, to=int(to), seen=seen, by=by))

    return _in_draft(request, number, do)


@require_POST
@allow(*SIGNPOSTERS)
def remove(request: StaffRequest, number: int, pk: int) -> HttpResponse:
    """Take a rule out of the draft."""

    def do(plan: RoutingPlan, seen: str, by: Actor) -> HttpResponse:
        rule = _reach_rule(plan, pk)
        actions.remove_rule(rule=rule, seen=seen, by=by)
        messages.success(request, _("Se quitó la regla «%(rule)s».") % {"rule": rule.name})
        return _back_to(plan)

    return _in_draft(request, number, do)


@require_POST
@allow(*SIGNPOSTERS)
def discard(request: StaffRequest, number: int) -> HttpResponse:
    """Throw the draft away."""

    def do(plan: RoutingPlan, seen: str, by: Actor) -> HttpResponse:
        actions.discard_plan(plan=plan, seen=seen, by=by)
        messages.success(request, _("Se descartó el borrador. Sigue vigente el plan de antes."))
        return redirect("desk:routing")

    return _in_draft(request, number, do)


@GET_OR_POST
@allow(*SIGNPOSTERS)
def publish(request: StaffRequest, number: int) -> HttpResponse:
    """Let the draft go live, after a last look at what it would change."""
    plan = reach_draft(number, request)
    if request.method != "POST":
        return _publish_page(request, plan, PublishForm())
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _publish_page(request, plan, form, status=Invalid.status)
    try:
        actions.publish_routing(
            plan=plan,
            note=form.cleaned_data["note"],
            seen=request.POST.get("seen", ""),
            by=actor_of(request.user),
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return _publish_page(request, plan, form, status=refusal.status)
    messages.success(request, _("El plan %(n)s está vigente.") % {"n": number})
    return redirect("desk:routing")


def reach_draft(number: int, request: StaffRequest) -> RoutingPlan:
    """The draft of that number; a plan that was published meanwhile is told apart from none."""
    plan = reach_plan(number, request.user)
    if plan.state != RoutingPlan.State.DRAFT:
        raise Stale(_("El plan %(n)s ya no es un borrador.") % {"n": number})
    return plan


def _in_draft(
    request: StaffRequest, number: int, do: Callable[[RoutingPlan, str, Actor], HttpResponse]
) -> HttpResponse:
    """Change the draft; who comes second sees what the first one made of it."""
    try:
        plan = reach_draft(number, request)
        return do(plan, request.POST.get("seen", ""), actor_of(request.user))
    except Stale as refusal:
        plan = reach_plan(number, request.user)
        return show_plan(request, plan, refused=refusal.message, status=refusal.status)


def _reach_rule(plan: RoutingPlan, pk: int) -> RoutingRule:
    found = next((rule for rule in in_order(plan) if rule.pk == pk), None)
    if found is None:
        raise NotFound(_("Esa regla ya no existe."))
    return found


def _rule_page(
    request: StaffRequest,
    plan: RoutingPlan,
    rule: RoutingRule | None,
    save: Callable[[RuleForm, str], RoutingRule],
) -> HttpResponse:
    """The form of a rule; what is wrong with it is said above what was typed."""
    form = RuleForm(request.POST) if request.method == "POST" else RuleForm(rule=rule)
    status = 200 if request.method != "POST" else Invalid.status
    if form.is_valid():
        try:
            return _back_to(plan, save(form, request.POST.get("seen", "")))
        except Refused as refusal:
            form.add_error(None, refusal.message)
            status = refusal.status
    context = {"plan": plan, "rule": rule, "form": form, "seen": fingerprint(in_order(plan))}
    return render(request, "desk/routing_rule.html", context, status=status)


def _publish_page(
    request: StaffRequest, plan: RoutingPlan, form: PublishForm, status: int = 200
) -> HttpResponse:
    found = try_rules(rules_of(plan), live_rules())
    context = {"plan": plan, "form": form, "found": found, "seen": fingerprint(in_order(plan))}
    return render(request, "desk/routing_publish.html", context, status=status)


def _back_to(plan: RoutingPlan, rule: RoutingRule | None = None) -> HttpResponse:
    address = reverse("desk:routing_plan", kwargs={"number": plan.number})
    return redirect(f"{address}#regla-{rule.pk}" if rule else address)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9
